"""`/p/<slug>/-/trends`: coverage over time, as a page, as CSV and as JSON of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from covdash.coverage.components import Rules
from covdash.coverage.totals import KINDS
from covdash.dashboards.addresses import Place
from covdash.dashboards.charts.timeline import Timeline
from covdash.dashboards.pages import trends as pages
from covdash.dashboards.views import freshness, words
from covdash.dashboards.views.doors import project_view
from covdash.dashboards.views.downloads import csv_answer
from covdash.projects import wishes
from covdash.projects.configuration import Configuration
from covdash.projects.facts import ProjectFact
from covdash.reports import reviews
from covdash.reports.queries import branches, flags, timelines
from covdash.reports.timeline_facts import GRAINS


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact) -> HttpResponse:
    """The page. Ten SQL statements at most besides those of the session; two more with a path."""
    seen = tuple(flag.name for flag in flags.seen(project=project))
    wanted = wishes.in_force(project_id=project.id)
    names = branches.names(project=project)
    asked = read(request, project, wanted)
    place = _place(project, asked)
    facts, grain = _facts(project, asked, wanted, whole=True)
    components = tuple(component.name for component in wanted.components)
    choices = pages.Choices(_with(names, asked.branch), seen, components)
    tag = freshness.tag_for(request, project, msgspec.msgpack.encode(facts), asked, choices, grain)
    if answer := freshness.unchanged(request, tag):
        return answer
    page = pages.build(facts, asked, choices, place, grain=grain, now=timezone.now(), bounds=_bounds(asked))
    context = {
        "project": project,
        "place": place,
        "here": "trends",
        "page": page,
        "metrics": KINDS,
        "grains": GRAINS,
    }
    return freshness.stamped(render(request, "dashboards/trends.html", context), tag)


@require_safe
@project_view()
def as_csv(request: HttpRequest, project: ProjectFact) -> HttpResponseBase:
    """The rows as CSV."""
    return _rows(
        request,
        project,
        lambda chart, _asked, _grain: csv_answer(pages.records(chart), f"{project.slug}-trends"),
    )


@require_safe
@project_view()
def as_json(request: HttpRequest, project: ProjectFact) -> HttpResponseBase:
    """The rows as JSON: what was asked for, the lines, and the rows, whose values are in the order of the lines."""

    def form(chart: Timeline, asked: pages.Asked, grain: str) -> StreamingHttpResponse:
        said = [
            {"label": line.label, "metric": kind, "flag": flag, "component": component}
            for line, (flag, component, kind) in zip(chart.lines, pages.slices(asked)[0], strict=True)
        ]
        head: dict[str, object] = {
            "project": project.slug,
            "branch": asked.branch,
            "path": asked.path,
            "grain": grain,
            "lines": said,
        }
        return StreamingHttpResponse(_json(head, chart), content_type="application/json")

    return _rows(request, project, form)


def read(request: HttpRequest, project: ProjectFact, wanted: Configuration) -> pages.Asked:
    """Return what the address asks for; what makes no sense is ignored and named."""
    ignored: list[str] = []
    metrics = _several(request, "metric")
    kinds = tuple(dict.fromkeys(pages.ALIASES.get(word, word) for word in metrics))
    ignored += [f"metric={word[:60]}" for word in kinds if word not in KINDS]
    asked_for = _several(request, "component")[: pages.MAX_COMPONENTS]
    known = {component.name for component in wanted.components}
    ignored += [f"component={name[:60]}" for name in asked_for if name not in known]
    components = tuple(name for name in asked_for if name in known)
    path = words.text(request, "path").strip("/")
    if path and components:
        ignored.append(f"path={path[:60]}")
        path = ""
    grain, bad = words.chosen(request, "grain", ("auto", *GRAINS), "auto")
    span, also = words.chosen(request, "range", pages.RANGES, pages.DEFAULT_RANGE)
    unit, unit_bad = words.chosen(request, "unit", ("percent", "count"), "percent")
    axis, axis_bad = words.chosen(request, "y", ("fit", "0-100"), "fit")
    first, last = words.day(request, "from", ignored), words.day(request, "to", ignored)
    return pages.Asked(
        branch=words.text(request, "branch") or project.default_branch,
        metrics=tuple(kind for kind in kinds if kind in KINDS) or pages.DEFAULT_METRICS,
        flags=_several(request, "flag")[: pages.MAX_FLAGS],
        components=components,
        path=path,
        grain=grain,
        span="custom" if first or last else span,
        first=first,
        last=last,
        whole_axis=axis == "0-100",
        amounts=unit == "count",
        ignored=(*ignored, *bad, *also, *unit_bad, *axis_bad),
    )


def _rows(
    request: HttpRequest,
    project: ProjectFact,
    form: Callable[[Timeline, pages.Asked, str], StreamingHttpResponse],
) -> HttpResponseBase:
    """Return the rows in `form`, under a tag of the facts that they are made of: who has them is told so before any is written."""
    wanted = wishes.in_force(project_id=project.id)
    asked = read(request, project, wanted)
    facts, grain = _facts(project, asked, wanted, whole=False)
    tag = freshness.tag_for(request, project, msgspec.msgpack.encode(facts), asked, grain)
    if answer := freshness.unchanged(request, tag):
        return answer
    chart = pages.chart(facts, asked, _place(project, asked), grain)
    return freshness.stamped(form(chart, asked, grain), tag)


def _facts(
    project: ProjectFact, asked: pages.Asked, wanted: Configuration, *, whole: bool
) -> tuple[pages.TrendsFacts, str]:
    """Return the facts and the grain in force; those of the rest of the page only if it is `whole`."""
    since, until = _bounds(asked)
    days = timelines.days(project=project, branch=asked.branch)
    if not any(fact.reports for fact in days) and not branches.get(project=project, name=asked.branch):
        if asked.branch != project.default_branch:
            raise Http404
        return pages.TrendsFacts({}, (), days), "commit"
    grain = asked.grain
    if whole or grain == "auto":
        grain = pages.grain_for(asked, days, since, until)
    rules = Rules(wanted.component_rules()).mark
    asks = {"project": project, "branch": asked.branch, "since": since, "until": until}
    found = timelines.reports(
        **asks,  # type: ignore[arg-type]  # one mapping for three queries
        flags=asked.flags or ("",),
        path=asked.path,
        grain=grain,
        rules=rules if asked.components else None,
    )
    weekly = ()
    if whole and rules:
        weekly = timelines.reports(**asks, grain="week", rules=rules)[""]  # type: ignore[arg-type,assignment]
    marks = reviews.marks(**asks)  # type: ignore[arg-type]
    floors = {
        component.name: {str(kind): floor for kind, floor in component.floors.items()}
        for component in wanted.components
    }
    return pages.TrendsFacts(found, marks, days, weekly, floors), grain


def _bounds(asked: pages.Asked) -> tuple[datetime | None, datetime | None]:
    if asked.span == "custom":
        first = None if asked.first is None else datetime.combine(asked.first, time.min, UTC)
        return first, None if asked.last is None else datetime.combine(asked.last, time.max, UTC)
    days = pages.RANGES[asked.span][1]
    return (timezone.now() - timedelta(days=days) if days else None), None


def _place(project: ProjectFact, asked: pages.Asked) -> Place:
    return Place(project.slug, branch="" if asked.branch == project.default_branch else asked.branch)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if not name or name in names else (name, *names)


def _several(request: HttpRequest, word: str) -> tuple[str, ...]:
    """Return the values of a word that may be repeated, without empty and repeated ones."""
    return tuple(dict.fromkeys(value[: words.LONGEST] for value in request.GET.getlist(word) if value))


def _json(head: dict[str, object], chart: Timeline) -> Iterator[bytes]:
    encode = msgspec.json.encode
    yield encode(head)[:-1] + b',"rows":['
    for number, row in enumerate(pages.objects(chart)):
        yield (b",\n" if number else b"\n") + encode(row)
    yield b"\n]}\n"
