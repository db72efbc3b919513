"""The Coveralls protocol: `POST /api/v1/jobs`, `POST /webhook`, and the JSON of a build for whoever reads it.

A job is a document (`job_document.py`) that says itself what it is (`job_facts.py`) and carries its token; builds are closed by the
webhook (`builds.py`). Refusals are `{"message", "error": true}`, as the clients expect, with the code and the way out beside it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import refusals
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit, Project, UploadToken
from covdash.reports.facts import ReportFact
from covdash.reports.queries import commits
from ingest import announce, builds, carry_wishes, envelope, job_document, rate, receive
from ingest.auth import project_for, secret_of, verified
from ingest.delivery import Delivery, Protocol
from ingest.job_facts import SECRET, JobFacts, facts_of, flags_of, foreign_token
from ingest.status import commit_url, page_url

NAME = "coveralls"
_FORMAT = "coveralls-json"
_SET_TOKEN = "Set COVERALLS_REPO_TOKEN to an upload token of the project on this server."  # noqa: S105 - a sentence
_QUERY = (SECRET, "token")
_UNPROCESSABLE = 422


class _Dialect(APIView):
    """A view whose token may stand anywhere and whose refusals are those of Coveralls."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    _token: UploadToken | None = None

    def token(self, request: Request, *said: Any) -> UploadToken:
        """Return the token of a request: from the Authorization header, the query string, or one of `said`. Raises `Problem`."""
        found = (self._outside(request), *said)
        secret: str = next((text for text in found if isinstance(text, str) and text), "")
        address = request.META.get("REMOTE_ADDR") or ""
        if not secret:
            rate.note_stranger(address)
            raise Problem(401, "token_required", "The job carries no token.", hint=_SET_TOKEN, field=SECRET)
        if whose := foreign_token(secret):
            rate.note_stranger(address)
            sentence = f"{SECRET} holds a token of {whose}, which this server cannot check."
            raise Problem(
                401,
                "foreign_token",
                sentence,
                hint=f"{_SET_TOKEN} On GitHub Actions set COVERALLS_SERVICE_NAME=github-actions, too.",
                field=SECRET,
            )
        try:
            self._token = verified(request, secret.strip())
        except Problem as problem:
            rate.note_stranger(address)
            problem.hint = f"{problem.hint} {_SET_TOKEN}".strip()
            raise
        rate.spend(self._token.pk)
        return self._token

    @staticmethod
    def _outside(request: Request) -> str:
        """Return the token that stands outside of the body."""
        if secret := secret_of(request):
            return secret
        return next((text for name in _QUERY if (text := request.query_params.get(name, ""))), "")

    def handle_exception(self, exc: Exception) -> Response:
        """Answer in the dialect. The reason phrase carries the sentence: the client in Python shows nothing else."""
        response = super().handle_exception(exc)
        refused = response.data["error"]
        if self._token is not None and self._token.project_id is not None:
            refusals.note(
                project_id=self._token.project_id,
                status=response.status_code,
                message=refused["message"],
                hint=refused.get("hint", ""),
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        if response.status_code == 401:
            response.status_code = _UNPROCESSABLE
            del response["WWW-Authenticate"]
        response.data = {"error": True, **refused}
        sentence = f"{refused['message']} {refused.get('hint', '')}".strip()
        shown = "".join(sign if " " <= sign <= "~" else "?" for sign in sentence)
        response.reason_phrase = shown[:400]
        return response


class JobsView(_Dialect):
    """Takes the coverage of jobs."""

    @extend_schema(
        operation_id="coveralls_job",
        summary="Send a job as clients of Coveralls do",
        description="The document as multipart file `json_file` (plain or gzip), as field `json`, or as the body. "
        "The token is `repo_token` of the document, of the query string, or the Authorization header.",
        tags=["other dialects"],
        parameters=[OpenApiParameter(SECRET, OpenApiTypes.STR, description="upload token")],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"json_file": {"type": "string", "format": "binary"}},
            }
        },
        responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Store a job durably and answer with the page of its upload."""
        self._outside(request)
        rate.refuse_strangers(request.META.get("REMOTE_ADDR") or "")
        receive.room_left(receive.spool_folders())
        with Delivery() as delivery:
            document = job_document.read(request, delivery)
            token = self.token(request, document.facts.get(SECRET), document.fields.get(SECRET))
            job = facts_of(document.facts)
            project = _project(token, job.slugs)
            said, assumed = _envelope(project, job)
            declared = {"ci": job.ci} | ({"assumed": assumed} if assumed else {})
            receipt = receive.receive(
                project=project,
                envelope=said,
                delivery=delivery,
                user_agent=request.headers.get("User-Agent", ""),
                protocol=NAME,
                declared=declared,
            )
        if receipt.replayed and job.build:
            builds.note(receipt.upload, job.build)
        if job.carry:
            carry_wishes.note(receipt.upload.commit_id, job.carry)
        number = ".".join(word for word in (job.build or said.commit[:8], job.ci.get("run", "")) if word)
        return Response({"message": f"Job #{number}", "url": page_url(project.slug, receipt.upload.pk)})


class WebhookView(_Dialect):
    """Closes builds."""

    @extend_schema(
        operation_id="coveralls_webhook",
        summary="Say that all jobs of a build were sent",
        description="JSON or a form: `payload[build_num]`, `payload[status]` (`done`), `repo_token`, `carryforward` "
        "(flags, comma separated, or `all`).",
        tags=["other dialects"],
        parameters=[
            OpenApiParameter(SECRET, OpenApiTypes.STR, description="upload token"),
            OpenApiParameter("carryforward", OpenApiTypes.STR, description="flags to take over, or `all`"),
        ],
        request={"application/json": {"type": "object"}},
        responses={200: OpenApiTypes.OBJECT, 422: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Mark the commits of a build as complete."""
        rate.refuse_strangers(request.META.get("REMOTE_ADDR") or "")
        said = job_document.small(request)
        payload = said.get("payload")
        words = payload if isinstance(payload, dict) else {}
        asked = {**said, **words} | {
            name: said.get(f"payload[{name}]") or words.get(name) for name in ("build_num", "status")
        }
        token = self.token(request, said.get(SECRET))
        repository = said.get("repo_name")
        project = _project(token, (repository,) if isinstance(repository, str) and repository else ())
        build = str(asked["build_num"] or "").strip()
        if not build:
            raise Problem(
                _UNPROCESSABLE,
                "missing_field",
                "The request names no build.",
                hint="Set COVERALLS_SERVICE_NUMBER to one value for all jobs of the build and for this step.",
                field="build_num",
            )
        if (status := asked["status"] or "done") != "done":
            raise Problem(
                _UNPROCESSABLE,
                "bad_field",
                f"The status {str(status)[:40]!r} is not `done`.",
                field="status",
            )
        carry = flags_of(request.query_params.get("carryforward") or asked.get("carryforward"))
        closed = builds.finish(project, build, by=NAME, carry=carry)
        if not closed:
            raise Problem(
                _UNPROCESSABLE,
                "unknown_build",
                f"No job of build {build[:100]!r} has arrived within a week.",
                hint="Send the jobs with the same COVERALLS_SERVICE_NUMBER before this request.",
                field="build_num",
            )
        return Response({"done": True, "url": commit_url(project.slug, closed[-1]), "commits": closed})


class BuildView(APIView):
    """Tells the numbers of a commit."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="coveralls_build",
        summary="Read the coverage of a commit, in the words of Coveralls",
        description="A commit of a public project, or of the project of `repo_token`.",
        tags=["other dialects"],
        parameters=[OpenApiParameter(SECRET, OpenApiTypes.STR, description="upload token, if not public")],
        responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, sha: str) -> Response:
        """Answer with the report of a commit. Four SQL statements."""
        secret = request.query_params.get(SECRET, "")
        who = Q(project__is_public=True)
        if secret:
            token = verified(request, secret)
            who = (
                Q(project=token.project) if token.project else Q(project__slug__startswith=f"{token.group}/")
            )
        found = Commit.objects.select_related("project").filter(who, sha=sha.lower()).first()
        if found is None:
            raise _not_found()
        project = _fact(found.project)
        commit = commits.resolve(project=project, ref=found.sha)
        return Response(
            _as_build(project, commits.report(project=project, commit=commit) if commit else None)
        )


class RepositoryView(APIView):
    """Tells the numbers of a public project."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="coveralls_repository",
        summary="Read the coverage of a public project, in the words of Coveralls",
        tags=["other dialects"],
        parameters=[OpenApiParameter("branch", OpenApiTypes.STR, description="git branch")],
        responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer with the report at the head of a git branch. Three SQL statements."""
        found = Project.objects.filter(slug=slug, is_public=True).first()
        if found is None:
            raise _not_found()
        project = _fact(found)
        branch = request.query_params.get("branch", "")
        return Response(_as_build(project, commits.head(project=project, branch=branch)))


def _project(token: UploadToken, slugs: tuple[str, ...]) -> Project:
    """Return the project of a job; only a token of a group has to be told which, in any of the names that the job knows."""
    if token.project is not None:
        return project_for(token)
    below = [slug for slug in slugs if slug.startswith(f"{token.group}/")]
    return project_for(token, slug=next(iter((*below, *slugs)), ""))


def _envelope(project: Project, job: JobFacts) -> tuple[envelope.Envelope, dict[str, str]]:
    """Return the envelope, and what was assumed because the document does not say it."""
    fields = {**job.fields, "format": [_FORMAT]}
    assumed: dict[str, str] = {}
    if "branch" not in fields:
        branch, assumed["branch"] = announce.branch_of(project, next(iter(fields.get("commit", ())), ""))
        fields["branch"] = [branch]
    try:
        return envelope.read(fields), assumed
    except envelope.FieldError as error:
        code = "missing_field" if error.message == envelope.MISSING else "bad_field"
        where = "The document names it in git.head.id or commit_sha."
        hint = where if error.field == "commit" else error.hint
        sentence = f"The {error.field} {error.message}."
        raise Problem(400, code, sentence, hint=hint, field=error.field) from error


def _fact(project: Project) -> ProjectFact:
    return ProjectFact(project.pk, project.slug, project.is_public, project.default_branch)


def _not_found() -> Problem:
    return Problem(404, "not_found", "There is no such public project or commit.")


def _as_build(project: ProjectFact, report: ReportFact | None) -> dict[str, Any]:
    if report is None:
        raise _not_found()
    lines = report.totals.get("lines")
    before = commits.previous(project=project, commit=report.commit)
    earlier = before.totals.get("lines") if before else None
    percent, old = (round(100 * n.covered / n.total, 4) if n and n.total else None for n in (lines, earlier))
    return {
        "created_at": report.updated_at,
        "url": commit_url(project.slug, report.commit.sha),
        "commit_message": report.commit.message,
        "branch": next(iter(report.commit.branches), None),
        "committer_name": report.commit.author,
        "committer_email": None,
        "commit_sha": report.commit.sha,
        "repo_name": project.slug,
        "coverage_change": None if percent is None or old is None else round(percent - old, 4),
        "covered_percent": percent,
    }


PROTOCOL = Protocol(
    name=NAME,
    title="Coveralls",
    urls=(
        path("api/v1/jobs", JobsView.as_view(), name="coveralls_jobs"),
        path("webhook", WebhookView.as_view(), name="coveralls_webhook"),
        path("builds/<str:sha>.json", BuildView.as_view(), name="coveralls_build"),
        path("github/<path:slug>.json", RepositoryView.as_view(), name="coveralls_repository"),
    ),
    addresses=("POST /api/v1/jobs", "POST /webhook", "GET /builds/{sha}.json", "GET /github/{slug}.json"),
)
