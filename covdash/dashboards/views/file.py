"""`/p/<slug>/-/file/<path>`: a file of a report, line by line; its text as it is, and its lines as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.coverage.describe import describe
from covdash.coverage.lines import EMPTY
from covdash.coverage.totals import Totals
from covdash.dashboards import dense
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import elsewhere, file, file_tools, line_memory
from covdash.dashboards.pages.folding import CONTEXT, MOST_CONTEXT, Fold
from covdash.dashboards.pages.source_rows import kinds_of
from covdash.dashboards.pages.window import FileOptions, build_section
from covdash.dashboards.views import freshness, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import FileFact
from covdash.reports.findings import FileMemory, Without
from covdash.reports.queries import files, memory, slices
from covdash.sources.tasks import ask_for_highlighting


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str) -> HttpResponse:
    """The file at `path`; `?part=lines&lines=601-800` gives one section of its lines.

    `?diff=` leads to the comparison with that commit, `?go=next` to the next file with a zone.
    """
    seen = scope.read(request, project)
    if seen is None:
        return nothing_yet(request, project)
    if base := words.text(request, "diff"):
        return redirect(seen.place.compare(base, seen.report.commit.sha, file=path))
    if (way := request.GET.get("go", "")) in ("next", "previous"):
        return _go_on(request, seen, path, before=way == "previous")
    fact = files.get(project=project, report=seen.report, path=path)
    if fact is None:
        quiet = None
        if not path.endswith("/"):
            quiet = not_in_flag(request, seen, path, _place(request, seen), lambda place: place.file(path))
        return quiet or not_here(request, seen, path)
    if fact.source and fact.source.pending:
        ask_for_highlighting(project_id=project.id, blob=fact.source.blob, path=path)
    highlighted = bool(fact.source and fact.source.highlighted)
    tag = freshness.tag_of(request, seen, fact.digest, fact.exact, fact.source is not None, highlighted)
    return freshness.unchanged(request, tag) or freshness.stamped(_page(request, seen, fact), tag)


@require_safe
@project_view()
def raw(request: HttpRequest, project: ProjectFact, path: str) -> HttpResponse:
    """The text of the file as it was sent, as plain text whatever it is; 404 when it is not known."""
    seen = scope.read(request, project)
    found = files.text(project=project, report=seen.report, path=path) if seen else None
    if found is None:
        raise Http404
    answer = HttpResponse(found, content_type="text/plain; charset=utf-8")
    # The text is somebody else's: no browser takes it for a page, a script or a style of this site.
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_safe
@project_view()
def lines(request: HttpRequest, project: ProjectFact, path: str) -> HttpResponseBase:
    """The lines of the file with hits, arms and functions, in the shape of the read API; 404 where the report has no such file."""
    seen = scope.read(request, project)
    fact = files.get(project=project, report=seen.report, path=path) if seen else None
    if seen is None or fact is None:
        raise Http404
    answer = JsonResponse(
        {
            **describe(path, fact.coverage or EMPTY),
            "commit": seen.report.commit.sha,
            "flag": seen.report.flag,
            "measured": fact.coverage is not None,
            "exact": fact.exact,
        }
    )
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _go_on(request: HttpRequest, seen: scope.Scope, path: str, *, before: bool) -> HttpResponse:
    found = files.neighbour(project=seen.project, report=seen.report, path=path, before=before)
    return redirect(_place(request, seen).file(found or path))


def _page(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> HttpResponse:
    past = _past(request, seen, fact)
    without, ignored = _without(request, seen, fact)
    place = _place(request, seen, without=without)
    options = read_options(request.GET)
    remembered = _remembered(past) if past and "memory" in request.GET.getlist("col") else None
    options = replace(options, remembered=remembered)
    # Which flags have the file is only known where it is looked at through one; of the others the file page then says so.
    flags = seen.report.flags
    if without is not None:
        options = replace(options, elsewhere=elsewhere.by_upload(without))
        totals = without.rest.totals() if without.rest else Totals(unmeasured=1)
        fact = replace(fact, coverage=without.rest, totals=totals, exact=without.exact)
    elif seen.report.flag:
        known = slices.of_flags(project=seen.project, report=seen.report, path=fact.path)
        flags = tuple(
            one.name
            for one in known
            if one.name == seen.report.flag or (one.name and one.coverage is not None)
        )
        options = replace(options, elsewhere=elsewhere.by_flags(fact.coverage, seen.report.flag, known))
    kinds = kinds_of(fact.coverage)
    shows_past = remembered is not None
    if request.GET.get("part") == "lines":
        section = build_section(fact, place, options)
        if section is None:
            raise Http404
        return HttpResponse(
            dense.source((section,), text=fact.source is not None, kinds=kinds, past=shows_past)
        )
    page = file.build(fact, place, options)
    listed = None
    if request.GET.get("uploads") == "1":
        listed = slices.uploads_of(project=seen.project, report=seen.report, path=fact.path)
    tools = file_tools.build(
        place,
        fact.path,
        seen.report,
        flags=flags,
        fold=options.fold,
        uploads=listed,
        without=without,
        past=past,
    )
    context = {
        "project": seen.project,
        "place": seen.place,
        "here": "files",
        "page": page,
        "tools": tools,
        "ignored": ignored,
        "context_bar": seen.context,
        "title": file.title(page, seen.context.where),
        "source": dense.source(page.sections, text=page.has_text, kinds=kinds, past=shows_past),
        "shows_past": shows_past,
        "history": line_memory.history(past, options.line, seen.place)
        if past and options.line and request.GET.get("history") == "1"
        else None,
    }
    return render(request, "dashboards/file.html", context)


def _without(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> tuple[Without | None, str]:
    """Return the file without the upload `?without=`; or the word, when that upload cannot be left out."""
    upload = words.text(request, "without")[:60]
    if not upload:
        return None, ""
    found = slices.without(project=seen.project, report=seen.report, path=fact.path, upload_id=upload)
    return found, "" if found else f"without={upload}"


def _place(request: HttpRequest, seen: scope.Scope, *, without: Without | None = None) -> Place:
    """Return the place with the words of the query that links to lines of the file keep."""
    fold = read_fold(request.GET)
    return seen.place.viewed(
        without=without.upload.id if without else "",
        hide="covered" if fold.what == "covered" else "",
        only="zones" if fold.what == "zones" else "",
        context=str(fold.context) if fold.what == "zones" else "",
    )


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


def read_fold(asked: QueryDict) -> Fold:
    """Return how the query string asks to fold the file: `only=zones&context=3`, or `hide=covered`."""
    if asked.get("only") == "zones":
        context = asked.get("context", "")
        told = context.isascii() and context.isdigit() and len(context) < 5
        return Fold("zones", min(int(context), MOST_CONTEXT) if told else CONTEXT)
    return Fold("covered") if asked.get("hide") == "covered" else Fold()


def read_options(asked: QueryDict) -> FileOptions:
    """Return what the query string asks for; what makes no sense is left out."""
    line = asked.get("line", "")
    return FileOptions(
        lines=asked.get("lines", ""),
        line=int(line) if line.isascii() and line.isdigit() and len(line) < 9 else 0,
        find=asked.get("find", "").strip()[:200],
        whole_lines=asked.get("whole") == "1",
        fold=read_fold(asked),
    )
