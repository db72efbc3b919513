"""`/p/<slug>/-/file/<path>`: a file of a report, line by line."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from covdash.dashboards import dense
from covdash.dashboards.pages import file
from covdash.dashboards.pages.source_rows import kinds_of
from covdash.dashboards.pages.window import FileOptions, build_section
from covdash.dashboards.views import freshness, scope
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.overview import nothing_yet
from covdash.dashboards.views.tree import not_here
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import FileFact
from covdash.reports.queries import files
from covdash.sources.tasks import ask_for_highlighting


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str) -> HttpResponse:
    """The file at `path`; `?part=lines&lines=601-800` gives one section of its lines."""
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    fact = files.get(project=project, report=seen.report, path=path)
    if fact is None:
        return not_here(request, seen, path)
    if fact.source and fact.source.pending:
        ask_for_highlighting(project_id=project.id, blob=fact.source.blob, path=path)
    highlighted = bool(fact.source and fact.source.highlighted)
    tag = freshness.tag_of(request, seen, fact.digest, fact.exact, highlighted)
    return freshness.unchanged(request, tag) or freshness.stamped(_page(request, seen, fact), tag)


def _page(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> HttpResponse:
    options = read_options(request.GET)
    kinds = kinds_of(fact.coverage)
    if request.GET.get("part") == "lines":
        section = build_section(fact, seen.place, options)
        if section is None:
            raise Http404
        return HttpResponse(dense.source((section,), text=fact.source is not None, kinds=kinds))
    page = file.build(fact, seen.place, options)
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": "files",
        "page": page,
        "context_bar": seen.context,
        "title": file.title(page, seen.context.where),
        "source": dense.source(page.sections, text=page.has_text, kinds=kinds),
    }
    return render(request, "dashboards/file.html", context)


def read_options(words: QueryDict) -> FileOptions:
    """Return what the query string asks for; what makes no sense is left out."""
    line = words.get("line", "")
    return FileOptions(
        lines=words.get("lines", ""),
        line=int(line) if line.isascii() and line.isdigit() and len(line) < 9 else 0,
        find=words.get("find", "").strip()[:200],
        whole_lines=words.get("whole") == "1",
    )
