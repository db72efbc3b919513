"""Whether the report of a commit is complete: who arrived, who is missing, and why it counts as complete. PURE.

Everything is a function of the set of uploads, of what was said about the commit, and of the clock: in any order it ends the same.
Nothing is ever closed: an upload that comes late is one more member of the set, and the commit is judged again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WINDOW = 10
"""Complete commits that the expected set is learned from, at most."""
LEAST = 3
"""And at least; a name must have come as often before it is expected."""
FORGIVING = 5
"""Over so many commits a name may have been missing once and still be expected."""
MAX_SLOTS = 200
"""Names that are kept of one commit."""
UNNAMED = ""
"""The name of an upload without job and flags."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One upload that counts for its commit, or did not get so far. `state` is received, processing, processed or failed.

    `slot` tells apart what is called alike (legs of a matrix); several uploads of one slot are one.
    """

    job: str
    flags: tuple[str, ...]
    slot: str
    state: str
    received_at: datetime

    @property
    def name(self) -> str:
        """The name as people know it: job, `job [flag, flag]`, or the flags."""
        flags = ", ".join(sorted(self.flags))
        return f"{self.job} [{flags}]" if self.job and flags else self.job or flags

    @property
    def is_open(self) -> bool:
        """Whether it is still to be processed."""
        return self.state in ("received", "processing")


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides when a commit is complete, besides its uploads.

    `expect` are the names that were declared, `learned` name -> number as `learn` found them; `expects` is a number of uploads that a
    client announced; `done_at` and `done_by` are when and in which protocol one said that all are sent.
    """

    quiet: timedelta
    expect: tuple[str, ...] = ()
    learned: Mapping[str, int] | None = None
    expects: int | None = None
    done_at: datetime | None = None
    done_by: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One name: how many of it are expected (0: none, it came anyway), and how many came, by state; `at` is when the last came."""

    name: str
    expected: int = 0
    arrived: int = 0
    failed: int = 0
    waiting: int = 0
    at: datetime | None = None

    @property
    def missing(self) -> int:
        """How many are still to come; a failed one did not come."""
        return max(self.expected - self.arrived, 0)


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is known of a commit. `complete_at` is None while it is collecting; then `until` is when the quiet period ends.

    `why` is `done`, `count`, `declared`, `learned`, `quiet`, `same_tree` or `chosen`; while it is collecting, what is waited for.
    `received` is the number of uploads that count, `waiting` of these the ones to be processed, `announced` the number a client named.
    `of` is the sha of a commit of equal content whose report stands for this one.
    """

    complete_at: datetime | None = None
    why: str = ""
    by: str = ""
    slots: tuple[Slot, ...] = ()
    received: int = 0
    waiting: int = 0
    announced: int | None = None
    until: datetime | None = None
    quiet_minutes: int = 0
    of: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the numbers are the whole of it, as far as can be known."""
        return self.complete_at is not None

    @property
    def expected(self) -> int:
        """How many uploads are expected by name."""
        return sum(slot.expected for slot in self.slots)

    @property
    def expected_in(self) -> int:
        """How many of those came."""
        return sum(min(slot.expected, slot.arrived) for slot in self.slots)

    @property
    def arrived(self) -> tuple[Slot, ...]:
        """The names that came."""
        return tuple(slot for slot in self.slots if slot.arrived)

    @property
    def missing(self) -> tuple[Slot, ...]:
        """The names that did not come, or not as often as expected."""
        return tuple(slot for slot in self.slots if slot.missing)


def judge(arrivals: Iterable[Arrival], asked: Asked, *, now: datetime) -> Completeness:
    """Return the state of a commit with these uploads. One rule decides: done, else a number, else declared or learned names.

    The quiet period ends the waiting for whichever does not come. While uploads are to be processed, nothing is complete.
    """
    uploads = sorted(
        arrivals, key=lambda upload: (upload.received_at, upload.name, upload.slot, upload.state)
    )
    slots = _slots(uploads, asked)
    last = uploads[-1].received_at if uploads else None
    waiting = sum(upload.is_open for upload in uploads)
    until = last + asked.quiet if last and not waiting else None
    rule, at = "quiet", None
    if asked.done_at is not None:
        rule, at = "done", max(asked.done_at, last or asked.done_at)
    elif asked.expects is not None:
        rule, at = "count", last if len(uploads) >= asked.expects else None
    elif asked.expect or asked.learned:
        rule = "declared" if asked.expect else "learned"
        at = last if not any(slot.missing for slot in slots) else None
    if at is None and until is not None and until <= now:
        rule, at = "quiet", until
    return Completeness(
        complete_at=None if waiting else at,
        why=rule,
        by=asked.done_by,
        slots=_cut(slots),
        received=len(uploads),
        waiting=waiting,
        announced=asked.expects,
        until=until if at is None else None,
        quiet_minutes=int(asked.quiet.total_seconds() // 60),
    )


def learn(history: Sequence[Mapping[str, int]]) -> dict[str, int] | None:
    """Return name -> number of the uploads that always came lately; None if too few complete commits are known.

    `history` holds name -> number that came, of complete commits, newest first. A name is expected when it came with every commit
    since it first appeared, `LEAST` of them or more; over `FORGIVING` commits or more it may have been missing once, as when a runner
    died. So a new job is expected after three commits, and one that was removed no more after it was missing twice.
    """
    window = history[:WINDOW]
    if len(window) < LEAST:
        return None
    expected: dict[str, int] = {}
    for name in sorted(set().union(*window)):
        first = max(at for at, came in enumerate(window) if name in came)
        span = window[: first + 1]
        came = [commit[name] for commit in span if name in commit]
        absent = len(span) - len(came)
        if len(came) >= LEAST and absent <= (len(span) >= FORGIVING):
            expected[name] = min(came)
    return expected


def as_json(found: Completeness) -> dict[str, Any]:
    """Return what is stored of it; `complete_at` has a column of its own."""
    return {
        "why": found.why,
        "by": found.by,
        "slots": [
            [slot.name, slot.expected, slot.arrived, slot.failed, slot.waiting, _text(slot.at)]
            for slot in found.slots
        ],
        "received": found.received,
        "waiting": found.waiting,
        "announced": found.announced,
        "until": _text(found.until),
        "quiet_minutes": found.quiet_minutes,
        "of": found.of,
    }


def from_json(complete_at: datetime | None, said: Mapping[str, Any]) -> Completeness | None:
    """Return what was stored; None for a commit that was never judged."""
    if not said.get("why"):
        return None
    return Completeness(
        complete_at=complete_at,
        why=said["why"],
        by=said.get("by", ""),
        slots=tuple(
            Slot(name, expected, arrived, failed, waiting, _time(at))
            for name, expected, arrived, failed, waiting, at in said.get("slots", ())
        ),
        received=said.get("received", 0),
        waiting=said.get("waiting", 0),
        announced=said.get("announced"),
        until=_time(said.get("until")),
        quiet_minutes=said.get("quiet_minutes", 0),
        of=said.get("of", ""),
    )


def came(said: Mapping[str, Any]) -> dict[str, int]:
    """Return name -> number that came, of a stored completeness: what `learn` reads."""
    return {slot[0]: slot[2] for slot in said.get("slots", ()) if slot[2]}


def _slots(uploads: Sequence[Arrival], asked: Asked) -> list[Slot]:
    """Return one slot for each name that is expected or came, by name."""
    expected: dict[str, int] = dict.fromkeys(asked.expect, 1) if asked.expect else dict(asked.learned or {})
    named: dict[str, dict[str, Arrival]] = {name: {} for name in expected}
    # Uploads without a slot stand for themselves. Of one slot the newest is shown, one to be processed first, a failed one last.
    ranked = sorted(
        enumerate(uploads), key=lambda item: (item[1].is_open, item[1].state != "failed", item[0])
    )
    for number, upload in ranked:
        name = _declared(upload, asked.expect) or upload.name
        named.setdefault(name, {})[upload.slot or f"#{number}"] = upload
    return [_slot(name, expected.get(name, 0), named[name].values()) for name in sorted(named)]


def _slot(name: str, expected: int, uploads: Iterable[Arrival]) -> Slot:
    listed = list(uploads)
    states = Counter("waiting" if upload.is_open else upload.state for upload in listed)
    return Slot(
        name,
        expected,
        len(listed) - states["failed"],
        states["failed"],
        states["waiting"],
        max((upload.received_at for upload in listed), default=None),
    )


def _declared(upload: Arrival, expect: Iterable[str]) -> str:
    """Return the declared name that an upload goes by: its name, job or slot, else its flags; "" if none does."""
    flags = set(upload.flags)
    exact = {upload.name, upload.job, upload.slot} - {""}
    for name in expect:
        job, _, listed = name.partition("[")
        wanted = {flag.strip() for flag in listed.rstrip("] ").split(",")} if listed else set()
        if name in exact or (wanted and job.strip() == upload.job and wanted == flags):
            return name
    return next((name for name in expect if {flag.strip() for flag in name.split(",")} <= flags), "")


def _cut(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Keep a bounded number of names, all that are expected first."""
    if len(slots) <= MAX_SLOTS:
        return tuple(slots)
    kept = sorted(slots, key=lambda slot: (not slot.expected, slot.name))[: 2 * MAX_SLOTS]
    return tuple(sorted(kept, key=lambda slot: slot.name))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
