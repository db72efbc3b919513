"""Uploads of a project: what the jobs sent, and what came of it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from covdash.projects import keeping
from covdash.projects.facts import ProjectFact
from covdash.reports import cursor, rows, thinning
from covdash.reports.facts import CommitFact, FileOutcome, Page, PathResolution, UploadFact
from covdash.reports.models import Upload

PAGE = 40
COUNTS = ("matched", "rewritten_count", "ambiguous_count", "unmatched_count", "ignored_count")

_COLUMNS = (
    "id", "flags", "job", "attempt", "name", "build_url", "state", "progress", "error_code", "error", "files", "received_at",
    "started_at", "processed_at", "attempts", "needs_sources", "superseded_by_id", "totals", "outcomes",
    "excluded_at", "excluded_why", "counted", "tested", "fork", "raw_gone_at",
)  # fmt: skip

STATES = (*Upload.State.values, "superseded", "excluded")
"""Words for the state of an upload; superseded ones came to an end, and a newer attempt replaced them; excluded ones count nowhere.

Failed are those that nothing replaced and nobody left out: what the counts of failed uploads count.
"""
KEPT = ("expires", "expired")
"""Words for uploads whose raw files the next sweep removes, and for those whose raw files are gone."""
_WHICH = {
    **{state: Q(state=state) for state in Upload.State.values},
    "failed": rows.STATES["failed"],
    "superseded": Q(superseded_by__isnull=False),
    "excluded": Q(excluded_at__isnull=False),
    "expired": Q(raw_gone_at__isnull=False),
}


def listing(
    *,
    project: ProjectFact,
    state: str = "",
    commit: CommitFact | None = None,
    after: str = "",
    since: date | None = None,
    until: date | None = None,
) -> Page[UploadFact]:
    """Return uploads, newest first, 40 a page; their `paths` have the counts and empty lists. One SQL statement, two for `expires`.

    `state` is one of `STATES` or `KEPT`; another word is as good as "". `since` and `until` are the days (UTC) within which they came,
    both included.
    """
    found = Upload.objects.filter(project_id=project.id, deleted_at=None)
    if since is not None:
        found = found.filter(received_at__gte=datetime.combine(since, time.min, UTC))
    if until is not None:
        found = found.filter(received_at__lte=datetime.combine(until, time.max, UTC))
    if state == "expires":
        found = found.filter(pk__in=thinning.expiring(project.id, keeping.policy(project.id)).values("pk"))
    elif state in _WHICH:
        found = found.filter(_WHICH[state])
    if commit is not None:
        found = found.filter(commit_id=commit.id)
    place = cursor.decode(after, datetime, str)
    if place is not None and _is_uuid(place[1]):
        found = found.filter(rows.older("received_at", "id", place[0], uuid.UUID(place[1])))
    counts: dict[str, Combinable] = {f"path_{name}": KeyTransform(name, "paths") for name in COUNTS}
    columns = {**_joined(), **counts}
    newest = found.order_by("-received_at", "-id").annotate(**columns)[: PAGE + 1]
    listed = [{**row, "key": str(row["id"])} for row in newest.values(*_COLUMNS, *columns)]
    items = [_fact(row, {name: row[f"path_{name}"] for name in COUNTS}) for row in listed]
    return rows.page(listed, items, PAGE, "received_at", "key")


def get(*, project: ProjectFact, upload_id: str) -> UploadFact | None:
    """Return an upload with all that is known of it, or None. One SQL statement."""
    if not _is_uuid(upload_id):
        return None
    columns = _joined()
    found = Upload.objects.filter(project_id=project.id, pk=upload_id, deleted_at=None).annotate(**columns)
    row = found.values(*_COLUMNS, "paths", *columns).first()
    return None if row is None else _fact(row, row["paths"])


def _joined() -> dict[str, Combinable]:
    return {
        **rows.commit_columns("commit__"),
        "branch_name": F("branch__name"),
        "pull_number": F("pull__number"),
        "branch_why": KeyTextTransform("branch", KeyTransform("assumed", "declared")),
        "variables": KeyTransform("env", KeyTransform("ci", "declared")),
    }


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _fact(row: dict[str, Any], paths: dict[str, Any]) -> UploadFact:
    sent = row["files"]
    return UploadFact(
        id=str(row["id"]),
        commit=rows.commit_fact(row),
        branch=row["branch_name"] or "",
        pull=row["pull_number"],
        flags=tuple(row["flags"]),
        job=row["job"],
        attempt=row["attempt"],
        name=row["name"],
        build_url=row["build_url"],
        state=row["state"],
        progress=row["progress"],
        error_code=row["error_code"],
        error=row["error"],
        size=sum(file.get("size", 0) for file in sent),
        files=tuple(file.get("name", "") for file in sent),
        received_at=row["received_at"],
        started_at=row["started_at"],
        processed_at=row["processed_at"],
        attempts=row["attempts"],
        needs_sources=row["needs_sources"],
        superseded_by=str(row["superseded_by_id"] or ""),
        totals=row["totals"],
        outcomes=tuple(_outcome(outcome) for outcome in row["outcomes"]),
        paths=_paths(paths),
        branch_why=row["branch_why"] or "",
        variables=_variables(row["variables"]),
        excluded_at=row["excluded_at"],
        excluded_why=row["excluded_why"],
        counted=row["counted"],
        tested=row["tested"],
        fork=row["fork"],
        raw_gone_at=row["raw_gone_at"],
    )


def _variables(said: object) -> tuple[tuple[str, str], ...]:
    """Return what a client said, which may be anything, as names and texts."""
    return tuple(sorted((name, str(text)) for name, text in said.items())) if isinstance(said, dict) else ()


def _outcome(stored: dict[str, Any]) -> FileOutcome:
    warnings = tuple(
        (item["code"], item["count"], item["example"]) if isinstance(item, dict) else tuple(item)
        for item in stored.get("warnings", ())
    )
    known = {key: value for key, value in stored.items() if key in FileOutcome.__slots__}
    return FileOutcome(**{**known, "warnings": warnings})


def _paths(stored: dict[str, Any]) -> PathResolution:
    return PathResolution(
        **{name: stored.get(name) or 0 for name in COUNTS},
        # Uploads that were read before covdash said how have two words here.
        rewritten=tuple(
            (said[0], said[1], said[2] if len(said) > 2 else "") for said in stored.get("rewritten", ())
        ),
        ambiguous=tuple((reported, tuple(found)) for reported, found in stored.get("ambiguous", ())),
        unmatched=tuple((reported, reason) for reported, reason in stored.get("unmatched", ())),
        ignored=tuple((reported, reason) for reported, reason in stored.get("ignored", ())),
        rules=stored.get("rules") or "",
    )
