"""`/p/<slug>/-/tree/<path>/`: a directory of a report, or all its files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.coverage.components import Rules
from covdash.coverage.totals import Totals
from covdash.dashboards import dense
from covdash.dashboards.pages import entries, tree, zero
from covdash.dashboards.views import freshness, scope
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import ReportFact
from covdash.reports.queries import components, files


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
    words = request.GET
    flat = words.get("flat") or words.get("component") or words.get("show", "") in tree.SHOWS
    rules = components.rules(project=project) if flat and not path else None
    tag = freshness.tag_of(request, seen, base.root if base else "", rules.digest if rules else b"")
    return freshness.unchanged(request, tag) or freshness.stamped(
        _page(request, seen, path, base, rules), tag
    )


def _page(
    request: HttpRequest, seen: scope.Scope, path: str, base: ReportFact | None, rules: Rules | None
) -> HttpResponse:
    """Make the page; with `rules` it is the flat list, which may be narrowed to a component."""
    words, project, report = request.GET, seen.project, seen.report
    search, sort = words.get("q", "").strip(), words.get("sort", "")
    context = {"project": project, "place": seen.place, "here": "files", "base": base}
    show, size = words.get("show", ""), _number(words.get("min", ""))
    if words.get("part") == "children":
        return _children(seen, path, base)
    if rules is not None:
        # A name that no rule has is as good as none; the page then says what it lists.
        component = word if (word := words.get("component", "")) in rules.names else ""
        within = rules.owned(component) if component else None
        listed = files.flat(
            project=project,
            report=report,
            search=search,
            show=show,
            after=words.get("after", ""),
            within=within,
            size=size,
        )
        piles: tuple[zero.Pile, ...] = ()
        if show == "zero" and listed.items:
            found = files.idle(
                project=project, report=report, branch=seen.past, search=search, within=within, size=size
            )
            piles = zero.piles(found, seen.place, timezone.now())
        totals = report.totals
        if component:
            totals = components.counted(project=project, report=report, rules=rules).get(component, Totals())
        page = tree.build_flat(
            listed,
            context=seen.context,
            totals=totals,
            to=tree.Narrowed(search, show, component, size),
            components=rules.names,
            piles=piles,
        )
    else:
        directory = files.directory(project=project, report=report, path=path, base=base)
        if directory is None:
            kept = {word: words.get(word, "") for word in ("sort", "q", "min")}
            return not_in_flag(
                request, seen, path, seen.place, lambda place: place.tree(path, **kept)
            ) or not_here(request, seen, path)
        page = tree.build(
            directory, context=seen.context, sort=sort, search=search, compared=base is not None, size=size
        )
    compared = base is not None and not page.flat
    rows = dense.entries(page.table, compared=compared, footer=page.footer)
    return render(
        request, "dashboards/tree.html", {**context, "page": page, "rows": rows, "compared": compared}
    )


def _children(seen: scope.Scope, path: str, base: ReportFact | None) -> HttpResponse:
    """Answer the rows of a directory alone, to be put below its own row."""
    found = files.directory(project=seen.project, report=seen.report, path=path, base=base)
    if found is None:
        raise Http404
    table = entries.table(found, seen.place, compared=base is not None)
    return HttpResponse(dense.entries(table, compared=base is not None))


def _number(text: str) -> int:
    """Return a number of lines that was asked for, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
