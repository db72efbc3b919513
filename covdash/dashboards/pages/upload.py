"""The page of an upload: what was sent, what came of every file in it, and why. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, query_url
from covdash.dashboards.pages import paths as paths_section
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.dashboards.pages.metrics import Metric, metrics, reason
from covdash.dashboards.pages.reasons import Reason, reason_of, warning_of
from covdash.dashboards.pages.results import ResultsCard, cards
from covdash.reports.facts import FileOutcome, PathResolution, UploadFact

WORDS = {
    "received": "waiting",
    "processing": "processing",
    "processed": "processed",
    "failed": "failed",
    "superseded": "replaced",
    "excluded": "left out",
}
"""States of an upload in the words of the pages; `superseded` is not stored, it follows from `superseded_by`."""


@dataclass(frozen=True, slots=True)
class UploadLine:
    """An upload in a list. `state` names the glyph, `word` says it; `title` is its name, its job or its id."""

    upload: UploadFact
    address: str
    title: str
    state: str
    word: str
    formats: tuple[str, ...]
    files: int
    lines: Count | None
    partial: int
    took: timedelta | None
    reason: Reason | None
    failed_files: int
    warnings: int
    why: str
    alone: str
    """Where it says what this upload alone ran, "" for one that does not count."""

    @property
    def warning_words(self) -> str:
        """`3 warnings`."""
        return figures.counted(self.warnings, "warning")


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way of an upload. `state` is done, now, next or failed; `after` is the time since the step before."""

    title: str
    state: str
    at: datetime | None
    after: timedelta | None


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What came of one file of the upload."""

    outcome: FileOutcome
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class UploadPage:
    """All the page prints."""

    place: Place
    line: UploadLine
    upload: UploadFact
    crumbs: tuple[Crumb, ...]
    commit_address: str
    branch_address: str
    superseded_address: str
    steps: tuple[Step, ...]
    open: bool
    metrics: tuple[Metric, ...]
    outcomes: tuple[OutcomeRow, ...]
    warnings: tuple[tuple[str, str, int, str, str], ...]
    """(file, code, count, example, what it means)."""
    paths: PathResolution
    section: paths_section.Paths
    older_rules: bool
    results: tuple[ResultsCard, ...] = ()

    @property
    def raw_files(self) -> tuple[tuple[str, str], ...]:
        """(name, address of its bytes) of each file as it was sent."""
        return tuple(
            (name, self.place.upload(self.upload.id, f"raw/{number}"))
            for number, name in enumerate(self.upload.files)
        )

    @property
    def address(self) -> str:
        """The page itself; what can be done to the upload lies below it."""
        return self.place.upload(self.upload.id)

    @property
    def data_address(self) -> str:
        """The same as JSON."""
        return self.place.upload_data(self.upload.id)

    @property
    def rule_address(self) -> str:
        """Where a rule for paths is tried on it."""
        return self.place.upload(self.upload.id, "rule")

    @property
    def build_link(self) -> str:
        """The address of the build, if it is one of the web; anything else an upload may call so is not made a link."""
        address = self.upload.build_url
        return address if address.startswith(("https://", "http://")) else ""

    @property
    def file_words(self) -> str:
        """`2 files`."""
        return figures.counted(len(self.upload.files), "file")

    @property
    def progress_address(self) -> str:
        """The region that follows the way of the upload."""
        return query_url(self.place.upload(self.upload.id), part="progress")

    @property
    def title(self) -> str:
        """`processed \u00b7 unit tests \u00b7 a1b2c3d4 \u00b7 acme/shop`."""
        return f"{self.line.word} \u00b7 {self.line.title} \u00b7 {self.upload.commit.short} \u00b7 {self.place.slug}"


def line(upload: UploadFact, place: Place) -> UploadLine:
    """Return `upload` as a row of a list."""
    state = upload.state
    if state in ("processed", "failed"):
        state = "excluded" if upload.excluded_at else "superseded" if upload.superseded_by else state
    lines = upload.totals.get("lines") if upload.totals else None
    took = None
    if upload.started_at and upload.processed_at:
        took = max(upload.processed_at - upload.started_at, timedelta())
    return UploadLine(
        upload=upload,
        address=place.upload(upload.id),
        title=upload.name or upload.job or f"upload {upload.id[:8]}",
        state=state,
        word=WORDS[state],
        formats=tuple(sorted({outcome.format for outcome in upload.outcomes if outcome.format})),
        files=sum(outcome.files for outcome in upload.outcomes),
        lines=lines if lines and lines.total else None,
        partial=upload.totals.partial if upload.totals else 0,
        took=took,
        reason=reason_of(upload.error_code, upload.error) if upload.state == "failed" else None,
        failed_files=sum(outcome.state == "failed" for outcome in upload.outcomes),
        warnings=sum(number for outcome in upload.outcomes for _, number, _ in outcome.warnings),
        why=_why(upload),
        alone=place.commit_page(upload.commit.sha, tab="uploads", without=upload.id)
        if upload.counted and upload.totals
        else "",
    )


def _why(upload: UploadFact) -> str:
    """Return why an upload has no share of lines."""
    if upload.state == "failed":
        return "nothing of it is in the report"
    if upload.totals is None:
        return "it holds no coverage" if upload.state == "processed" else "not processed yet"
    return reason("lines", upload.totals, brief=True)


def build(
    upload: UploadFact,
    place: Place,
    *,
    rules: str = "",
    kind: str = "",
    search: str = "",
    names: Iterable[str] = (),
) -> UploadPage:
    """Return the page of `upload`.

    `rules` is the digest of the rules for paths in force; `kind` and `search` are what is looked for among its paths, `names` all that
    it reported, needed for the kind matched.
    """
    row = line(upload, place)
    commit = place.commit_page(upload.commit.sha)
    paths = upload.paths
    return UploadPage(
        place=place,
        line=row,
        upload=upload,
        crumbs=page_crumbs(place, ("Uploads", place.uploads()), (row.title, "")),
        commit_address=commit,
        branch_address=place.branch_page(upload.branch) if upload.branch else "",
        superseded_address=place.upload(upload.superseded_by) if upload.superseded_by else "",
        steps=steps(upload),
        open=upload.state in ("received", "processing"),
        metrics=metrics(upload.totals) if upload.totals else (),
        outcomes=tuple(
            OutcomeRow(
                outcome,
                reason_of(outcome.code, outcome.message) if outcome.state == "failed" else None,
            )
            for outcome in upload.outcomes
        ),
        warnings=tuple(_warnings(upload.outcomes)),
        paths=paths,
        section=paths_section.build(
            upload, place, kind=kind, search=search, matched=paths_section.matched_names(names, paths)
        ),
        older_rules=upload.state == "processed" and paths.rules != rules,
        results=tuple(card for outcome in upload.outcomes for card in cards(outcome)),
    )


def steps(upload: UploadFact) -> tuple[Step, ...]:
    """Return the way of the upload so far."""
    failed = upload.state == "failed"
    running = upload.state == "processing"
    ended = upload.state in ("processed", "failed")
    started = upload.started_at if upload.state != "received" else None
    done = upload.processed_at if ended else None
    return (
        Step("Received", "done", upload.received_at, None),
        Step(
            "Processing started",
            "done" if started else "next",
            started,
            max(started - upload.received_at, timedelta()) if started else None,
        ),
        Step(
            "Failed"
            if failed
            else "Read: no coverage in it"
            if ended and upload.totals is None
            else "In the report"
            if ended
            else f"Processing, {upload.progress} %"
            if running
            else "In the report",
            "failed" if failed else "done" if ended else "now" if running else "next",
            done,
            max(done - started, timedelta()) if done and started else None,
        ),
    )


def _warnings(outcomes: Iterable[FileOutcome]) -> Iterable[tuple[str, str, int, str, str]]:
    for outcome in outcomes:
        for code, number, example in outcome.warnings:
            yield outcome.name, code, number, example, warning_of(code)
