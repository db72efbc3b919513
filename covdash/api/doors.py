"""What every address of the read API does first and last: let the reader in or know nothing, compare tags, cut pages.

A reader is whoever is signed in, or anybody for a public project. Upload tokens read nothing: they are not even looked at. A project
that is private and one that is not there are refused with the same words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.utils.http import parse_etags
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.rendering import OrjsonRenderer, Written, encoded
from covdash.reports import cursor
from covdash.reports.facts import CommitFact, Page, ReportFact
from covdash.reports.queries import commits

VERSION = "2"
"""Part of every tag; raised when the shape of an answer changes."""

Item = TypeVar("Item")


class ReadView(APIView):
    """An address that only reads. Answers carry a tag and are kept by nobody but the reader's own cache."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)
    renderer_classes = (OrjsonRenderer,)
    http_method_names = ("get", "head")

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say how long an answer may be kept."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "private, no-cache"
        if isinstance(final, Response):  # and no stream
            final.add_post_render_callback(_let_go)
        return final


def _let_go(response: Response) -> None:
    """Forget what an answer was made of once its text is there.

    View, request and answer name each other; with them thousands of points would wait for the collector of cycles, and then take it
    longer than an answer takes.
    """
    response.data = None
    response.renderer_context = {}  # type: ignore[attr-defined]


def project_of(request: Request, slug: str) -> ProjectFact:
    """Return the project that the reader may see. Raises `Problem` 404, the same for every reason."""
    found = access.find(user=request.user, slug=slug)
    if found is None:
        raise Problem(
            404,
            "not_found",
            "There is no such project, or you may not see it.",
            hint="Check the slug; private projects are found by their members after signing in.",
        )
    return found


def commit_of(project: ProjectFact, sha: str) -> CommitFact:
    """Return the commit whose sha is or begins with `sha`. Raises `Problem` 404."""
    found = commits.resolve(project=project, ref=sha)
    if found is None:
        raise Problem(
            404,
            "unknown_commit",
            f"No upload of this project named one commit {sha}.",
            hint="Send the whole sha, or more of it if several commits begin like this.",
            field="sha",
        )
    return found


def report_of(
    request: Request,
    project: ProjectFact,
    commit: CommitFact,
    *,
    details: bool = True,
    flag: str | None = None,
) -> ReportFact:
    """Return the report of a commit, of `flag`, which is `?flag=` when left out. Raises `Problem` 404 while there is none.

    With `details`, also 410 where retention removed its files and lines.
    """
    flag = request.query_params.get("flag", "") if flag is None else flag
    found = commits.report(project=project, commit=commit, flag=flag)
    if found is None and flag:
        raise unknown_flag(flag)
    if found is None:
        raise Problem(
            404,
            "no_report",
            f"The commit {commit.short} has no report yet.",
            hint="See its uploads: they are waiting, or they failed.",
        )
    if details and commit.thinned_at is not None:
        raise Problem(
            410,
            "thinned",
            f"Retention removed files and lines of the commit {commit.short} on {commit.thinned_at:%-d %B %Y}.",
            hint="Its totals are kept: ask for the commit itself, or for the trend.",
        )
    return found


def unknown_flag(flag: str) -> Problem:
    """Return what to raise where a commit has no such flag."""
    return Problem(
        404, "unknown_flag", f"No processed upload of this commit has the flag {flag}.", field="flag"
    )


def base_of(request: Request, project: ProjectFact, flag: str) -> ReportFact | None:
    """Return the report that `?diff=` names, of the flag `flag`; None without the word. Raises `Problem` 404."""
    ref = request.query_params.get("diff", "")
    found = commits.named(project=project, ref=ref, flag=flag) if ref else None
    if ref and found is None:
        raise Problem(
            404,
            "unknown_base",
            f"No git branch or commit {ref[:80]} of this project has such a report.",
            hint="Name a git branch, or a commit by eight or more digits of its sha.",
            field="diff",
        )
    return found


def tag_of_report(project: ProjectFact, report: ReportFact) -> str:
    """Return the tag of whatever is made of a report: its content, what may change counts without it, the reader's role."""
    made = f"{report.updated_at.timestamp():.6f}-{report.processed}-{report.superseded}"
    return f'"{VERSION}-{report.root}-{made}-{project.role}"'


def is_known(request: Request, tag: str) -> bool:
    """Say whether the reader has what `tag` names."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in known or f"W/{tag}" in known


def unchanged(tag: str) -> Response:
    """Answer 304 to a reader who has what `tag` names."""
    return Response(status=304, headers={"ETag": tag})


def tagged(tag: str, body: Any) -> Response:
    """Answer `body`, which `tag` names."""
    return Response(body, headers={"ETag": tag})


def answer(request: Request, body: Any) -> Response:
    """Answer `body` under a tag of its content, or 304."""
    text = encoded(body)
    tag = f'"{VERSION}-{hashlib.blake2b(text, digest_size=16).hexdigest()}"'
    return unchanged(tag) if is_known(request, tag) else tagged(tag, Written(body, text))


def after_of(request: Request) -> str:
    """Return the cursor `?after=`. Raises `Problem` 400 for what no list gave out."""
    after = request.query_params.get("after", "")
    if after and not cursor.is_cursor(after):
        raise Problem(
            400,
            "bad_cursor",
            "`after` is not a cursor that a list gave out.",
            hint="Follow `next` of the page before, or leave `after` out.",
            field="after",
        )
    return after


def page(request: Request, found: Page[Item], shape: Callable[[Item], Any]) -> dict[str, Any]:
    """Return a keyset page as JSON: `items`, and `next`, the address of the next page or null."""
    words = [
        (word, value) for word, values in request.query_params.lists() for value in values if word != "after"
    ]
    following = f"{request.path}?{urlencode([*words, ('after', found.after)])}" if found.after else None
    return {"items": [shape(item) for item in found.items], "next": following}
