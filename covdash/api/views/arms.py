"""Arms of code that no test has gone, that were lost, or that come and go."""

from __future__ import annotations

from dataclasses import replace

from rest_framework.request import Request
from rest_framework.response import Response

from covdash.api import arm_shapes, doors
from covdash.api.schema import describes
from covdash.coverage.arms import KINDS
from covdash.coverage.components import Owned
from covdash.problems import Problem
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.findings import ArmsAsked
from covdash.reports.queries import arms, components


class Arms(doors.ReadView):
    """Lines with arms, file by file, by the words of the page of code branches."""

    @describes(
        arm_shapes.FileArmsShape,
        "List arms that were not taken",
        name="arms_list",
        path=("slug", "sha"),
        query=(
            "show:arms",
            "since",
            "base",
            "kind",
            "component:narrow",
            "owner:narrow",
            "file",
            "flag",
            "after",
        ),
        paged=True,
    )
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Nine SQL statements at most where the past is remembered, and those of the session."""
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        show = _chosen(request, "show", arms.SHOWS) or "never"
        known = {word: request.query_params.get(word, "") for word in ("since", "base")}
        kept = {"lost": "base", "flaky": ""}.get(show, "since")
        asked = ArmsAsked(
            show,
            kind=_chosen(request, "kind", tuple(KINDS)),
            only=request.query_params.get("file", ""),
            within=_within(request, project, report),
            **{word: value for word, value in known.items() if word == kept},
        )
        branches = report.commit.branches
        found = arms.listed(
            project=project,
            report=report,
            branch=branches[0] if branches else project.default_branch,
            asked=asked,
            after=doors.after_of(request),
        )
        if bad := [*found.ignored, *(word for word, value in known.items() if value and word != kept)]:
            raise Problem(
                400,
                f"bad_{bad[0].partition('=')[0]}",
                f"{bad[0]!r} names no day and no report, or does not go with show={show}.",
                hint="`since` is a day or a commit, with never and all; `base` is a commit or a git branch, with lost.",
                field=bad[0].partition("=")[0],
            )
        return doors.answer(request, doors.page(request, found, arm_shapes.file_arms))


def _chosen(request: Request, word: str, allowed: tuple[str, ...]) -> str:
    value = request.query_params.get(word, "")
    if value and value not in allowed:
        raise Problem(
            400, f"bad_{word}", f"{value[:40]!r} is none of these: {', '.join(allowed)}.", field=word
        )
    return value


def _within(request: Request, project: ProjectFact, report: ReportFact) -> Owned | None:
    """Return what leaves the files of `?component=` and of `?owner=`, of both where both are given; None for all files."""
    component, mine = _component(request, project, report), _owner(request, project, report)
    return replace(component, also=mine) if component else mine


def _owner(request: Request, project: ProjectFact, report: ReportFact) -> Owned | None:
    name = request.query_params.get("owner", "")
    if not name:
        return None
    known = components.owners(project=project, report=report)
    if name not in known.names:
        raise Problem(
            400,
            "unknown_owner",
            f"The CODEOWNERS of this commit name no owner {name[:80]!r}.",
            hint="Write it as the file does, as in @acme/pay; the `owner` column of arms.csv has the names.",
            field="owner",
        )
    return known.owned(name)


def _component(request: Request, project: ProjectFact, report: ReportFact) -> Owned | None:
    name = request.query_params.get("component", "")
    if not name:
        return None
    rules = components.of_report(project=project, report=report).rules
    if name not in rules.names:
        raise Problem(
            404,
            "unknown_component",
            f"The rules of the project make no component {name[:80]!r}.",
            hint="See commits/{sha}/components.",
            field="component",
        )
    return rules.owned(name)
