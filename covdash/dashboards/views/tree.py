"""`/p/<slug>/-/tree/<path>/`: a directory of a report, or all its files."""

from __future__ import annotations

from itertools import chain

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.dashboards import dense
from covdash.dashboards.pages import columns as optional
from covdash.dashboards.pages import entries, tree, zero
from covdash.dashboards.views import columns, freshness, narrowing, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.codeowners import Owners
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.queries import components, files
from covdash.reports.rule_facts import ComponentsFact


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str = "") -> HttpResponse:
    """The directory at `path`; without a slash at its end the address is mended. `?part=children` gives its rows alone."""
    if path and not path.endswith("/"):
        return redirect(f"{request.path}/?{request.META['QUERY_STRING']}".rstrip("?"))
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    base = scope.report_before(seen)
    asked = request.GET
    flat = (
        asked.get("flat")
        or asked.get("component")
        or asked.get("owner")
        or asked.get("show", "") in tree.SHOWS
    )
    parts = components.of_report(project=project, report=seen.report) if flat and not path else None
    owners = components.owners(project=project, report=seen.report)
    made_of = (base.root if base else "", parts.edition if parts else "", parts.counted if parts else "")
    tag = freshness.tag_of(request, seen, *made_of, owners.lines.digest)
    return freshness.unchanged(request, tag) or freshness.stamped(
        _page(request, seen, path, base, parts, owners), tag
    )


def _page(
    request: HttpRequest,
    seen: scope.Scope,
    path: str,
    base: ReportFact | None,
    parts: ComponentsFact | None,
    owners: Owners,
) -> HttpResponse:
    """Make the page; with `parts` it is the flat list, which may be narrowed to a component and an owner."""
    if request.GET.get("part") == "children":
        return _children(request, seen, path, base, owners)
    offered, asked, unknown = _columns(request, seen)
    search = words.text(request, "q")
    size, bad_size = _number(request.GET.get("min", ""))
    ignored = (*bad_size, *unknown)
    if parts is not None:
        page = _flat(request, seen, base, parts, owners, search, size, ignored)
    else:
        directory = files.directory(project=seen.project, report=seen.report, path=path, base=base)
        if directory is None:
            kept = {word: request.GET.get(word, "") for word in ("sort", "q", "min")}
            return not_in_flag(
                request, seen, path, seen.place, lambda place: place.tree(path, **kept)
            ) or not_here(request, seen, path)
        sort, bad_sort = words.chosen(request, "sort", entries.ORDERS, "")
        of_lists = [words.chosen(request, word, (), "")[1] for word in ("show", "component", "owner")]
        page = tree.build(
            directory,
            context=seen.context,
            sort=sort,
            search=search,
            compared=base is not None,
            size=size,
            ignored=(*ignored, *bad_sort, *chain(*of_lists)),
            owners=owners,
        )
    made = columns.read(seen, asked, offered, (row.fact for row in page.table.rows))
    page = tree.with_columns(page, made, offered)
    compared = base is not None and (not page.flat or page.show == "changed")
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": "files",
        "base": base,
        "page": page,
        "rows": dense.entries(page.table, compared=compared, footer=page.footer),
        "compared": compared,
        "compare_address": seen.place.compare(base.commit.sha, seen.report.commit.sha) if base else "",
    }
    return render(request, "dashboards/tree.html", context)


def _flat(
    request: HttpRequest,
    seen: scope.Scope,
    base: ReportFact | None,
    parts: ComponentsFact,
    owners: Owners,
    search: str,
    size: int,
    ignored: tuple[str, ...],
) -> tree.TreePage:
    """Return the flat list, or the two piles of files that never ran."""
    project, report = seen.project, seen.report
    to = narrowing.to_part(request, parts, owners)
    show, bad_show = words.chosen(request, "show", tree.SHOWS, "")
    _, bad_sort = words.chosen(request, "sort", ("name",), "")
    within = to.shown(show, parts)
    listed = files.flat(
        project=project, report=report, search=search, show=show, after=request.GET.get("after", ""),
        within=within, size=size, base=base,
    )  # fmt: skip
    piles: tuple[zero.Pile, ...] = ()
    if show == "zero" and listed.items:
        found = files.idle(
            project=project, report=report, branch=seen.past, search=search, within=within, size=size
        )
        piles = zero.piles(found, seen.place, timezone.now())
    return tree.build_flat(
        listed,
        context=seen.context,
        totals=to.totals(seen, parts, files=True),
        to=tree.Narrowed(
            search, show, to.component, to.owner, size, (*ignored, *bad_show, *to.ignored, *bad_sort)
        ),
        components=to.names,
        owners=owners,
        piles=piles,
        empty=tree.why_empty(show, base.commit if base else None, parts),
    )


def _columns(
    request: HttpRequest, seen: scope.Scope
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    """Return the optional columns to choose from, those that are asked for, and what was ignored."""
    offered = optional.offered(seen.report.totals, seen.flags)
    return offered, *optional.chosen(request.GET.getlist("col"), offered)


def _children(
    request: HttpRequest, seen: scope.Scope, path: str, base: ReportFact | None, owners: Owners
) -> HttpResponse:
    """Answer the rows of a directory alone, to be put below its own row."""
    found = files.directory(project=seen.project, report=seen.report, path=path, base=base)
    if found is None:
        raise Http404
    offered, asked, _ = _columns(request, seen)
    table = entries.table(found, seen.place, compared=base is not None, owners=owners)
    made = columns.read(seen, asked, offered, (row.fact for row in table.rows))
    table = optional.added(table, made, seen.place)
    return HttpResponse(dense.entries(table, compared=base is not None))


def _number(text: str) -> tuple[int, tuple[str, ...]]:
    """Return a number of lines that was asked for, and what was ignored: anything else is as good as 0."""
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text), ()
    return 0, (f"min={text[:60]}",) if text else ()
