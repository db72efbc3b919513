"""Facts in, plain JSON out: the shapes that the read API answers. Nothing is looked up here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from covdash.api.shapes import (
    BeforeShape,
    CarriedShape,
    CommitRowShape,
    CommitShape,
    CompletenessShape,
    ComponentShape,
    ComponentsShape,
    EntryShape,
    FileAnswerShape,
    FilesShape,
    FlagShape,
    PointShape,
    ProjectCardShape,
    ProjectHeadShape,
    ProjectShape,
    ReasonShape,
    ReportShape,
    SlotShape,
    TotalsShape,
    TreeShape,
    UploadsShape,
)
from covdash.api.upload_shapes import FileOutcomeShape, PathsShape, UploadShape, WarningShape
from covdash.coverage.describe import FileShape, totals_of
from covdash.coverage.totals import Totals
from covdash.reports.completeness import Completeness
from covdash.reports.facts import (
    CarriedFact,
    CommitFact,
    CommitRow,
    DirectoryFact,
    EntryFact,
    FileFact,
    FileOutcome,
    FlagFact,
    ProjectFact,
    ReportFact,
    TrendPoint,
    UploadFact,
)
from covdash.reports.project_facts import ProjectCard
from covdash.reports.rule_facts import ComponentFact, ComponentsFact


def time(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{at.isoformat()[:-6]}Z"


def totals(found: Totals | None) -> TotalsShape | None:
    """Return totals as JSON; None stays null."""
    return None if found is None else totals_of(found)


def files(found: Totals | None) -> FilesShape:
    """Return the numbers of files that totals carry."""
    known = found or Totals()
    return FilesShape(measured=known.files, needs_sources=known.needs_sources, unmeasured=known.unmeasured)


def commit(fact: CommitFact) -> CommitShape:
    """Return a commit."""
    return CommitShape(
        sha=fact.sha,
        parent=fact.parent_sha,
        title=fact.title,
        author=fact.author,
        committed_at=time(fact.committed_at),
        branches=list(fact.branches),
    )


def project(fact: ProjectFact) -> ProjectShape:
    """Return a project."""
    return ProjectShape(
        slug=fact.slug, public=fact.is_public, default_branch=fact.default_branch, role=fact.role
    )


def project_head(fact: ProjectFact, head: ReportFact | None) -> ProjectHeadShape:
    """Return a project with its head."""
    return ProjectHeadShape(
        **project(fact),
        head=commit(head.commit) if head else None,
        totals=totals(head.totals if head else None),
    )


def project_card(card: ProjectCard) -> ProjectCardShape:
    """Return a row of the list of projects."""
    return ProjectCardShape(
        **project(card.project),
        head=commit(card.head) if card.head else None,
        totals=totals(card.totals),
        risk=card.risk,
        failed_uploads=card.failed_uploads,
    )


def report(
    row: CommitRow, found: ReportFact | None, flags: tuple[FlagFact, ...], *, flag: str
) -> ReportShape:
    """Return a commit with its report; without one (`found` None), what its uploads are waiting for."""
    return ReportShape(
        commit=commit(row.commit),
        state=_state(row, found),
        thinned_at=time(row.commit.thinned_at) if row.commit.thinned_at else None,
        flag=flag,
        root=found.root if found else None,
        updated_at=time(found.updated_at) if found else None,
        totals=totals(found.totals if found else None),
        partial=found.totals.partial if found else 0,
        files=files(found.totals if found else None),
        flags=[
            FlagShape(
                name=item.name,
                totals=totals_of(item.totals),
                carried=carried(item.carried) if item.carried else None,
            )
            for item in flags
        ],
        uploads=UploadsShape(
            processed=row.processed, failed=row.failed, waiting=row.waiting, superseded=row.superseded
        ),
        before=_before(row),
        completeness=completeness(row.commit.completeness),
        carried=[carried(item) for item in found.carried] if found else [],
    )


def completeness(found: Completeness | None) -> CompletenessShape | None:
    """Return who arrived, who is missing and why a commit is complete; None for one that was never judged."""
    if found is None:
        return None
    return CompletenessShape(
        complete_at=time(found.complete_at) if found.complete_at else None,
        why=found.why,
        by=found.by,
        arrived=[slot.name for slot in found.arrived],
        missing=[slot.name for slot in found.missing],
        uploads=[
            SlotShape(name=slot.name, expected=slot.expected, arrived=slot.arrived, failed=slot.failed)
            for slot in found.slots
        ],
        announced=found.announced,
        until=time(found.until) if found.until else None,
        report_of=found.of,
    )


def carried(found: CarriedFact) -> CarriedShape:
    """Return a flag that was carried forward."""
    return CarriedShape(
        flag=found.flag,
        sha=found.sha,
        at=time(found.at),
        kept=found.kept,
        renamed=found.renamed,
        changed=found.changed,
        unchecked=found.unchecked,
        deleted=found.deleted,
        left_out=found.left_out_count,
        reasons=[ReasonShape(path=path, reason=reason) for path, reason in found.left_out],
    )


def commit_row(row: CommitRow) -> CommitRowShape:
    """Return a row of the list of commits."""
    return CommitRowShape(
        commit=commit(row.commit),
        totals=totals(row.totals),
        before=_before(row),
        processed=row.processed,
        failed=row.failed,
        waiting=row.waiting,
        collecting=row.commit.is_collecting,
    )


def components(found: ComponentsFact, of: ReportFact) -> ComponentsShape:
    """Return the components of a report."""
    return ComponentsShape(
        commit=of.commit.sha,
        flag=of.flag,
        counted=found.counted,
        components=[component(fact) for fact in found.components],
    )


def tree(found: DirectoryFact, of: ReportFact) -> TreeShape:
    """Return a directory of a report."""
    return TreeShape(
        commit=of.commit.sha,
        flag=of.flag,
        root=of.root,
        path=found.path,
        totals=totals_of(found.totals),
        files=files(found.totals),
        entries=[_entry(entry) for entry in found.entries],
        unplaced=totals(found.unplaced),
    )


def file_answer(
    found: FileFact, described: FileShape, of: ReportFact, flags: Sequence[str] = ()
) -> FileAnswerShape:
    """Return a file of a report, as several `flags` see it where there are any; `described` is its coverage in words."""
    known = found.coverage
    return FileAnswerShape(
        **described,
        commit=of.commit.sha,
        flag=of.flag,
        flags=list(flags or of.seen_through),
        measured=known is not None,
        counted=known is not None and known.counted,
        exact=found.exact,
        needs_sources=known is not None and known.executed_only,
        has_source=found.source is not None,
    )


def point(found: TrendPoint, kinds: tuple[str, ...]) -> PointShape:
    """Return a point of a trend with the metrics in `kinds`, with all for none."""
    at, sha, known, complete = found
    shown = totals(known)
    if shown is not None and kinds:
        shown = {kind: count for kind, count in shown.items() if kind in kinds}
    return {"at": time(at), "sha": sha, "totals": shown, "complete": complete}


def upload(found: UploadFact) -> UploadShape:
    """Return an upload."""
    return UploadShape(
        id=found.id,
        state=found.state,
        commit=found.commit.sha,
        branch=found.branch,
        pull=found.pull,
        flags=list(found.flags),
        job=found.job,
        attempt=found.attempt,
        name=found.name,
        build_url=found.build_url,
        size=found.size,
        received_at=time(found.received_at),
        processed_at=time(found.processed_at) if found.processed_at else None,
        error=found.error,
        error_code=found.error_code,
        needs_sources=found.needs_sources,
        superseded_by=found.superseded_by,
        tested=found.tested,
        fork=found.fork,
        excluded=found.excluded_at is not None,
        excluded_why=found.excluded_why,
        totals=totals(found.totals),
        outcomes=[_outcome(outcome) for outcome in found.outcomes],
        paths=PathsShape(
            matched=found.paths.matched,
            rewritten=found.paths.rewritten_count,
            ambiguous=found.paths.ambiguous_count,
            unmatched=found.paths.unmatched_count,
            ignored=found.paths.ignored_count,
        ),
    )


def _state(row: CommitRow, found: ReportFact | None) -> str:
    if row.waiting:
        return "collecting" if found else "waiting"
    if found is not None:
        return "collecting" if row.commit.is_collecting else "complete"
    return "failed" if row.failed else "empty"


def _before(row: CommitRow) -> BeforeShape | None:
    if row.before is None or row.before_totals is None:
        return None
    return BeforeShape(sha=row.before.sha, totals=totals_of(row.before_totals))


def _entry(entry: EntryFact) -> EntryShape:
    return EntryShape(
        name=entry.name,
        path=entry.path,
        type="directory" if entry.is_directory else "file",
        measured=entry.measured,
        totals=totals_of(entry.totals),
        files=files(entry.totals),
    )


def component(fact: ComponentFact) -> ComponentShape:
    """Return a component with what is under its floor."""
    return ComponentShape(
        name=fact.name,
        weight=fact.weight,
        floors=dict(fact.floors),
        totals=totals(fact.totals),
        under=[kind for kind in fact.floors if (gap := fact.gap(kind)) is not None and gap > 0],
    )


def _outcome(outcome: FileOutcome) -> FileOutcomeShape:
    return FileOutcomeShape(
        name=outcome.name,
        state=outcome.state,
        format=outcome.format,
        evidence=outcome.evidence,
        producer=outcome.producer,
        files=outcome.files,
        lines=outcome.lines,
        warnings=[
            WarningShape(code=code, count=count, example=example) for code, count, example in outcome.warnings
        ],
        reason=outcome.reason,
        code=outcome.code,
        message=outcome.message,
        where=outcome.where,
        results=outcome.results,
    )
