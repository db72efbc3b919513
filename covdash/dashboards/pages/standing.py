"""How complete a commit is, and what was carried forward, in words: the same on every page. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.completeness import Completeness, Slot
from covdash.reports.facts import NEWER, CarriedFact, CommitFact

NAMED = 3
"""Missing uploads that a line names; the commit page has them all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One line about a commit. `at` belongs to its end: when the last arrived; `until` is when waiting ends."""

    text: str
    so_far: bool
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A row of the table of expected and arrived uploads. `state` is a state that the widget of states knows."""

    name: str
    arrived: str
    state: str
    word: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """A flag that was carried forward: from where, how old, and what became of its files."""

    flag: str
    short: str
    address: str
    age: str
    files: tuple[tuple[int, str], ...]
    left_out: tuple[tuple[str, str], ...]
    left_out_count: int

    @property
    def line(self) -> str:
        """`unit carried forward from a1b2c3d4, 3 days`."""
        return f"{self.flag} carried forward from {self.short}, {self.age}"


@dataclass(frozen=True, slots=True)
class Stale:
    """The git branch is ahead of what is shown: `newest` has no report, `shown` is `older`. Commits are (short sha, address)."""

    newest: tuple[str, str]
    shown: tuple[str, str]
    older: str


def stale(unreported: Sequence[str], shown: CommitFact, place: Place) -> Stale | None:
    """Return what to say of the commits above `shown`, newest first, counted up to `NEWER`; None when there are none."""
    if not unreported:
        return None
    newest, count = unreported[0], len(unreported)
    return Stale(
        (newest[:8], place.commit_page(newest, tab="uploads")),
        (shown.short, place.commit_page(shown.sha)),
        ("at least " if count >= NEWER else "") + figures.counted(count, "commit"),
    )


def standing(
    commit: CommitFact, *, processed: int, failed: int, waiting: int, brief: bool = False
) -> Standing:
    """Return the line for a commit with so many uploads by state; `brief` leaves out names, as rows of lists do."""
    found = commit.completeness
    so_far = waiting > 0 or commit.is_collecting
    if found is not None and found.of:
        word = "same tree" if found.why == "same_tree" else "chosen by hand"
        return Standing(f"report of {found.of[:8]}, {word}", so_far)
    if found is None or brief:
        return Standing(_counted(found, processed, failed, waiting, brief=brief), so_far)
    text = _counted(found, processed, failed, waiting, brief=False)
    if so_far:
        missing = _names(found.missing)
        open_end = _is_open_ended(found, waiting)
        text += f": waiting for {missing}" if missing else ": more may come" if open_end else ""
        return Standing(text, so_far, until=found.until)
    return Standing(_complete(found, failed), so_far, at=found.complete_at)


def so_far(commit: CommitFact, *, processed: int, failed: int, waiting: int) -> str:
    """Return why the numbers of a commit are not final, without any name: `3 of 5 uploads in`; "" when they are."""
    if not (waiting or commit.is_collecting):
        return ""
    if _is_open_ended(commit.completeness, waiting):
        return f"{figures.counted(processed, 'upload')} in, more may come"
    return _counted(commit.completeness, processed, failed, waiting, brief=True)


def will_happen(found: Completeness | None) -> str:
    """Return what a collecting commit waits for, as a sentence without its time; "" when it waits for nothing."""
    if found is None or found.is_complete:
        return ""
    if found.waiting:
        return "It is judged again when the uploads that are here are processed."
    if found.missing:
        return "It is complete as soon as they arrive. If they never come, it closes at"
    if found.announced is not None:
        return f"{figures.counted(found.announced, 'upload')} were announced. If the rest never comes, it closes at"
    return "Nobody said how many uploads there will be. Without another one it closes at"


def slot_rows(found: Completeness | None) -> tuple[SlotRow, ...]:
    """Return the table of who is expected and who arrived: what is missing first."""
    slots = found.slots if found is not None else ()
    return tuple(
        SlotRow(_called(slot), _of(slot), *_state(slot), slot.at)
        for slot in sorted(slots, key=lambda slot: (not slot.missing, slot.name))
    )


def carried_rows(
    commit: CommitFact, carried: Sequence[CarriedFact], project: Place
) -> tuple[CarriedRow, ...]:
    """Return what was carried forward to `commit`."""
    return tuple(
        CarriedRow(
            flag=one.flag,
            short=one.short,
            address=project.at().commit_page(one.sha),
            age=age(commit.committed_at - one.at),
            files=tuple((number, word) for number, word in _files(one) if number),
            left_out=one.left_out,
            left_out_count=one.left_out_count,
        )
        for one in carried
    )


def age(length: timedelta) -> str:
    """Return how much older the origin is: `3 days`, `2 h 10 min`."""
    return (
        figures.counted(length.days, "day")
        if length.days >= 1
        else figures.duration(max(length, timedelta()))
    )


def _files(one: CarriedFact) -> tuple[tuple[int, str], ...]:
    return (
        (one.kept, "unchanged"),
        (one.renamed, "renamed"),
        (one.changed, "changed (unchanged lines kept)"),
        (one.unchecked, "unchecked"),
        (one.deleted, "deleted"),
        (one.left_out_count, "left out"),
    )


def _counted(found: Completeness | None, processed: int, failed: int, waiting: int, *, brief: bool) -> str:
    """Return `4 of 5 uploads in, 1 failed`: of those that are expected by name, else announced, else of those that came."""
    came, every = processed, processed + failed + waiting
    if found is not None and found.expected:
        came, every = found.expected_in, found.expected
    elif found is not None and found.announced is not None:
        came, every = found.received, max(found.announced, found.received)
    text = f"{figures.group(came)} of {figures.counted(every, 'upload')} in"
    if failed and not brief:
        text += f", {figures.group(failed)} failed"
    if waiting and not brief:
        text += f", {figures.group(waiting)} waiting"
    return text


def _is_open_ended(found: Completeness | None, waiting: int) -> bool:
    """Say whether nobody told how many uploads there will be, and all that came are processed."""
    return found is not None and not waiting and not found.expected and found.announced is None


def _complete(found: Completeness, failed: int) -> str:
    missing = _names(found.missing)
    absent = f"; {missing} did not come" if missing else ""
    bad = f", {figures.group(failed)} failed" if failed else ""
    if found.why == "count":
        return f"complete{bad}: all {figures.counted(found.announced or 0, 'announced upload')} arrived"
    if found.why in ("declared", "learned"):
        return f"complete{bad}: all {figures.group(found.expected)} expected arrived"
    if found.why == "done":
        return f"complete{bad}{absent}: {figures.counted(found.received, 'upload')}, said to be all"
    quiet = figures.duration(timedelta(minutes=found.quiet_minutes))
    return f"complete{bad}{absent}: {figures.counted(found.received, 'upload')}, then none for {quiet}, until"


def _names(slots: Sequence[Slot]) -> str:
    called = [_called(slot) + (f" ({slot.missing} more)" if slot.missing > 1 else "") for slot in slots]
    if len(called) > NAMED:
        called[NAMED:] = [f"{figures.group(len(called) - NAMED)} more"]
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} and {called[-1]}" if called else ""


def _of(slot: Slot) -> str:
    """Return `1 of 2`, or how many came although none was expected."""
    came = figures.group(slot.arrived)
    return f"{came} of {figures.group(slot.expected)}" if slot.expected else came


def _called(slot: Slot) -> str:
    return slot.name or "an upload without a name"


def _state(slot: Slot) -> tuple[str, str]:
    if slot.waiting:
        return "waiting", "being processed"
    if slot.failed and not slot.arrived:
        return "failed", "failed"
    if slot.missing:
        return "unmeasured", "missing" if not slot.arrived else f"{figures.group(slot.missing)} missing"
    return "processed", "arrived" if slot.expected else "arrived, not expected"
