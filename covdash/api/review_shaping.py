"""Facts in, plain JSON out: what needs eyes, and reviews. Nothing is looked up here."""

from __future__ import annotations

from covdash.api import shaping
from covdash.api.review_shapes import (
    AttentionRowShape,
    AttentionShape,
    DecisionShape,
    EndShape,
    HoleShape,
    NoteShape,
    ReviewShape,
)
from covdash.coverage.describe import totals_of
from covdash.coverage.differential import CATEGORIES
from covdash.reports.facts import ReportFact
from covdash.reports.review_facts import (
    AttentionFact,
    AttentionList,
    DecisionFact,
    HoleFact,
    NoteFact,
    ReviewFacts,
)


def attention(found: AttentionList, of: ReportFact) -> AttentionShape:
    """Return the list of a report."""
    return AttentionShape(
        commit=of.commit.sha,
        flag=of.flag,
        files=found.files,
        dismissed=len(found.dismissed),
        rows=[_row(row) for row in found.rows],
    )


def review(facts: ReviewFacts) -> ReviewShape:
    """Return the review of a period."""
    period = facts.period
    compared = facts.comparison
    return ReviewShape(
        branch=period.branch,
        since=period.since.date().isoformat(),
        until=period.until.date().isoformat(),
        reports=period.reports,
        base=_end(period.base),
        head=_end(period.head),
        categories=dict(zip(CATEGORIES, compared.tally, strict=True)) if compared else None,
        components=[shaping.component(fact) for fact in facts.components.components],
        holes=[_hole(fact) for fact in facts.holes],
        failed_uploads=facts.failed,
        notes=None if facts.notes is None else [_note(fact) for fact in facts.notes],
        decisions=None if facts.decisions is None else [_decision(fact) for fact in facts.decisions],
    )


def _row(row: AttentionFact) -> AttentionRowShape:
    return AttentionRowShape(
        kind=row.kind,
        path=row.path,
        component=row.component,
        weight=row.weight,
        missed=row.missed,
        partial=row.partial,
        metric=row.metric,
        line=row.line,
        what=row.what,
        changed_at=shaping.time(row.changed_at) if row.changed_at else None,
        days=row.days,
        rank=float(row.rank),
    )


def _end(report: ReportFact | None) -> EndShape | None:
    if report is None:
        return None
    return EndShape(commit=shaping.commit(report.commit), totals=totals_of(report.totals))


def _hole(fact: HoleFact) -> HoleShape:
    return HoleShape(
        path=fact.path,
        first=fact.first,
        last=fact.last,
        missed=fact.missed,
        since=shaping.time(fact.since.committed_at),
        last_hit=shaping.time(fact.last_hit.committed_at) if fact.last_hit else None,
        born=shaping.time(fact.born.committed_at),
        at_least=fact.at_least,
    )


def _note(fact: NoteFact) -> NoteShape:
    return NoteShape(until=fact.until.isoformat(), body=fact.body, by=fact.by)


def _decision(fact: DecisionFact) -> DecisionShape:
    return DecisionShape(
        until=fact.until.isoformat(),
        text=fact.text,
        owner=fact.owner,
        due=fact.due.isoformat() if fact.due else None,
        component=fact.component,
        covered=fact.covered,
        total=fact.total,
        done=fact.done_at is not None,
    )
