"""Trends and uploads: what happened when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from covdash.api import doors, shaping
from covdash.api.schema import describes
from covdash.api.shapes import TrendShape
from covdash.api.upload_shapes import UploadShape
from covdash.coverage.components import Rules
from covdash.coverage.totals import KINDS
from covdash.problems import Problem
from covdash.projects import wishes
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import TrendPoint
from covdash.reports.queries import branches, components, timelines, trends, uploads
from covdash.reports.timeline_facts import GRAINS


class Trend(doors.ReadView):
    """Where the totals of a path changed along a git branch."""

    @describes(
        TrendShape,
        "Show a trend",
        name="trend_show",
        path=("slug",),
        query=("branch", "path", "component", "flag", "metric", "grain", "from", "to"),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Five SQL statements at most and those of the session."""
        project = doors.project_of(request, slug)
        words = request.query_params
        branch, path, flag = (
            words.get("branch") or project.default_branch,
            words.get("path", ""),
            words.get("flag", ""),
        )
        kinds = _metrics(words.getlist("metric"))
        since, until = _moment(request, "from", time.min), _moment(request, "to", time.max)
        if words.get("branch") and branches.get(project=project, name=branch) is None:
            raise Problem(404, "unknown_branch", f"No upload named a git branch {branch!r}.", field="branch")
        asked: dict[str, Any] = {
            "project": project,
            "branch": branch,
            "flag": flag,
            "since": since,
            "until": until,
        }
        component = words.get("component", "")
        if grain := _grain(words.get("grain", "")):
            found = _by_period(path, component, grain, **asked)
            path = "" if component else path
        elif component:
            found, path = _of_component(component, **asked), ""
        else:
            found, path = _of_path(path, **asked)
        points = [shaping.point(point, kinds) for point in found]
        return doors.answer(
            request, TrendShape(branch=branch, path=path, component=component, flag=flag, points=points)
        )


class Uploads(doors.ReadView):
    """Uploads, newest first."""

    @describes(
        UploadShape,
        "List uploads",
        name="uploads_list",
        path=("slug",),
        query=("state", "commit", "from:day", "to:day", "after"),
        paged=True,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Three SQL statements at most and those of the session."""
        project = doors.project_of(request, slug)
        words = request.query_params
        state, sha = words.get("state", ""), words.get("commit", "")
        if state and state not in uploads.STATES:
            raise Problem(
                400,
                "bad_state",
                f"{state!r} is no state of an upload: {', '.join(uploads.STATES)}.",
                field="state",
            )
        commit = doors.commit_of(project, sha) if sha else None
        found = uploads.listing(
            project=project,
            state=state,
            commit=commit,
            after=doors.after_of(request),
            since=_day(request, "from"),
            until=_day(request, "to"),
        )
        return doors.answer(request, doors.page(request, found, shaping.upload))


class Upload(doors.ReadView):
    """One upload with the outcome of every file in it."""

    @describes(UploadShape, "Show an upload", name="uploads_show", path=("slug", "upload_id"))
    def get(self, request: Request, slug: str, upload_id: UUID) -> Response:
        """Two SQL statements and those of the session."""
        project = doors.project_of(request, slug)
        found = uploads.get(project=project, upload_id=str(upload_id))
        if found is None:
            raise Problem(404, "unknown_upload", "This project has no such upload.", field="upload_id")
        return doors.answer(request, shaping.upload(found))


def _of_path(path: str, **asked: Any) -> tuple[tuple[TrendPoint, ...], str]:
    """Return the points of a path, and the path as it is stored: a directory has a closing slash, who leaves it out means the same."""
    for name in (path, f"{path}/") if path and not path.endswith("/") else (path,):
        found = trends.points(path=name, **asked)
        if found:
            return found, name
    return (), path


def _by_period(
    path: str, component: str, grain: str, *, project: ProjectFact, flag: str, **asked: Any
) -> tuple[TrendPoint, ...]:
    """Return the last complete report of each period, or every one, of a path or a component. Raises `Problem` 404."""
    rules = None
    if component:
        wanted = wishes.in_force(project_id=project.id).component_rules()
        if component not in {name for name, _ in wanted}:
            raise _unknown(component)
        rules, path = Rules(wanted).mark, ""
    found = timelines.reports(project=project, flags=(flag,), path=path, grain=grain, rules=rules, **asked)
    return tuple(
        TrendPoint(
            report.at,
            report.sha,
            report.components.get(component) if component else report.totals,
            report.complete,
        )
        for report in found[flag]
    )


def _grain(word: str) -> str:
    if word and word not in GRAINS:
        raise Problem(400, "bad_grain", f"{word[:40]!r} is no grain: {', '.join(GRAINS)}.", field="grain")
    return word


def _unknown(component: str) -> Problem:
    return Problem(
        404,
        "unknown_component",
        f"The rules of the project make no component {component[:80]!r}.",
        hint="See commits/{sha}/components, or the settings of the project.",
        field="component",
    )


def _of_component(component: str, **asked: Any) -> tuple[TrendPoint, ...]:
    """Return the points of a component. Raises `Problem` 404 for one that no rule makes."""
    found = components.trend(component=component, **asked)
    if found is None:
        raise _unknown(component)
    return found


def _metrics(words: list[str]) -> tuple[str, ...]:
    kinds = tuple(kind for word in words for kind in word.split(",") if kind)
    for kind in kinds:
        if kind not in KINDS:
            raise Problem(400, "bad_metric", f"{kind!r} is no metric: {', '.join(KINDS)}.", field="metric")
    return kinds


def _day(request: Request, word: str) -> date | None:
    """Return the day that `?word=` names, as the page of uploads takes it. Raises `Problem` 400."""
    text = request.query_params.get(word, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(
            400, "bad_time", f"{text[:40]!r} is no day.", hint="2026-08-21, a day in UTC", field=word
        ) from None


def _moment(request: Request, word: str, of_day: time) -> datetime | None:
    """Return `?word=` as an aware time; a date alone is `of_day` in UTC. Raises `Problem` 400."""
    text = request.query_params.get(word, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(
            400,
            "bad_time",
            f"{text[:40]!r} is no ISO 8601 date or time.",
            hint="2026-08-21 or 2026-08-21T14:30:00Z",
            field=word,
        ) from None
    if len(text) <= len("2026-08-21"):
        moment = datetime.combine(moment, of_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
