"""What comparing two reports found, as frozen facts. PURE, as `facts.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from covdash.coverage.describe import DiffShape, describe_diff
from covdash.coverage.differential import Differential, Patch, Tally
from covdash.coverage.linemap import LineMap
from covdash.coverage.lines import FileCoverage
from covdash.coverage.totals import Totals
from covdash.reports.facts import CommitFact, FileFact, ReportFact

How = Literal["same", "text", "diff", "assumed", "unknown"]
"""How lines of two reports were told apart: the text did not change; by both texts (and for added and deleted files); by the diff that
was sent; nobody knows the text, but the same lines are executable; nobody knows."""


class FileDifference(msgspec.Struct, frozen=True, array_like=True):
    """A file that differs between two reports. `path` is "" for a deleted file, `old_path` "" for an added one.

    With `how` "unknown" only the totals are known: `tally` and `patch` are empty, and that is no statement. `mark` stands for the
    content of the change: both paths, texts and coverages. Equal ones are the same change, in whichever comparison.
    """

    path: str
    old_path: str
    how: How
    tally: Tally
    patch: Patch
    before: Totals | None
    after: Totals | None
    mark: bytes = b""

    @property
    def what(self) -> str:
        """In a word: added, deleted, renamed or changed."""
        if not self.old_path:
            return "added"
        if not self.path:
            return "deleted"
        return "changed" if self.path == self.old_path else "renamed"

    @property
    def name(self) -> str:
        """The path that it has, or had."""
        return self.path or self.old_path


@dataclass(frozen=True, slots=True)
class BaseFact:
    """The report that a commit is compared with, and why that one: a stable `code` and a sentence.

    Codes: asked (the address names it), declared (an upload named it), merge_base, ancestor, branch (the newest older report there),
    none (`report` is None). `line` are the ids of the first parents of the commit, nearest first, where they were looked at.
    """

    report: ReportFact | None
    code: str
    why: str
    line: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonFact:
    """All files that differ between two reports, by path, with their sums; `unknown` of them could not be compared by line."""

    files: tuple[FileDifference, ...]
    tally: Tally
    patch: Patch
    unknown: int


@dataclass(frozen=True, slots=True)
class FileDetail:
    """One file of a comparison in full. Texts are None when nobody sent them; `lines` None means that no line moved."""

    file: FileDifference
    found: Differential
    lines: LineMap | None
    old_text: bytes | None
    new_text: bytes | None
    base: FileCoverage | None
    head: FileCoverage | None


@dataclass(frozen=True, slots=True, eq=False)
class FileBeside:
    """A file of a report beside what it was in another one. `before` is None where that has none, `lines` where no line moved.

    With `how` "pending" a task looks whether the file had another name there; as with "unknown", `found` is empty.
    """

    base: ReportFact
    before: FileFact | None
    after: FileFact
    how: How | Literal["pending"]
    found: Differential
    lines: LineMap | None

    @property
    def is_told(self) -> bool:
        """Whether old and new lines are told apart."""
        return self.how not in ("unknown", "pending")

    @property
    def described(self) -> DiffShape:
        """The same as JSON."""
        return describe_diff(
            base=self.base.commit.sha,
            was=self.before.path if self.before else "",
            how=self.how,
            found=self.found,
            lines=self.lines,
        )


@dataclass(frozen=True, slots=True)
class SentFact:
    """An upload of one side of a comparison, in short: `name` is its own, or that of its job. `totals` None: it has no coverage."""

    id: str
    commit_id: int
    name: str
    flags: tuple[str, ...]
    state: str
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class PullFact:
    """A pull or merge request: its newest commit, and what its uploads say that it is to be merged into."""

    number: int
    title: str
    head: CommitFact | None
    totals: Totals | None
    base: str
    base_sha: str
