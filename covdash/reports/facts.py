"""What queries return: frozen facts, free of Django. Pages, charts and serializers read these and nothing else. PURE.

Totals are `covdash.coverage.totals.Totals`; a percentage is nobody's fact. Times are aware UTC datetimes. Paths are POSIX, relative to
the root of the repository; directories end with a slash, the root is "".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact as ProjectFact  # noqa: PLC0414 - readers of reports find it here
from covdash.reports.carried import CarriedFact as CarriedFact  # noqa: PLC0414 - as above
from covdash.reports.completeness import Completeness

Item = TypeVar("Item")

DROP = 10
"""A fall of the covered lines of a commit by this many tenths of a percentage point is a drop."""
NEWER = 100
"""So many commits above the newest report of a git branch are counted."""


@dataclass(frozen=True, slots=True)
class CommitFact:
    """A commit. `branches` are those it was reported on; `completeness` is None for one never judged; `thinned_*` as in `Commit`."""

    id: int
    sha: str
    parent_sha: str
    message: str
    author: str
    committed_at: datetime
    branches: tuple[str, ...] = ()
    completeness: Completeness | None = None
    thinned_at: datetime | None = None
    thinned_why: str = ""

    @property
    def is_collecting(self) -> bool:
        """Whether more uploads are expected, so that its numbers are so far."""
        return self.completeness is not None and not self.completeness.is_complete

    @property
    def short(self) -> str:
        """The first eight characters of the sha."""
        return self.sha[:8]

    @property
    def title(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class ReportFact:
    """The report of a commit (or of one flag of it). `root` is the digest of its tree as hex: the ETag of whatever is made of it.

    The counts are of the uploads of the commit by state; `waiting` > 0 means that the numbers are "so far", as does a commit that is
    still collecting. `flags` are the names of all flags of the commit, `carried` those that were taken over from earlier commits.
    `components` are the totals of components as they were counted by the rules with `components_mark` (`Rules.mark`).
    """

    commit: CommitFact
    flag: str
    root: str
    totals: Totals
    updated_at: datetime
    processed: int = 0
    failed: int = 0
    waiting: int = 0
    superseded: int = 0
    excluded: int = 0
    flags: tuple[str, ...] = ()
    carried: tuple[CarriedFact, ...] = ()
    components: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    components_mark: str = ""

    @property
    def seen_through(self) -> tuple[str, ...]:
        """The flag that it is a report of, none for the whole."""
        return (self.flag,) if self.flag else ()

    @property
    def is_so_far(self) -> bool:
        """Whether the numbers may still change: uploads wait, or more are expected."""
        return self.waiting > 0 or self.commit.is_collecting


@dataclass(frozen=True, slots=True)
class FlagFact:
    """One flag of a commit with its totals; `carried` says where from if it did not arrive itself."""

    name: str
    totals: Totals
    carried: CarriedFact | None = None


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What came of one file contained in an upload. `state` is parsed, skipped or failed.

    parsed: `format`, `evidence`, `files`, `lines` (executable), `warnings`; skipped: `reason`; failed: `code`, `message`, `where`.
    `name` says where it was: `report.zip > unit/lcov.info`.
    """

    name: str
    state: str
    format: str = ""
    evidence: str = ""
    producer: str = ""
    files: int = 0
    lines: int = 0
    warnings: tuple[tuple[str, int, str], ...] = ()
    reason: str = ""
    code: str = ""
    message: str = ""
    where: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    """Tests, mutants and methods in short (`covdash.coverage.results.Results.summary`), and `key`, the object that holds them all."""


@dataclass(frozen=True, slots=True)
class PathResolution:
    """How the paths of a report became paths of the repository. Counts are exact, the lists are cut at 1,000 entries each.

    `rewritten`: (as reported, path, how); `ambiguous`: (as reported, candidates); `unmatched` and `ignored`: (as reported, reason).
    `rules` is the digest of the rules that the upload was read with, "" for none (`configuration.digest_of`).
    """

    matched: int = 0
    rewritten_count: int = 0
    ambiguous_count: int = 0
    unmatched_count: int = 0
    ignored_count: int = 0
    rewritten: tuple[tuple[str, str, str], ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unmatched: tuple[tuple[str, str], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    rules: str = ""


@dataclass(frozen=True, slots=True)
class UploadFact:
    """An upload as the pages list it. `superseded_by` is the id of the newer attempt that replaced it, or "".

    `branch_why` says where the git branch is from when its client named none, `variables` are those that its job wanted to be shown.
    `tested` is the commit that was checked out, where that is another; `fork` is who sent it without a token.
    An excluded one counts nowhere. `note` is what went wrong when a processed upload was read again: its earlier result stays.
    """

    id: str
    commit: CommitFact
    branch: str
    pull: int | None
    flags: tuple[str, ...]
    job: str
    attempt: int
    name: str
    build_url: str
    state: str
    progress: int
    error_code: str
    error: str
    size: int
    files: tuple[str, ...]
    received_at: datetime
    started_at: datetime | None
    processed_at: datetime | None
    attempts: int
    needs_sources: bool
    superseded_by: str
    totals: Totals | None
    outcomes: tuple[FileOutcome, ...] = ()
    paths: PathResolution = PathResolution()
    branch_why: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    tested: str = ""
    fork: str = ""
    excluded_at: datetime | None = None
    excluded_why: str = ""
    counted: bool = False
    raw_gone_at: datetime | None = None

    @property
    def note(self) -> str:
        """What went wrong when it was read again, "" when nothing did."""
        return self.error if self.state == "processed" else ""


@dataclass(frozen=True, slots=True)
class EntryFact:
    """A row of a directory. `is_directory`; `measured` is False for a file that no report mentions."""

    name: str
    path: str
    is_directory: bool
    measured: bool
    totals: Totals
    before: Totals | None = None
    """Totals of the same path in the report this one is compared with, if asked for."""


@dataclass(frozen=True, slots=True)
class DirectoryFact:
    """A directory of a report: its entries (directories first, then files, by name) and its totals.

    `unplaced` is what the uploads count here but place in no file: with the entries it adds up to `totals`.
    """

    path: str
    totals: Totals
    entries: tuple[EntryFact, ...]
    unplaced: Totals | None = None
    before: Totals | None = None
    """Totals of the directory in the report this one is compared with, if asked for."""


@dataclass(frozen=True, slots=True)
class SourceFact:
    """The text of a file: plain `lines`, and `highlighted` lines (safe HTML, spans of class k s c n) when they were made already.

    `pending`: nobody tried to highlight it yet; a view then calls `covdash.sources.tasks.ask_for_highlighting`.
    """

    blob: str
    lines: tuple[str, ...]
    highlighted: tuple[str, ...] | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of a report. `exact` is False when the exact counts expired: then hits only say yes or no.

    `coverage` is None for a file that no report mentions. When no format counted, `coverage.counted` is False and nothing expired.
    """

    path: str
    digest: str
    totals: Totals
    coverage: FileCoverage | None
    exact: bool
    source: SourceFact | None


@dataclass(frozen=True, slots=True)
class AnnouncementFact:
    """An upload that was announced. `kind` is coverage, tests or manifest; `is_late`: nobody is expected to send the bytes.

    `arrived` and `missing` name the reports of a manifest, `lacks_tree`: its list of files did not come. `upload` is what it became.
    """

    id: str
    kind: str
    sha: str
    branch: str
    job: str
    name: str
    announced_at: datetime
    is_late: bool
    arrived: tuple[str, ...]
    missing: tuple[str, ...]
    lacks_tree: bool
    upload: str


@dataclass(frozen=True, slots=True)
class BranchFact:
    """A git branch with its newest reported commit, its totals, the pull request it is the head of, and how many commits named it."""

    name: str
    is_default: bool
    head: CommitFact | None
    totals: Totals | None
    commits: int
    pull: int | None = None


@dataclass(frozen=True, slots=True)
class CommitRow:
    """A row of the commits list: totals of the commit and of the commit before it on the branch (or of its parent)."""

    commit: CommitFact
    totals: Totals | None
    before: CommitFact | None
    before_totals: Totals | None
    processed: int
    failed: int
    waiting: int
    superseded: int = 0

    @property
    def dropped(self) -> bool:
        """Whether the share of covered lines fell by a percentage point or more."""
        before = self.before_totals.get("lines") if self.before_totals else None
        after = self.totals.get("lines") if self.totals else None
        if not before or not after or not before.total or not after.total:
            return False
        fall = before.covered * after.total - after.covered * before.total
        return fall * 1000 >= DROP * before.total * after.total


class TrendPoint(NamedTuple):
    """Totals of a path at a commit of a git branch, in order of `at`. `totals` is None where the path did not exist.

    `complete` is False while the report of the commit is collecting.
    """

    at: datetime
    sha: str
    totals: Totals | None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ChangeFact:
    """A file whose totals differ between two reports; None on the side where it does not exist."""

    path: str
    before: Totals | None
    after: Totals | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One keyset page: `after` is the opaque cursor of the next page, or ""."""

    items: tuple[Item, ...]
    after: str = ""
