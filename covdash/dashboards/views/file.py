"""`/p/<slug>/-/file/<path>`: a file of a report, line by line; its text as it is, and its lines as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from covdash.coverage.describe import describe
from covdash.coverage.lines import EMPTY
from covdash.coverage.totals import Totals
from covdash.dashboards import dense
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import elsewhere, file, file_tools, line_memory
from covdash.dashboards.pages import file_diff as pages
from covdash.dashboards.pages.diff_sheet import DiffSheet
from covdash.dashboards.pages.sheet import LineSheet
from covdash.dashboards.pages.source_rows import kinds_of
from covdash.dashboards.pages.window import Section, build_section
from covdash.dashboards.views import file_diff, file_words, freshness, scope, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.file_diff import Against
from covdash.dashboards.views.file_words import Wish
from covdash.dashboards.views.not_here import not_here, not_in_flag
from covdash.dashboards.views.overview import nothing_yet
from covdash.projects.facts import ProjectFact
from covdash.reports.differences import FileBeside
from covdash.reports.facts import FileFact, ReportFact
from covdash.reports.findings import FileMemory, Slice, Without
from covdash.reports.queries import compare, files, memory, slices
from covdash.sources.tasks import ask_for_highlighting

_PAST = (("col", "memory"), ("history", "1"))
"""Words that ask for what was before: it is kept of whole reports and of single flags, and not of several together."""


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, path: str) -> HttpResponse:
    """The file at `path`; `?part=lines&lines=601-800` gives one section of its lines.

    `?diff=` shows it against another commit, `?go=next` leads to the next file with a zone.
    """
    seen = _seen(request, project)
    if seen is None:
        return nothing_yet(request, project)
    against = file_diff.read(request, seen)
    wish = file_words.read(request, seen, diff=against.ref if against.base else "")
    if (way := request.GET.get("go", "")) in ("next", "previous"):
        found = files.neighbour(project=project, report=seen.report, path=path, before=way == "previous")
        return redirect(wish.place.file(found or path))
    fact, beside, known = _read(seen, against.base, path)
    if fact is None:
        quiet = None
        if not path.endswith("/"):
            quiet = not_in_flag(request, seen, path, wish.place, lambda place: place.file(path))
        return quiet or not_here(request, seen, path)
    sides = [fact, beside.before] if beside and beside.before else [fact]
    for side in sides:
        if side.source and side.source.pending:
            ask_for_highlighting(project_id=project.id, blob=side.source.blob, path=side.path)
    made_of = [
        (side.digest, side.exact, side.source and (side.source.blob, side.source.highlighted is not None))
        for side in sides
    ]
    other = against.report
    tag = freshness.tag_of(
        request, seen, made_of, beside and beside.how, other and (other.root, other.updated_at)
    )
    if against.base and not (against.is_pinned and freshness.lasts(request, against.base)):
        tag = tag._replace(lasting=False)
    return freshness.unchanged(request, tag) or freshness.stamped(
        _page(request, seen, fact, wish, against, beside, known), tag
    )


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
    """The lines of the file with hits, arms and functions, in the shape of the read API; 404 where the report has no such file.

    With `?diff=` also what became of them since that commit.
    """
    seen = _seen(request, project)
    if seen is None:
        raise Http404
    fact, beside, _ = _read(seen, file_diff.base(request, seen), path)
    if fact is None:
        raise Http404
    said = describe(path, fact.coverage or EMPTY)
    if beside:
        said["diff"] = beside.described
    answer = JsonResponse(
        {
            **said,
            "commit": seen.report.commit.sha,
            "flag": seen.report.flag,
            "flags": seen.place.flags or seen.report.seen_through,
            "measured": fact.coverage is not None,
            "exact": fact.exact,
        }
    )
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _seen(request: HttpRequest, project: ProjectFact) -> scope.Scope | None:
    """Return what is looked at. A diff has two sides and looks through one flag at most."""
    return scope.read(request, project, several=not words.text(request, "diff"))


def _read(
    seen: scope.Scope, base: ReportFact | None, path: str
) -> tuple[FileFact | None, FileBeside | None, Sequence[Slice]]:
    """Return the file, None where the report has none such, beside what it was in `base`; of several flags also as each sees it."""
    project, report = seen.project, seen.report
    if flags := seen.place.flags:
        found = slices.union(project=project, report=report, path=path, flags=flags)
        return (found[0], None, found[1]) if found else (None, None, ())
    if base is None:
        return files.get(project=project, report=report, path=path), None, ()
    beside = compare.beside(project=project, base=base, head=report, path=path)
    return (beside.after if beside else None), beside, ()


def _page(
    request: HttpRequest,
    seen: scope.Scope,
    fact: FileFact,
    wish: Wish,
    against: Against,
    beside: FileBeside | None,
    known: Sequence[Slice],
) -> HttpResponse:
    place, options, project, report = wish.place, wish.options, seen.project, seen.report
    past = without = None
    ignored = ""
    asks = [f"{word}={value}" for word, value in _PAST if value in request.GET.getlist(word)]
    if beside is None:
        past = _past(seen, fact) if asks and not place.flags else None
        without, ignored = _without(request, seen, fact)
        place = place.viewed(without=without.upload.id if without else "", **dict(place.view))
    remembered = _remembered(past) if past and "memory" in request.GET.getlist("col") else None
    options = replace(options, remembered=remembered)
    # Which flags have the file is only known where it is looked at through one; of the others the file page then says so.
    flags = report.flags
    if without is not None:
        options = replace(options, elsewhere=elsewhere.by_upload(without))
        totals = without.rest.totals() if without.rest else Totals(unmeasured=1)
        fact = replace(fact, coverage=without.rest, totals=totals, exact=without.exact)
    elif through := seen.place.flags or report.seen_through:
        known = known or slices.of_flags(project=project, report=report, path=fact.path)
        flags = tuple(
            one.name for one in known if one.name in through or (one.name and one.coverage is not None)
        )
        options = replace(options, elsewhere=elsewhere.by_flags(fact.coverage, through, known))
    diff = DiffSheet(beside, options) if beside and beside.is_told else None
    print_rows = partial(_rows, fact, place, diff, past=remembered is not None)
    if request.GET.get("part") == "lines":
        section = build_section(diff or LineSheet(fact, options), place, options)
        if section is None:
            raise Http404
        return HttpResponse(print_rows((section,)))
    page = file.build(fact, place, options, diff)
    listed = None
    if request.GET.get("uploads") == "1":
        listed = slices.uploads_of(project=project, report=report, path=fact.path, flags=seen.place.flags)
    tools = file_tools.build(
        place,
        fact.path,
        report,
        flags=flags,
        fold=options.fold,
        uploads=listed,
        without=without,
        past=past,
    )
    context = {
        "project": project,
        "place": seen.place,
        "here": "files",
        "page": page,
        "tools": tools,
        "ignored": ignored,
        "quiet": (*wish.ignored, *against.ignored, *(asks if place.flags else ())),
        "context_bar": seen.context,
        "title": file.title(page, seen.context.where, against=beside.base.commit.short if beside else ""),
        "source": print_rows(page.sections),
        "shows_past": remembered is not None,
        "diff": pages.build(beside, diff, place, report, options.fold, file_diff.left_out(request))
        if beside
        else None,
        "refused": pages.refused(
            place,
            fact.path,
            against.commit,
            flag=report.flag if against.of_flag else "",
            before=against.offered,
        )
        if against.commit
        else None,
        "diff_choice": pages.choice(
            place.flagged(place.flag), fact.path, against.report, chosen=beside is not None
        ),
        "history": line_memory.history(past, options.line, seen.place)
        if past and options.line and request.GET.get("history") == "1"
        else None,
    }
    return render(request, "dashboards/file.html", context)


def _rows(
    fact: FileFact, place: Place, diff: DiffSheet | None, sections: Iterable[Section], *, past: bool
) -> SafeString:
    """Return the rows of some sections of the file, printed."""
    if diff is None:
        return dense.source(sections, text=fact.source is not None, kinds=kinds_of(fact.coverage), past=past)
    return dense.diff(sections, diff, whole=place.file(fact.path, whole=True))


def _without(request: HttpRequest, seen: scope.Scope, fact: FileFact) -> tuple[Without | None, str]:
    """Return the file without the upload `?without=`; or the word, when that upload cannot be left out."""
    upload = words.text(request, "without")[:60]
    if not upload:
        return None, ""
    found = slices.without(
        project=seen.project, report=seen.report, fact=fact, upload_id=upload, flags=seen.place.flags
    )
    return found, "" if found else f"without={upload}"


def _past(seen: scope.Scope, fact: FileFact) -> FileMemory | None:
    """Return the past of the file along the git branch."""
    branches = seen.report.commit.branches
    branch = seen.branch or (branches[0] if branches else seen.project.default_branch)
    return memory.of_file(project=seen.project, report=seen.report, branch=branch, path=fact.path)


def _remembered(past: FileMemory) -> Callable[[int], str]:
    now = timezone.now()
    return lambda line: line_memory.words_of(past, line, now)
