"""Commits, their reports, directories and files."""

from __future__ import annotations

from dataclasses import replace

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from covdash.api import doors, shaping
from covdash.api.schema import describes, describes_text
from covdash.api.shapes import CommitRowShape, ComponentsShape, FileAnswerShape, ReportShape, TreeShape
from covdash.coverage.describe import describe
from covdash.coverage.lines import EMPTY
from covdash.coverage.totals import Totals
from covdash.problems import Problem
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports import export_forms, verdicts
from covdash.reports.facts import DirectoryFact, ReportFact
from covdash.reports.gate_json import GatesShape, shape
from covdash.reports.queries import commits, compare, components, exports, files, slices


class Commits(doors.ReadView):
    """Commits, newest first, each with the one that it is compared with."""

    @describes(
        CommitRowShape,
        "List commits",
        name="commits_list",
        path=("slug",),
        query=("branch", "after"),
        paged=True,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Three SQL statements and those of the session. All git branches if none is named."""
        project = doors.project_of(request, slug)
        branch = request.query_params.get("branch", "")
        found = commits.listing(project=project, branch=branch, after=doors.after_of(request))
        return doors.answer(request, doors.page(request, found, shaping.commit_row))


class Commit(doors.ReadView):
    """A commit: totals by metric, state, per flag."""

    @describes(
        ReportShape, "Show the report of a commit", name="commits_show", path=("slug", "sha"), query=("flag",)
    )
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Six SQL statements and those of the session. A commit without a report is no error: `totals` is null."""
        project = doors.project_of(request, slug)
        commit = doors.commit_of(project, sha)
        flag = request.query_params.get("flag", "")
        report = (
            doors.report_of(request, project, commit, details=False)
            if flag
            else commits.report(project=project, commit=commit)
        )
        row = commits.row(project=project, commit=commit)
        if row is None:
            raise Problem(404, "unknown_commit", f"The commit {commit.short} is gone.", field="sha")
        flags = commits.flags(commit=commit)
        return doors.answer(request, shaping.report(row, report, flags, flag=flag))


class Components(doors.ReadView):
    """The components of a report, with their floors."""

    @describes(
        ComponentsShape,
        "List the components of a report",
        name="components_list",
        path=("slug", "sha"),
        query=("flag",),
    )
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Four SQL statements and those of the session."""
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        found = components.of_report(project=project, report=report)
        return doors.answer(request, shaping.components(found, report))


class Gates(doors.ReadView):
    """What must hold of a commit, and whether it does."""

    @describes(GatesShape, "Judge the gates of a commit", name="gates_list", path=("slug", "sha"))
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Four SQL statements without gates, else about ten, and those of the session."""
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        found = verdicts.of_commit(project=project, report=report, today=timezone.now().date())
        return doors.answer(request, shape(found, is_told="upload" in access.rights(project.role)))


class Tree(doors.ReadView):
    """A directory of a report."""

    @describes(
        TreeShape,
        "List a directory of a report",
        name="tree_show",
        path=("slug", "sha"),
        query=("path", "flag"),
    )
    def get(self, request: Request, slug: str, sha: str) -> Response:
        """Three SQL statements, one a level that is not cached, and those of the session; two more where the flag has nothing."""
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        path = request.query_params.get("path", "")
        tag = doors.tag_of_report(project, report)
        if doors.is_known(request, tag):
            return doors.unchanged(tag)
        if found := files.directory(project=project, report=report, path=path):
            return doors.tagged(tag, shaping.tree(found, report))
        whole = _whole(project, report)
        if whole and (there := files.directory(project=project, report=whole, path=path)):
            return doors.answer(request, shaping.tree(DirectoryFact(there.path, Totals(), ()), report))
        raise Problem(
            404,
            "unknown_directory",
            f"The report has no directory {path!r}.",
            hint="A file is at .../files/{path}.",
            field="path",
        )


class File(doors.ReadView):
    """A file of a report: lines, arms, functions."""

    @describes(
        FileAnswerShape,
        "Show a file of a report",
        name="files_show",
        path=("slug", "sha", "path"),
        query=("flag:several", "diff"),
    )
    def get(self, request: Request, slug: str, sha: str, path: str) -> Response:
        """Six SQL statements, one a level that is not cached, and those of the session; four more where the flag has nothing.

        Seven through several flags.

        With `diff` one more, and where the base has no file of this name those of a comparison.
        """
        project = doors.project_of(request, slug)
        flags = sorted(filter(None, set(request.query_params.getlist("flag"))))
        if len(flags) > 1:
            return self._together(request, project, sha, path, flags)
        report = doors.report_of(request, project, doors.commit_of(project, sha), flag="".join(flags))
        if base := doors.base_of(request, project, report.flag):
            beside = compare.beside(project=project, base=base, head=report, path=path)
            if beside:
                described = describe(path, beside.after.coverage or EMPTY)
                described["diff"] = beside.described
                return doors.answer(request, shaping.file_answer(beside.after, described, report))
        tag = doors.tag_of_report(project, report)
        if doors.is_known(request, tag):
            return doors.unchanged(tag)
        if found := files.get(project=project, report=report, path=path):
            described = describe(path, found.coverage or EMPTY)
            return doors.tagged(tag, shaping.file_answer(found, described, report))
        whole = _whole(project, report)
        if whole and (there := files.get(project=project, report=whole, path=path)):
            unmeasured = replace(there, coverage=None, exact=False)
            return doors.answer(request, shaping.file_answer(unmeasured, describe(path, EMPTY), report))
        raise _no_file(path)

    def _together(
        self, request: Request, project: ProjectFact, sha: str, path: str, flags: list[str]
    ) -> Response:
        """Answer a file as several flags see it together: their merge."""
        if request.query_params.get("diff"):
            raise Problem(
                400,
                "bad_flag",
                "A diff looks through one flag, or at all uploads.",
                hint="Name one flag, or leave `diff` out.",
                field="flag",
            )
        report = doors.report_of(request, project, doors.commit_of(project, sha), flag="")
        if unknown := [flag for flag in flags if flag not in report.flags]:
            raise doors.unknown_flag(unknown[0])
        found = slices.union(project=project, report=report, path=path, flags=flags)
        fact = found[0] if found else files.get(project=project, report=report, path=path)
        if fact is None:
            raise _no_file(path)
        if not found:
            fact = replace(fact, coverage=None, exact=False)
        described = describe(path, fact.coverage or EMPTY)
        return doors.answer(request, shaping.file_answer(fact, described, report, flags))


def _no_file(path: str) -> Problem:
    return Problem(
        404,
        "unknown_file",
        f"The report has no file {path!r}.",
        hint="A directory is at .../tree?path={path}.",
        field="path",
    )


class _Export(doors.ReadView):
    """The report of a commit, or of a flag of it, as a file."""

    form = ""

    def _stream(self, request: Request, slug: str, sha: str) -> HttpResponseBase:
        project = doors.project_of(request, slug)
        report = doors.report_of(request, project, doors.commit_of(project, sha))
        tag = doors.tag_of_report(project, report)
        if doors.is_known(request, tag):
            return doors.unchanged(tag)
        chosen = export_forms.FORMS[self.form]
        stream = chosen.write(exports.files(project=project, report=report), report)
        return StreamingHttpResponse(stream, content_type=chosen.content_type, headers={"ETag": tag})


class Lcov(_Export):
    """A report as an LCOV tracefile."""

    form = "lcov.info"

    @describes_text("text/plain", "Download a report as LCOV", name="commits_lcov")
    def get(self, request: Request, slug: str, sha: str) -> HttpResponseBase:
        """Four SQL statements, one a level that is not cached and one for 200 files; those of the session."""
        return self._stream(request, slug, sha)


class Cobertura(_Export):
    """A report as Cobertura XML."""

    form = "cobertura.xml"

    @describes_text("application/xml", "Download a report as Cobertura XML", name="commits_cobertura")
    def get(self, request: Request, slug: str, sha: str) -> HttpResponseBase:
        """As many SQL statements as for LCOV."""
        return self._stream(request, slug, sha)


def _whole(project: ProjectFact, report: ReportFact) -> ReportFact | None:
    """Return the report of all uploads where `report` is that of a flag, else None.

    What the commit has and the flag says nothing of is empty, or not measured, and not unknown. Such an answer follows from two
    reports: it has the tag of its content.
    """
    return commits.report(project=project, commit=report.commit) if report.flag else None
