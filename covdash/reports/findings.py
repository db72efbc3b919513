"""What nobody ran, place by place: arms never taken, functions never called. Frozen facts. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from covdash.coverage.arm_states import Arm, Flips
from covdash.coverage.components import Owned
from covdash.coverage.lines import FileCoverage
from covdash.coverage.memory import Memory, Revision
from covdash.coverage.totals import Totals
from covdash.reports.facts import CommitFact, EntryFact, Page


class Past(NamedTuple):
    """A report of a git branch, by its commit: what lists of arms are compared with."""

    commit_id: int
    sha: str
    at: datetime
    root: bytes


class FirstSeen(NamedTuple):
    """The commit in which an arm was first seen not taken; `at_least`: maybe it was so before."""

    sha: str
    at: datetime
    at_least: bool


class ArmFinding(NamedTuple):
    """A line one of whose arms was never taken.

    `never` are the keys of those (none where the reports only count), `kinds` their kinds (then `counted` alone), `taken` (key, hits)
    of their siblings; `covered` of `total` were taken. `ran`: the line itself ran. `text` is its source, "" if that is not known.
    In a list of flaky arms `never` are these, and `flips` says of each what reports say.
    """

    line: int
    never: tuple[str, ...]
    kinds: tuple[str, ...]
    taken: tuple[tuple[str, int], ...]
    covered: int
    total: int
    ran: bool
    text: str
    flips: tuple[Flips, ...] = ()

    @property
    def keys(self) -> tuple[Arm, ...]:
        """The arms that were never taken; where the reports only count, the line stands for them."""
        return tuple([(self.line, key) for key in self.never or ("",)])


@dataclass(frozen=True, slots=True)
class FunctionFinding:
    """A function that was never called; `lines` are its executable lines, None where its end is not known."""

    name: str
    start: int
    end: int
    lines: int | None


@dataclass(frozen=True, slots=True)
class FileArms:
    """The findings of one file, by line; `missed` is how many arms of the file were never taken, `counted` whether hits are exact.

    `seen` says of each arm since which of the reports of the `past` it is not taken (newest first), and whether maybe for longer.
    """

    path: str
    totals: Totals
    missed: int
    arms: tuple[ArmFinding, ...]
    counted: bool
    seen: Mapping[Arm, tuple[int, bool]] = field(default_factory=dict)
    past: Sequence[Past] = ()

    def first(self, arm: ArmFinding) -> FirstSeen | None:
        """Return when the first of the arms of a line was seen not taken, None where nobody looked."""
        if not self.past:
            return None
        number, at_least = max([self.seen[key] for key in arm.keys])
        return FirstSeen(self.past[number].sha, self.past[number].at, at_least)


@dataclass(frozen=True, slots=True)
class ArmList(Page[FileArms]):
    """One page of files, from the `looked` that were looked into; `kinds` are those of the arms in them, in the order of `arms.KINDS`.

    Of the `lines` found in them, `unknown` are those whose reports only count. `against` is the report that the list compares with,
    None without one; a list of flaky arms compares `reports`, newest first. `unmatched` of the files could not be compared: their text
    changed, and nobody sent it. `ignored` are words that made no sense.
    """

    looked: int = 0
    kinds: tuple[str, ...] = ()
    lines: int = 0
    unknown: int = 0
    against: Past | None = None
    reports: tuple[Past, ...] = ()
    unmatched: int = 0
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmsAsked:
    """What arms are asked for: `show` is never (of lines that ran), all, lost or flaky; `kind` is one of `arms.KINDS`.

    `base` (for lost ones) and `since` (for those never taken) are a commit, or a git branch, or a day. `only` is the path of a file.
    """

    show: str = "never"
    since: str = ""
    base: str = ""
    kind: str = ""
    only: str = ""
    within: Owned | None = None


@dataclass(frozen=True, slots=True)
class FileFunctions:
    """The never called functions of one file, by line; `since` is when its numbers last changed, where that was asked and is known."""

    path: str
    totals: Totals
    functions: tuple[FunctionFinding, ...]
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FunctionPile(Page[FileFunctions]):
    """One page of files of a pile, which has `size` files of the `looked` with the most functions never called.

    Of `unknown` ones it is not known whether they are old; `capped` tells whether there are more files than were looked at.
    """

    size: int = 0
    looked: int = 0
    unknown: int = 0
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was looked for: `kind` is project, file, function, branch, commit, pull or upload, `key` its name in addresses.

    Of a function that is its file, and `line` where it begins.
    """

    kind: str
    key: str
    text: str
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A file as one flag sees it; `name` "" are all uploads together. `coverage` is None where the flag does not have the file."""

    name: str
    coverage: FileCoverage | None


@dataclass(frozen=True, slots=True)
class UploadPart:
    """An upload that says something of a file: `title` is its name, its job or its id."""

    id: str
    title: str
    flags: tuple[str, ...]
    totals: Totals


@dataclass(frozen=True, slots=True, eq=False)
class Without:
    """A file as if one upload were gone: `rest` is what the others say together, None when they do not have it.

    `whole` is with the upload. `exact` tells whether the hits of `rest` are counts.
    """

    upload: UploadPart
    whole: FileCoverage
    rest: FileCoverage | None
    exact: bool


@dataclass(frozen=True, slots=True)
class UniqueFile:
    """A file of an upload with the number of its lines that ran in no other upload of the commit; `lines` are those it ran itself."""

    path: str
    totals: Totals
    lines: int
    only: int


@dataclass(frozen=True, slots=True, eq=False)
class FileMemory:
    """The past of a file: its versions, newest first, each with the oldest commit of the unbroken run that has it.

    `was` is the path that the file had before the last of these commits, "" when it was new or its past goes on.
    """

    commits: tuple[CommitFact, ...]
    revisions: tuple[Revision, ...]
    memory: Memory
    was: str = ""


@dataclass(frozen=True, slots=True)
class FileList(Page[EntryFact]):
    """One page of files, with the number of all `matching` ones and the sums of their totals, now and `before`, if compared."""

    matching: int = 0
    totals: Totals = field(default_factory=Totals)
    before: Totals = field(default_factory=Totals)


@dataclass(frozen=True, slots=True)
class IdleFile:
    """A file that never ran; `since` is when its numbers last changed on the git branch, None where that is not known."""

    path: str
    totals: Totals
    since: datetime | None
