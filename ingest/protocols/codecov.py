"""Codecov's upload protocol, as codecov-cli speaks it (`codecovcli -u <this server>`), and so its action.

Source: the public client codecov-cli 11.3.1 and captures of its requests. `POST` announces, `PUT` to the address in the answer brings
the bytes, and only then anything is processed. The service in an address is not looked at, and the slug only where the token is of a
group. The older forms are in `codecov_legacy.py`; both send their bytes to the address that is answered here.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path, re_path
from rest_framework.request import Request
from rest_framework.response import Response

from covdash.problems import Problem
from covdash.projects.models import PullRequest
from covdash.reports.models import Announcement, Upload
from ingest import announce, codecov_said
from ingest.codecov_door import CodecovView, Sender, announced, take
from ingest.delivery import Protocol
from ingest.status import commit_url


class CommitsView(CodecovView):
    """`create-commit`: facts of a commit, wanted by the uploads that follow."""

    def post(self, request: Request, service: str, slug: str) -> Response:
        """Note them."""
        said = codecov_said.read(request)
        fields = codecov_said.commit_fields(said)
        sender = self.sender(request, slug, branch=_branch_of(fields))
        made, checked = announced(
            request, sender, Announcement.Kind.COMMIT, fields, codecov_said.ci_of(said, service)
        )
        return Response(
            {
                "message": "", "timestamp": f"{made.announced_at:%Y-%m-%dT%H:%M:%S.%fZ}" if made.announced_at else None,
                "ci_passed": None, "state": None, "commitid": checked.commit, "parent_commit_id": checked.parent or None,
                "pullid": checked.pull, "branch": checked.branch, "author": None,
                "repository": {
                    "name": sender.project.slug, "is_private": not sender.project.is_public, "active": True, "language": None,
                    "yaml": {},
                },
            },
            status=201,
        )  # fmt: skip


class ReportsView(CodecovView):
    """`create-report`: covdash keeps one report for each commit, so there is nothing to make."""

    def post(self, request: Request, slug: str, sha: str, **_route: str) -> Response:
        """Say that it is there."""
        code = codecov_said.read(request).get("code") or "default"
        self.sender(request, slug, is_known_fork=True)
        _only_default(code)
        return Response({"external_id": sha, "created_at": None, "commit_sha": sha, "code": code}, status=201)


class UploadsView(CodecovView):
    """`do-upload` (after `create-commit`) and `upload-coverage` (all in one): tells where the bytes go."""

    def post(
        self, request: Request, service: str, slug: str, sha: str = "", code: str = "default"
    ) -> Response:
        """Answer with the address for the bytes."""
        said = codecov_said.read(request)
        fields = {} if sha else codecov_said.commit_fields(said)
        sender = self.sender(request, slug, branch=_branch_of(fields), is_known_fork=bool(sha))
        _only_default(said.get("code") or code)
        if sha:
            sender, fields = _announced_before(sender, sha, said)
        fields |= codecov_said.upload_fields(said)
        made, checked = announced(
            request, sender, Announcement.Kind.COVERAGE, fields, codecov_said.ci_of(said, service)
        )
        return Response(
            {
                "external_id": str(made.pk), "created_at": _moment(made), "raw_upload_location": announce.address_for(made),
                "url": commit_url(sender.project.slug, checked.commit), "state": "", "provider": None,
                "upload_type": "uploaded", "ci_url": checked.build_url or None, "flags": list(checked.flags), "env": {},
                "name": checked.name or None, "job_code": checked.job or None,
            },
            status=201,
        )  # fmt: skip


class TestResultsView(CodecovView):
    """`do-upload --report-type test_results`."""

    def post(self, request: Request) -> Response:
        """Answer with the address for the bytes; without files there is nothing to send."""
        said = codecov_said.read(request)
        fields = codecov_said.commit_fields({**said, "commitid": said.get("commit")})
        sender = self.sender(request, str(said.get("slug") or ""), branch=_branch_of(fields))
        if said.get("file_not_found"):
            return Response({"message": "No test results were found, so nothing is to be sent."}, status=201)
        fields |= codecov_said.upload_fields(said, of_tests=True)
        made, _ = announced(request, sender, Announcement.Kind.TESTS, fields, codecov_said.ci_of(said))
        return Response({"raw_upload_location": announce.address_for(made)}, status=201)


class BytesView(CodecovView):
    """Takes the bytes of an announced upload. The client sends no token here: the address carries the right."""

    authentication_classes = ()

    def put(self, request: Request, signed: str) -> HttpResponse:
        """Store them durably; from here on it is an upload like any other. The same bytes again are the same upload."""
        announcement = announce.redeem(signed)
        if announcement.kind not in (Announcement.Kind.COVERAGE, Announcement.Kind.TESTS):
            raise Problem(404, "not_found", "This address takes no reports.")
        take(request, announcement)
        return HttpResponse(status=200)


class CompleteView(CodecovView):
    """`send-notifications`: all uploads of the commit were sent."""

    def post(self, request: Request, slug: str, sha: str, **_route: str) -> Response:
        """Note it, and count the uploads. A fork without a token is told the numbers and decides nothing."""
        sender = self.sender(request, slug, is_known_fork=True)
        sha = sha.lower()
        if not sender.fork:
            announce.said_done(sender.project, sha, by="codecov")
        states = list(
            Upload.objects.filter(project=sender.project, commit__sha=sha).values_list("state", flat=True)
        )
        counts = {
            "uploads_total": len(states),
            "uploads_success": states.count(Upload.State.PROCESSED),
            "uploads_processing": states.count(Upload.State.RECEIVED) + states.count(Upload.State.PROCESSING),
            "uploads_error": states.count(Upload.State.FAILED),
        }
        if not states:
            return Response(
                {"detail": f"No upload of the commit {sha[:12]} has arrived.", **counts}, status=404
            )
        return Response(counts)


class EmptyView(CodecovView):
    """`empty-upload`: the change needs no tests, so nothing will come."""

    def post(self, request: Request, slug: str, sha: str, **_route: str) -> Response:
        """Take the client's word."""
        sender = self.sender(request, slug, is_known_fork=True)
        if not sender.fork:
            announce.said_done(sender.project, sha.lower(), by="codecov empty-upload")
        return Response({"result": "Noted: no coverage will come for this commit.", "non_ignored_files": []})


class ResultsView(CodecovView):
    """`create-report-results`, `get-report-results`: tells whether the report of the commit is there."""

    def post(self, request: Request, slug: str, sha: str, **_route: str) -> Response:
        """Say it."""
        return Response(self._result(request, slug, sha), status=201)

    def get(self, request: Request, slug: str, sha: str, **_route: str) -> Response:
        """Say it; the client asks again while it is pending."""
        return Response(self._result(request, slug, sha))

    def _result(self, request: Request, slug: str, sha: str) -> dict[str, Any]:
        sender = self.sender(request, slug)
        rows = Upload.objects.filter(project=sender.project, commit__sha=sha.lower())
        waiting = rows.filter(state__in=(Upload.State.RECEIVED, Upload.State.PROCESSING)).exists()
        page = commit_url(sender.project.slug, sha.lower())
        found = {"state": "success", "message": f"The report is at {page}"}
        return {"state": "pending" if waiting else "completed", "result": found}


class PullView(CodecovView):
    """`pr-base-picking`: which commit a pull request is compared with. The client sends a form here, and a plain slug."""

    def put(self, request: Request, slug: str, number: str) -> Response:
        """Note the base."""
        said = str(codecov_said.read(request).get("user_provided_base_sha") or "")
        sender = self.sender(request, slug)
        base = codecov_said.commit_id(
            said, hint="Name the full commit id: codecovcli pr-base-picking --base-sha SHA."
        )
        codecov_said.checked({"commit": [base], "branch": ["-"], "pull": [number]})
        pull = int(number)
        PullRequest.objects.update_or_create(project=sender.project, number=pull, defaults={"base_sha": base})
        return Response({"pullid": pull, "user_provided_base_sha": base})


def _announced_before(sender: Sender, sha: str, said: Any) -> tuple[Sender, dict[str, list[str]]]:
    """Return what `create-commit` said of a commit; without it, what the client repeats among its options."""
    fields = announce.facts_of(sender.project, sha.lower(), fork=bool(sender.fork))
    if sender.fork:
        if not fields:
            raise Problem(
                404,
                "unknown_commit",
                f"Nothing is known of the commit {sha[:12]}.",
                hint="Run codecovcli create-commit before it, or upload-coverage, which does both.",
            )
        return Sender(sender.project, fields.pop("fork")[0]), fields
    if not fields:
        options = said.get("cli_args")
        options = options if isinstance(options, dict) else {}
        fields = codecov_said.commit_fields(
            {"branch": options.get("branch"), "pullid": options.get("pull_request_number")}
        )
    return sender, fields | {"commit": [sha.lower()]}


def _only_default(code: object) -> None:
    if code != "default":
        raise Problem(
            400,
            "bad_field",
            f"There is no report {str(code)[:60]!r}.",
            hint="Leave out --code.",
            field="code",
        )


def _branch_of(fields: dict[str, list[str]]) -> str:
    return next(iter(fields.get("branch", ())), "")


def _moment(made: Announcement) -> str:
    return f"{made.announced_at:%Y-%m-%dT%H:%M:%S.%fZ}"


_REPO = r"^upload/(?P<service>[^/]+)/(?P<slug>[^/]+)/"
_COMMIT = _REPO + r"commits/(?P<sha>[^/]+)"
_REPORT = _COMMIT + r"/reports/(?P<code>[^/]+)"

PROTOCOL = Protocol(
    name="codecov",
    title="Codecov",
    urls=(
        path("upload/bytes/<str:signed>", BytesView.as_view(), name="announced_bytes"),
        path("upload/test_results/v1", TestResultsView.as_view()),
        re_path(_REPO + r"upload-coverage$", UploadsView.as_view()),
        re_path(_REPO + r"commits$", CommitsView.as_view()),
        re_path(_COMMIT + r"/reports$", ReportsView.as_view()),
        re_path(_REPORT + r"/uploads$", UploadsView.as_view()),
        re_path(_REPORT + r"/results$", ResultsView.as_view()),
        re_path(_COMMIT + r"/upload-complete$", CompleteView.as_view()),
        re_path(_COMMIT + r"/empty-upload$", EmptyView.as_view()),
        re_path(
            r"^api/v1/(?!projects/)[^/]+/(?P<slug>[^/]+(?:/[^/]+)+)/pulls/(?P<number>[0-9]{1,10})$",
            PullView.as_view(),
        ),
    ),
    addresses=(
        "POST /upload/{service}/{owner}::::{repo}/commits",
        "POST /upload/{service}/{owner}::::{repo}/commits/{sha}/reports",
        "POST /upload/{service}/{owner}::::{repo}/commits/{sha}/reports/default/uploads",
        "POST|GET /upload/{service}/{owner}::::{repo}/commits/{sha}/reports/default/results",
        "POST /upload/{service}/{owner}::::{repo}/commits/{sha}/upload-complete",
        "POST /upload/{service}/{owner}::::{repo}/commits/{sha}/empty-upload",
        "POST /upload/{service}/{owner}::::{repo}/upload-coverage",
        "POST /upload/test_results/v1",
        "PUT /api/v1/{service}/{owner}/{repo}/pulls/{number}",
    ),
)
