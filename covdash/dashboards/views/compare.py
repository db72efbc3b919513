"""`/p/<slug>/-/compare` and `/p/<slug>/-/pull/<number>`: what a change did to coverage; `/p/<slug>/-/pulls`: the pull requests."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from covdash.coverage.differential import CATEGORIES
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import compare as pages
from covdash.dashboards.pages import compare_files as file_pages
from covdash.dashboards.pages import compare_markdown, compare_sides, hunks
from covdash.dashboards.pages import gates as gate_pages
from covdash.dashboards.pages import pulls as pull_pages
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view, reader
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.reports import verdicts, viewing
from covdash.reports.differences import BaseFact, ComparisonFact
from covdash.reports.facts import CommitFact, ReportFact
from covdash.reports.queries import branches, commits, compare, components, pulls

_MARK = re.compile(r"[0-9a-f]{32}")
_NOTABLE = frozenset({"LBC", "UIC"})
"""Categories of unchanged lines that an opened file shows although nothing else changed there."""


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Compare `?base=` with `?head=`, each a git branch or a commit; without a base, with where the head left the default branch."""
    if moved := _old_name(request):
        return moved
    head_ref, base_ref = words.text(request, "head"), words.text(request, "base")
    head = commits.named(project=project, ref=head_ref or project.default_branch)
    if head is None:
        return _choose(request, project, f"There is no report of “{head_ref[:80]}”." if head_ref else "")
    if base_ref:
        asked = commits.named(project=project, ref=base_ref)
        if asked is None:
            return _choose(request, project, f"There is no report of “{base_ref[:80]}”.")
        base = BaseFact(asked, "asked", "as asked for")
    else:
        base = compare.base_of(project=project, head=head.commit)
    return _page(request, project, base, head)


@require_safe
@project_view()
def pull(request: HttpRequest, project: ProjectFact, number: int) -> HttpResponse:
    """A pull request: its head compared with where it left the git branch it is to be merged into."""
    if moved := _old_name(request):
        return moved
    found = pulls.get(project=project, number=number)
    if found is None:
        raise Http404
    head = commits.report(project=project, commit=found.head) if found.head else None
    if head is None:
        return _choose(request, project, f"No upload of pull request #{number} is processed yet.")
    base = compare.base_of(project=project, head=head.commit, branch=found.base, declared=found.base_sha)
    return _page(request, project, base, head, number=number, title=found.title)


@require_POST
@project_view()
def viewed(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """Mark a change as viewed by the reader, or no more, and go back to its row; with `part=mark` the answer is empty."""
    if not request.user.is_authenticated:
        return redirect_to_login(words.back(request))
    deed, said = (viewing.unview, "unview") if "unview" in request.POST else (viewing.view, "view")
    mark = request.POST.get(said, "")
    if not _MARK.fullmatch(mark):
        return HttpResponseBadRequest("This form names no change.\n", content_type="text/plain")
    deed(project_id=project.id, user=reader(request), mark=bytes.fromhex(mark))
    if request.GET.get("part") == "mark":
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect(f"{words.back(request)}#file-{mark}")


@require_safe
@project_view()
def pull_list(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The pull requests, the newest first."""
    found = pulls.listing(project=project, after=request.GET.get("after", ""))
    place = Place(project.slug)
    rows = pull_pages.build(found, place, project.default_branch)
    context = {"project": project, "place": place, "here": "pulls", "rows": rows, "after": found.after}
    return freshness.of_body(request, render(request, "dashboards/pulls.html", context))


def _page(
    request: HttpRequest,
    project: ProjectFact,
    base: BaseFact,
    head: ReportFact,
    *,
    number: int = 0,
    title: str = "",
) -> HttpResponse:
    place = Place(project.slug)
    found = compare.comparison(project=project, base=base.report, head=head) if base.report else None
    between: tuple[CommitFact, ...] = ()
    if base.report:
        between = compare.between(project=project, base=base.report.commit, head=head.commit, line=base.line)
    view, ignored = _view(request)
    sides, counts = _sides(project, base.report, head, found, view) if base.report and found else (None, {})
    marks = compare.viewed(project=project, user=request.user)
    facts = file_pages.CompareFacts(base, head, found, between, counts, marks)
    size = file_pages.CELL_PAGE if view.cell else file_pages.PAGE
    files = file_pages.wanted(facts, view)[view.skip : view.skip + size]
    lines: dict[str, list[int]] = {}
    opened: dict[str, hunks.FileHunks | None] = {}
    if base.report and view.cell:
        code = CATEGORIES.index(view.cell) + 1
        full = compare.details(project=project, base=base.report, head=head, files=files)
        lines = {one.file.name: one.found.of(code).tolist() for one in full}
    elif base.report and (chosen := file_pages.to_open(files, facts, view)[: file_pages.OPEN]):
        full = compare.details(project=project, base=base.report, head=head, files=chosen)
        opened = hunks.build_each(full, notable=_NOTABLE)
    rows = [
        file_pages.row(file, facts, place, view, lines=lines.get(file.name, ()), opened=opened, pull=number)
        for file in files
    ]
    page = pages.build(facts, place, view, rows, pull=number, title=title)
    judged = verdicts.of_comparison(
        project=project,
        base=base,
        head=head,
        comparison=found,
        today=timezone.now().date(),
        pull=number or None,
    )
    rights = access.rights(project.role)
    gates = gate_pages.build(judged, place, head=head.commit.sha, pull=number, may_waive="settings" in rights)
    if request.GET.get("as") == "markdown":
        text = compare_markdown.text_of(page, gates, words.server())
        return freshness.of_body(request, HttpResponse(text, content_type="text/markdown; charset=utf-8"))
    context = {
        "project": project,
        "place": place,
        "here": "pulls" if number else "commits",
        "page": page,
        "ignored": ignored,
        "gates": gates,
        "is_told": "upload" in rights,
        "sides": sides,
        "open_most": file_pages.OPEN,
    }
    alone = request.GET.get("part") == "comparison" and base.report
    return freshness.of_body(
        request, render(request, f"dashboards/{'_comparison' if alone else 'compare'}.html", context)
    )


def _sides(
    project: ProjectFact, base: ReportFact, head: ReportFact, found: ComparisonFact, view: file_pages.View
) -> tuple[compare_sides.Shown, dict[str, int]]:
    """Return what the tabs of both sides show, as far as the chosen one is one of them, and how much is on each.

    Two SQL statements, one more for the tab of components or flags.
    """
    tab = "" if view.cell else view.tab
    parts = components.of_report(project=project, report=head)
    facts = compare_sides.Sides(
        uploads=compare.uploads(project=project, base=base.commit, head=head.commit), components=parts
    )
    if tab == "components":
        facts = replace(
            facts,
            base_components=components.of_report(project=project, report=base),
            patches=compare.patches(project=project, base=base, head=head, found=found, rules=parts.rules),
        )
    if tab == "flags":
        flags = compare.flags(base=base.commit, head=head.commit)
        facts = replace(
            facts, base_flags=flags.get(base.commit.id, ()), head_flags=flags.get(head.commit.id, ())
        )
    shown = compare_sides.build(facts, base, head, Place(project.slug), tab)
    return shown, shown.counts


def _old_name(request: HttpRequest) -> HttpResponse | None:
    """Lead from the old name of a tab to the one that it has."""
    if request.GET.get("tab") != "elsewhere":
        return None
    words = request.GET.copy()
    words["tab"] = "indirect"
    return redirect(f"{request.path}?{words.urlencode(safe='/')}")


def _view(request: HttpRequest) -> tuple[file_pages.View, tuple[str, ...]]:
    """Return what the address asks for, and what of it was ignored."""
    tab, bad_tab = words.chosen(request, "tab", file_pages.TABS, file_pages.TABS[0])
    cell, bad_cell = words.chosen(request, "cell", CATEGORIES, "")
    form, bad_form = words.chosen(request, "as", ("markdown",), "")
    skip = request.GET.get("skip", "")
    passed = int(skip) if skip.isascii() and skip.isdigit() and len(skip) < 7 else 0
    opening, bad_opening = words.chosen(request, "open", ("all",), "")
    if form:  # whatever hurts, also in files that nobody changed
        tab, cell = "all", ""
    view = file_pages.View(tab, cell, words.text(request, "file"), passed, bool(opening))
    return view, (*bad_tab, *bad_cell, *bad_form, *bad_opening)


def _choose(request: HttpRequest, project: ProjectFact, said: str) -> HttpResponse:
    """Answer where there is nothing to compare yet: a form to choose two sides."""
    context = {
        "project": project,
        "place": Place(project.slug),
        "here": "commits",
        "said": said,
        "names": branches.names(project=project),
        "base": words.text(request, "base"),
        "head": words.text(request, "head"),
    }
    return freshness.of_body(request, render(request, "dashboards/compare_choose.html", context))
