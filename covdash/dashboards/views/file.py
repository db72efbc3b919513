"""`/p/<slug>/-/file/<path>`: a file of a report, line by line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.dashboards import dense
from covdash.dashboards.pages import file, line_memory
from covdash.dashboards.pages.source_rows import kinds_of
from covdash.dashboards.pages.window import FileOptions, build_section
from covdash.dashboards.views import freshness, scope
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.overview import nothing_yet
from covdash.dashboards.views.tree import not_here
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import FileFact
from covdash.reports.findings import FileMemory
from covdash.reports.queries import files, memory
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
    tag = freshness.tag_of(request, seen, fact.digest, fact.exact, fact.source is not None, highlighted)
    return freshness.unchanged(request, tag) or freshness.stamped(_page(request, seen, fact), tag)


def _page(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> HttpResponse:
    past = _past(request, seen, fact)
    options = read_options(request.GET)
    remembered = _remembered(past) if past and "memory" in request.GET.getlist("col") else None
    options = replace(options, remembered=remembered)
    kinds = kinds_of(fact.coverage)
    if request.GET.get("part") == "lines":
        section = build_section(fact, seen.place, options)
        if section is None:
            raise Http404
        has_text, shows_past = fact.source is not None, remembered is not None
        return HttpResponse(dense.source((section,), text=has_text, kinds=kinds, past=shows_past))
    page = file.build(fact, seen.place, options)
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": "files",
        "page": page,
        "context_bar": seen.context,
        "title": file.title(page, seen.context.where),
        "source": dense.source(page.sections, text=page.has_text, kinds=kinds, past=remembered is not None),
        "shows_past": remembered is not None,
        "history": line_memory.history(past, options.line, seen.place)
        if past and options.line and request.GET.get("history") == "1"
        else None,
    }
    return render(request, "dashboards/file.html", context)


def _past(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> FileMemory | None:
    """Return the past of the file along the git branch, when the page asks for it."""
    if "memory" not in request.GET.getlist("col") and request.GET.get("history") != "1":
        return None
    branches = seen.report.commit.branches
    branch = seen.branch or (branches[0] if branches else seen.project.default_branch)
    return memory.of_file(project=seen.project, report=seen.report, branch=branch, path=fact.path)


def _remembered(past: FileMemory) -> Callable[[int], str]:
    now = timezone.now()
    return lambda line: line_memory.words_of(past, line, now)


def read_options(words: QueryDict) -> FileOptions:
    """Return what the query string asks for; what makes no sense is left out."""
    line = words.get("line", "")
    return FileOptions(
        lines=words.get("lines", ""),
        line=int(line) if line.isascii() and line.isdigit() and len(line) < 9 else 0,
        find=words.get("find", "").strip()[:200],
        whole_lines=words.get("whole") == "1",
    )
