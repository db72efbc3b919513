"""The page of a commit: its metrics, its uploads and what came of them, its files that changed. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import changes as changed_files
from covdash.dashboards.pages import components
from covdash.dashboards.pages.context import of_report
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.dashboards.pages.entries import DEFAULT_ORDER
from covdash.dashboards.pages.metrics import Metric, metrics, reason
from covdash.dashboards.pages.retention import why_thinned
from covdash.dashboards.pages.standing import (
    CarriedRow,
    SlotRow,
    Standing,
    age,
    carried_rows,
    slot_rows,
    standing,
    will_happen,
)
from covdash.dashboards.pages.upload import UploadLine, line
from covdash.reports.facts import ChangeFact, CommitFact, FlagFact, Page, ReportFact, UploadFact
from covdash.reports.rule_facts import ComponentsFact

CHANGES = 100
TOP = 8
TABS = ("summary", "uploads", "files", "missing")
OF_FILES = ("files", "missing")
"""Tabs that a commit without files and lines has not."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab; `number` is how many things are on it, None where that says nothing."""

    word: str
    title: str
    address: str
    selected: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One flag of the commit; no address where its files are gone."""

    name: str
    address: str
    lines: Count | None
    partial: int
    arms: Count | None
    files: int
    reason: str
    carried: str = ""
    """Where its numbers are from, if it did not arrive: `carried forward from a1b2c3d4, 3 days`."""


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """What the page is made of. `report` is None while nothing is processed; `before` is the report that deltas compare with."""

    commit: CommitFact
    report: ReportFact | None
    before: ReportFact | None
    flags: Sequence[FlagFact]
    uploads: Page[UploadFact]
    changed: Sequence[ChangeFact]
    components: ComponentsFact | None


@dataclass(frozen=True, slots=True)
class CommitPage:
    """All the page prints; `place` is the project at this commit."""

    place: Place
    commit: CommitFact
    crumbs: tuple[Crumb, ...]
    report: ReportFact | None
    before: ReportFact | None
    before_address: str
    parent_address: str
    standing: Standing
    will_happen: str
    slots: tuple[SlotRow, ...]
    carried: tuple[CarriedRow, ...]
    stands_in: str
    stands_in_address: str
    tab: str
    tabs: tuple[Tab, ...]
    metrics: tuple[Metric, ...]
    flags: tuple[FlagRow, ...]
    uploads: tuple[UploadLine, ...]
    changes: changed_files.Changes
    more_uploads: bool
    components: components.ComponentTable | None

    @property
    def branches(self) -> tuple[tuple[str, str], ...]:
        """The git branches of the commit with their addresses."""
        project = self.place.at()
        return tuple((name, project.branch_page(name)) for name in self.commit.branches)

    @property
    def thinned(self) -> str:
        """Why there are no files and lines any more, "" where they are kept."""
        return why_thinned(self.commit) if self.commit.thinned_at else ""

    @property
    def door(self) -> str:
        """Where the missed lines are: the tree at this commit, most missed first."""
        return "" if self.thinned else self.place.tree(sort=DEFAULT_ORDER)

    @property
    def changes_top(self) -> changed_files.Changes:
        """The first of the changes."""
        return replace(self.changes, rows=self.changes.rows[:TOP])

    @property
    def changes_address(self) -> str:
        """The tab of all changed files."""
        return self.place.at().commit_page(self.commit.sha, tab="files")

    @property
    def downloads(self) -> tuple[tuple[str, str], ...]:
        """The report as files: (title, address)."""
        forms = (("LCOV", "lcov.info"), ("Cobertura XML", "cobertura.xml"))
        return tuple((title, self.place.export(self.commit.sha, form)) for title, form in forms)

    @property
    def uploads_address(self) -> str:
        """The tab of the uploads."""
        return self.place.at().commit_page(self.commit.sha, tab="uploads")

    @property
    def title(self) -> str:
        """`84.2 % a1b2c3d4 Add refunds \u00b7 acme/shop`."""
        share = figures.percent(self.metrics[0].count) if self.metrics else figures.NOTHING
        return f"{share} {self.commit.short} {self.commit.title} \u00b7 {self.place.slug}"


def build(facts: CommitFacts, project: Place, *, tab: str = "") -> CommitPage:
    """Return the page of `facts`; `tab` is one of `TABS`, else the first."""
    commit, report, before = facts.commit, facts.report, facts.before
    place = project.at(commit=commit.sha)
    selected = tab if tab in TABS else TABS[0]
    stands_in = commit.completeness.of if commit.completeness else ""
    return CommitPage(
        place=place,
        commit=commit,
        crumbs=page_crumbs(project, ("Commits", project.commits()), (commit.short, "")),
        report=report,
        before=before,
        before_address=project.commit_page(before.commit.sha) if before else "",
        parent_address=project.commit_page(commit.parent_sha) if commit.parent_sha else "",
        standing=_standing(facts),
        will_happen=will_happen(commit.completeness),
        slots=slot_rows(commit.completeness),
        carried=carried_rows(commit, report.carried if report else (), project),
        stands_in=stands_in[:8],
        stands_in_address=project.commit_page(stands_in) if stands_in else "",
        tab=selected,
        tabs=_tabs(facts, project, selected),
        metrics=metrics(report.totals, before.totals if before else None) if report else (),
        flags=tuple(_flag(flag, commit, place) for flag in facts.flags),
        uploads=tuple(line(upload, project) for upload in facts.uploads.items),
        changes=changed_files.build(facts.changed, place, limit=CHANGES),
        more_uploads=bool(facts.uploads.after),
        components=components.build(facts.components, report.totals, place)
        if report and facts.components
        else None,
    )


def _standing(facts: CommitFacts) -> Standing:
    """Return how complete the commit is; without a report, by the uploads that the page lists."""
    if facts.report is not None:
        return of_report(facts.report)
    states = [upload.state for upload in facts.uploads.items]
    waiting = states.count("received") + states.count("processing")
    return standing(
        facts.commit, processed=states.count("processed"), failed=states.count("failed"), waiting=waiting
    )


def _tabs(facts: CommitFacts, project: Place, selected: str) -> tuple[Tab, ...]:
    titles = {"summary": "Summary", "uploads": "Uploads", "files": "Changed files", "missing": "Not measured"}
    unmeasured = facts.report.totals.unmeasured if facts.report else None
    numbers = {"uploads": len(facts.uploads.items), "missing": unmeasured}
    shown = [word for word in TABS if not (facts.commit.thinned_at and word in OF_FILES)]
    tabs = [
        Tab(
            word,
            titles[word],
            project.commit_page(facts.commit.sha, tab="" if word == TABS[0] else word),
            word == selected,
            numbers.get(word),
        )
        for word in shown
    ]
    if facts.commit.thinned_at:
        return tuple(tabs)
    # The comparison is a page of its own: the tab leads there.
    tabs.insert(3, Tab("changes", "Line by line", project.compare(head=facts.commit.sha), selected=False))
    return tuple(tabs)


def _flag(flag: FlagFact, commit: CommitFact, place: Place) -> FlagRow:
    lines = flag.totals.get("lines")
    origin = flag.carried
    return FlagRow(
        flag.name,
        "" if commit.thinned_at else place.flagged(flag.name).overview(),
        lines if lines and lines.total else None,
        flag.totals.partial,
        flag.totals.get("branches"),
        flag.totals.files,
        reason("lines", flag.totals),
        f"carried forward from {origin.short}, {age(commit.committed_at - origin.at)}" if origin else "",
    )
