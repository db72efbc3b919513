"""How rows become facts, for every query alike: commits with their git branches, uploads by state, keyset pages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.expressions import Combinable

from covdash.projects.models import BranchCommit
from covdash.reports import completeness, cursor
from covdash.reports.facts import CarriedFact, CommitFact, Item, Page, ReportFact
from covdash.reports.models import CommitReport, Upload

Row = TypeVar("Row")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMMIT = ("id", "sha", "parent_sha", "message", "author", "committed_at", "complete_at", "completeness")

OPEN = Q(state__in=[Upload.State.RECEIVED, Upload.State.PROCESSING])
CURRENT = Q(superseded_by=None, excluded_at=None)
STATES = {
    "processed": Q(state=Upload.State.PROCESSED) & CURRENT,
    "failed": Q(state=Upload.State.FAILED) & CURRENT,
    "waiting": OPEN | (Q(state=Upload.State.PROCESSED, folded__lt=F("revision")) & CURRENT),
    "superseded": Q(superseded_by__isnull=False, excluded_at=None),
    "excluded": Q(excluded_at__isnull=False),
}
"""Uploads of a commit by what the pages count. Processed, but not yet in the report of the commit, is still waiting."""


COMPLETE = Case(
    When(commit__complete_at=None, commit__completeness__has_key="why", then=False),
    default=True,
    output_field=BooleanField(),
)
"""Whether the commit of a row is not collecting; one that was never judged counts as complete."""


class Microseconds(Func):
    """A time as whole microseconds since 1970, which `moment` makes a time: thousands are read four times as fast as numbers."""

    template = "(extract(epoch from %(expressions)s) * 1000000)::bigint"
    output_field = BigIntegerField()


def moment(microseconds: int) -> datetime:
    """Return what `Microseconds` counted, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def commit_columns(prefix: str = "") -> dict[str, Combinable]:
    """Return the annotations that `commit_fact` reads; `prefix` leads to the commit (`commit__`) from the model that is queried."""
    branches = BranchCommit.objects.filter(commit_id=OuterRef(f"{prefix}id")).order_by("branch__name")
    columns: dict[str, Combinable] = {
        f"commit_{name}": F(f"{prefix}{name}") for name in _COMMIT if name != "id"
    }
    columns["commit_number"] = F(f"{prefix}id")
    columns["commit_branches"] = ArraySubquery(branches.values("branch__name"))
    return columns


def commit_fact(row: Mapping[str, Any]) -> CommitFact:
    """Return the commit of a row that was queried with `commit_columns`."""
    return CommitFact(
        row["commit_number"],
        row["commit_sha"],
        row["commit_parent_sha"],
        row["commit_message"],
        row["commit_author"],
        row["commit_committed_at"],
        tuple(row["commit_branches"]),
        completeness.from_json(row["commit_complete_at"], row["commit_completeness"] or {}),
    )


def carried_facts(stored: Iterable[Mapping[str, Any]]) -> tuple[CarriedFact, ...]:
    """Return what `CommitReport.carried` says."""
    numbers = ("kept", "renamed", "changed", "unchecked", "deleted", "left_out_count")
    return tuple(
        CarriedFact(
            flag=one["flag"],
            sha=one["sha"],
            at=datetime.fromisoformat(one["at"]),
            **{name: one.get(name, 0) for name in numbers},
            left_out=tuple((path, reason) for path, reason in one.get("left_out", ())),
        )
        for one in stored
    )


def upload_counts(commit: str) -> dict[str, Combinable]:
    """Return the annotation that `counts_of` reads: uploads of the commit at the field `commit` by state, in the order of `STATES`."""
    uploads = Upload.objects.filter(commit_id=OuterRef(commit)).order_by().values("commit_id")
    counts = Func(
        *(Count("pk", filter=wanted) for wanted in STATES.values()),
        template="ARRAY[%(expressions)s]",
        output_field=ArrayField(IntegerField()),
    )
    return {"upload_counts": Subquery(uploads.annotate(counts=counts).values("counts"))}


def counts_of(row: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of `upload_counts` by state."""
    return dict(zip(STATES, row["upload_counts"] or [0] * len(STATES), strict=True))


def reports(found: QuerySet[CommitReport]) -> list[ReportFact]:
    """Return the reports of a query set. One SQL statement."""
    flags = CommitReport.objects.filter(commit_id=OuterRef("commit_id")).exclude(flag="").order_by("flag")
    columns: dict[str, Combinable] = {
        **commit_columns("commit__"),
        **upload_counts("commit_id"),
        "flag_names": ArraySubquery(flags.values("flag")),
    }
    return [
        ReportFact(
            commit_fact(row),
            row["flag"],
            bytes(row["root"]).hex(),
            row["totals"],
            row["updated_at"],
            **counts_of(row),
            flags=tuple(row["flag_names"]),
            carried=carried_facts(row["carried"]),
        )
        for row in found.annotate(**columns).values(
            "flag", "root", "totals", "updated_at", "carried", *columns
        )
    ]


def older(at: str, number: str, moment: Combinable | datetime, pk: Combinable | int | uuid.UUID) -> Q:
    """Return the condition that (`at`, `number`) is less than (`moment`, `pk`), in a form that an index on both can answer."""
    return Q(**{f"{at}__lte": moment}) & (Q(**{f"{at}__lt": moment}) | Q(**{f"{number}__lt": pk}))


def page(rows: Sequence[Row], items: Sequence[Item], size: int, *columns: str) -> Page[Item]:
    """Return a page of at most `size` of `items`; `rows` are their rows, one more than `size` when there is a next page.

    `columns` name the sort values of a row that the cursor carries.
    """
    last: Any = rows[size - 1] if len(rows) > size else None
    after = cursor.encode(*(last[name] for name in columns)) if last is not None else ""
    return Page(tuple(items[:size]), after)
