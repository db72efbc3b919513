"""The tables of the pages as CSV, for every reader of the project: `/-/commits.csv` and its like take the words of their pages.

The rows are read a page at a time while they are sent, `MAX_ROWS` at most; a last row says so when there are more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from covdash.coverage.totals import Totals
from covdash.dashboards import tables
from covdash.dashboards.pages.uploads import KEPT, STATES
from covdash.dashboards.views import narrowing, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.downloads import csv_answer
from covdash.dashboards.views.gaps import arms_asked, called_never
from covdash.projects.codeowners import Owners
from covdash.projects.facts import ProjectFact
from covdash.reports.divergence_facts import DivergenceFact
from covdash.reports.facts import BranchFact, CommitRow, EntryFact, Item, Page, UploadFact
from covdash.reports.findings import FileArms, FileFunctions
from covdash.reports.queries import arms, branches, commits, components, divergence, files, uploads
from covdash.reports.rule_facts import ComponentsFact

MAX_ROWS = 10_000
Row = list[object]
_TOTALS: Row = [
    "lines covered",
    "lines total",
    "lines partial",
    "arms taken",
    "arms total",
    "functions called",
    "functions total",
]


@require_safe
@project_view()
def commit_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """Commits, newest first, of `?branch=` or of all."""
    branch = words.text(request, "branch")
    head: Row = [
        "commit",
        "time",
        "author",
        "title",
        "branches",
        *_TOTALS,
        "compared with",
        "processed",
        "failed",
        "waiting",
    ]
    return _answer(
        project,
        "commits",
        head,
        lambda after: commits.listing(project=project, branch=branch, after=after),
        lambda row: [_commit(row)],
    )


@require_safe
@project_view()
def branch_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """Git branches whose name contains `?q=`. No comparison is asked for: a patch that is not known is an empty cell."""
    search = words.text(request, "q")

    def read(after: str) -> Page[tuple[BranchFact, DivergenceFact]]:
        found = branches.listing(project=project, search=search, after=after)
        apart = divergence.of_branches(project=project, branches=found.items, ask=False)
        return Page(tuple((branch, apart[branch.name]) for branch in found.items), found.after)

    head: Row = ["branch", "default", "head", "time", "commits", *_TOTALS]
    apart: Row = ["patch changed", "patch measured", "patch covered", "ahead", "behind"]
    return _answer(project, "branches", [*head, *apart], read, lambda row: [_branch(*row)])


@require_safe
@project_view()
def upload_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """Uploads, newest first, of `?state=` and of the days `?from=` and `?to=`."""
    state, _ = words.chosen(request, "state", (*STATES, *KEPT), "")
    since, until = words.day(request, "from", []), words.day(request, "to", [])
    head: Row = [
        "upload",
        "received",
        "state",
        "commit",
        "branch",
        "pull",
        "flags",
        "job",
        "name",
        "size",
        "error",
    ]
    return _answer(
        project,
        "uploads",
        [*head, *_TOTALS],
        lambda after: uploads.listing(project=project, state=state, after=after, since=since, until=until),
        lambda upload: [_upload(upload)],
    )


@require_safe
@project_view()
def file_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """All files of a report, by path: the flat tree, with its `?q=`, `?show=`, `?component=` and `?owner=`."""
    seen, parts, owners, to = _narrowed(request, project)
    search, show = words.text(request, "q"), request.GET.get("show", "")
    base = scope.report_before(seen) if show == "changed" else None
    return _answer(
        project,
        "files",
        ["path", "measured", *_TOTALS, "owner"],
        lambda after: files.flat(
            project=project,
            report=seen.report,
            search=search,
            show=show,
            after=after,
            within=to.shown(show, parts),
            base=base,
        ),
        lambda entry: [[*_file(entry), owners.of(entry.path)]],
    )


@require_safe
@project_view()
def arm_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """Lines with an arm that was never taken, or was lost, or is flaky, by the words of its page."""
    seen, _, owners, to = _narrowed(request, project)
    asked, _ = arms_asked(request, only=words.text(request, "file"), within=to.within)
    head: Row = ["path", "line", "never taken", "taken", "arms taken", "arms total", "line ran", "text"]
    return _answer(
        project,
        "arms",
        [*head, "kinds", "first seen not taken", "taken in reports", "owner"],
        lambda after: arms.listed(
            project=project, report=seen.report, branch=seen.past, asked=asked, after=after
        ),
        lambda file: ([*row, owners.of(file.path)] for row in _arms(file)),
    )


@require_safe
@project_view()
def function_table(request: HttpRequest, project: ProjectFact) -> StreamingHttpResponse:
    """Functions that were never called, narrowed as its page: `show`, `component`, `owner`, `file`."""
    seen, parts, owners, to = _narrowed(request, project)
    only = words.text(request, "file")
    return _answer(
        project,
        "functions",
        ["path", "function", "first line", "last line", "executable lines", "owner"],
        lambda after: called_never(
            seen, parts, to.within, show="" if only else request.GET.get("show", ""), only=only, after=after
        ),
        lambda file: ([*row, owners.of(file.path)] for row in _functions(file)),
    )


def _narrowed(
    request: HttpRequest, project: ProjectFact
) -> tuple[scope.Scope, ComponentsFact, Owners, narrowing.Narrowed]:
    """Return what is looked at, the components and owners there are, and those that are asked for."""
    seen = scope.read(request, project)
    if seen is None:
        raise Http404
    parts = components.of_report(project=project, report=seen.report)
    owners = components.owners(project=project, report=seen.report)
    one_file = bool(words.text(request, "file"))
    return seen, parts, owners, narrowing.to_part(request, parts, owners, one_file=one_file)


def _answer(
    project: ProjectFact,
    name: str,
    head: Row,
    read: Callable[[str], Page[Item]],
    rows: Callable[[Item], Iterable[Row]],
) -> StreamingHttpResponse:
    return csv_answer(_rows(head, read, rows), f"{project.slug}-{name}")


def _rows(
    head: Row, read: Callable[[str], Page[Item]], rows: Callable[[Item], Iterable[Row]]
) -> Iterator[Row]:
    yield head
    sent, after = 0, ""
    while True:
        page = read(after)
        for item in page.items:
            for row in rows(item):
                if sent == MAX_ROWS:
                    yield [f"cut off after {MAX_ROWS} rows"]
                    return
                sent += 1
                yield row
        after = page.after
        if not after:
            return


def _totals(totals: Totals | None) -> Row:
    lines, taken, called = (
        tables.counts(totals.get(kind) if totals else None) for kind in ("lines", "branches", "functions")
    )
    return [*lines, totals.partial if totals and lines[1] is not None else None, *taken, *called]


def _commit(row: CommitRow) -> Row:
    commit = row.commit
    return [
        commit.sha,
        commit.committed_at,
        commit.author,
        commit.title,
        " ".join(commit.branches),
        *_totals(row.totals),
        row.before.sha if row.before else None,
        row.processed,
        row.failed,
        row.waiting,
    ]


def _branch(branch: BranchFact, apart: DivergenceFact) -> Row:
    head = branch.head
    at = head.committed_at if head else None
    return [
        branch.name,
        branch.is_default,
        head.sha if head else None,
        at,
        branch.commits,
        *_totals(branch.totals),
        *(apart.patch[:3] if apart.patch else (None, None, None)),
        apart.ahead,
        apart.behind,
    ]


def _upload(upload: UploadFact) -> Row:
    return [
        upload.id,
        upload.received_at,
        upload.state,
        upload.commit.sha,
        upload.branch,
        upload.pull,
        " ".join(upload.flags),
        upload.job,
        upload.name,
        upload.size,
        upload.error_code,
        *_totals(upload.totals),
    ]


def _file(entry: EntryFact) -> Row:
    return [entry.path, entry.measured, *_totals(entry.totals if entry.measured else None)]


def _arms(file: FileArms) -> Iterator[Row]:
    for arm in file.arms:
        first = file.first(arm)
        taken = "; ".join(key for key, _ in arm.taken)
        flips = "; ".join(f"{one.taken} of {one.told}" for one in arm.flips)
        told: Row = [arm.line, "; ".join(arm.never), taken, arm.covered, arm.total, arm.ran, arm.text]
        yield [file.path, *told, "; ".join(arm.kinds), first.sha if first else None, flips or None]


def _functions(file: FileFunctions) -> Iterator[Row]:
    for one in file.functions:
        yield [file.path, one.name, one.start or None, one.end or None, one.lines]
