"""What the read API answers, as typed dictionaries; the OpenAPI schema is made from these types. Only types live here.

Totals have the keys `lines branches functions conditions paths statements instructions regions`, where `branches` are arms of code; a
metric that no file carries is absent. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from typing import TypedDict

from covdash.coverage.describe import CountShape, FileShape

TotalsShape = dict[str, CountShape]


class CommitShape(TypedDict):
    """A commit, as its uploads tell of it."""

    sha: str
    parent: str
    title: str
    author: str
    committed_at: str
    branches: list[str]


class BeforeShape(TypedDict):
    """The commit that another one is compared with."""

    sha: str
    totals: TotalsShape


class FilesShape(TypedDict):
    """Files by what is known of them: `measured` by some report, of these `needs_sources` with executed lines only, `unmeasured`."""

    measured: int
    needs_sources: int
    unmeasured: int


class UploadsShape(TypedDict):
    """Uploads of a commit by state; `waiting` are received, in work, or not in the report yet."""

    processed: int
    failed: int
    waiting: int
    superseded: int


class ReasonShape(TypedDict):
    """A file that was not carried forward, and why."""

    path: str
    reason: str


class CarriedShape(TypedDict):
    """A flag that did not arrive and was carried forward from the commit `sha`, made at `at`.

    Numbers of files: `kept`, `renamed`, `changed` (unchanged lines of them), `unchecked`, `deleted`, and `left_out` with reasons for
    the first 200.
    """

    flag: str
    sha: str
    at: str
    kept: int
    renamed: int
    changed: int
    unchecked: int
    deleted: int
    left_out: int
    reasons: list[ReasonShape]


class FlagShape(TypedDict):
    """A flag of a commit; `carried` is null when it arrived itself."""

    name: str
    totals: TotalsShape
    carried: CarriedShape | None


class SlotShape(TypedDict):
    """Uploads of one name (job, `job [flags]`, or flags; "" without both): how many are expected, came, failed."""

    name: str
    expected: int
    arrived: int
    failed: int


class CompletenessShape(TypedDict):
    """Who arrived, who is missing, and why a commit counts as complete.

    `why`: `done` (a client said so, `by` which protocol), `count` (`announced` uploads arrived), `declared`, `learned`, `quiet` (no
    upload for a while), `same_tree` or `chosen` (the report is that of the commit `report_of`); while collecting, what is waited for.
    `until` is when a collecting commit closes with what is there.
    """

    complete_at: str | None
    why: str
    by: str
    arrived: list[str]
    missing: list[str]
    uploads: list[SlotShape]
    announced: int | None
    until: str | None
    report_of: str


class ReportShape(TypedDict):
    """A commit with its report.

    `state`: `complete`, `collecting` (more is expected, the numbers are so far), `waiting` (no number yet), `failed`, `empty`.
    `completeness` is null for a commit that was never judged.
    `root` names the content: equal roots are equal reports. `partial` lines ran, but not in every way; they are covered lines.
    `thinned_at`: retention removed files and lines then, the totals are kept; else null.
    """

    commit: CommitShape
    state: str
    thinned_at: str | None
    flag: str
    root: str | None
    updated_at: str | None
    totals: TotalsShape | None
    partial: int
    files: FilesShape
    flags: list[FlagShape]
    uploads: UploadsShape
    before: BeforeShape | None
    completeness: CompletenessShape | None
    carried: list[CarriedShape]


class ComponentShape(TypedDict):
    """A component: `totals` are null where it has no file. `under` names the metrics that are under their floor in `floors`."""

    name: str
    weight: int
    floors: dict[str, float]
    totals: TotalsShape | None
    under: list[str]


class ComponentsShape(TypedDict):
    """The components of a commit by the rules in force, in their order; while `counted` is false they have no totals yet."""

    commit: str
    flag: str
    counted: bool
    components: list[ComponentShape]


class CommitRowShape(TypedDict):
    """A row of the list of commits; `before` is what it is compared with. `collecting`: more uploads are expected."""

    commit: CommitShape
    totals: TotalsShape | None
    before: BeforeShape | None
    processed: int
    failed: int
    waiting: int
    collecting: bool


class ProjectShape(TypedDict):
    """A project. `role` is the reader's: owner, maintainer, member, or "" for a reader of a public project."""

    slug: str
    public: bool
    default_branch: str
    role: str


class ProjectCardShape(ProjectShape):
    """A project with its head, the `risk` of that by the weights of components, and the failed uploads of the last seven days."""

    head: CommitShape | None
    totals: TotalsShape | None
    risk: float | None
    failed_uploads: int


class ProjectHeadShape(ProjectShape):
    """A project with the newest report of its default branch."""

    head: CommitShape | None
    totals: TotalsShape | None


class EntryShape(TypedDict):
    """A file or a directory of a tree; `measured` is false for a file that no report mentions."""

    name: str
    path: str
    type: str
    measured: bool
    totals: TotalsShape
    files: FilesShape


class TreeShape(TypedDict):
    """A directory. `unplaced` is what the uploads count but place in no file; with the entries it adds up to the totals."""

    commit: str
    flag: str
    root: str
    path: str
    totals: TotalsShape
    files: FilesShape
    entries: list[EntryShape]
    unplaced: TotalsShape | None


class FileAnswerShape(FileShape):
    """A file of a report.

    `counted` is false when the formats only say whether a line ran; `exact` when counts were kept but expired: then hits are 0 or 1.
    `needs_sources`: lines that never ran are not known, so there is no line total. `measured` is false when no report mentions it.
    `flags` are all that are looked through, none for all uploads; `flag` is the one where there is one.
    """

    commit: str
    flag: str
    flags: list[str]
    measured: bool
    counted: bool
    exact: bool
    needs_sources: bool
    has_source: bool


class PointShape(TypedDict):
    """Totals from this commit on; null where the path is gone. `complete` is false while the report of the commit is collecting."""

    at: str
    sha: str
    totals: TotalsShape | None
    complete: bool


class TrendShape(TypedDict):
    """Where the totals of a path, or of a component, changed along a git branch; they stay as they are between two points."""

    branch: str
    path: str
    component: str
    flag: str
    points: list[PointShape]


class PatchShape(TypedDict):
    """Lines that are new or changed since the commit `base`: `measured` of them are executable, `covered` ran (`partial` in part).

    `files_not_compared` are not in it, since their texts were not sent.
    """

    base: str
    changed: int
    measured: int
    covered: int
    partial: int
    files_not_compared: int


class BranchShape(TypedDict):
    """A git branch with its newest report; `commits` is the number of commits that named it.

    `patch` is against where it left the default branch, `ahead` and `behind` count commits along first parents. Which of the three is
    null stands in `unknown` with the reason: `default`, `no_default`, `no_report`, `no_base`, `too_far`, `not_compared` (a task was
    asked to), `no_text`, `parents_unknown`.
    """

    name: str
    default: bool
    head: CommitShape | None
    totals: TotalsShape | None
    commits: int
    patch: PatchShape | None
    ahead: int | None
    behind: int | None
    unknown: dict[str, str]
