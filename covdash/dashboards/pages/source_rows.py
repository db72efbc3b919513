"""The rows of the source view: number, hits, arms in words, text. Made only for the lines that are shown. PURE.

Columns of the coverage stay arrays; a row is made once per line and printed by a Jinja2 template.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from covdash.coverage import arms
from covdash.coverage.lines import Column, FileCoverage, Outcomes
from covdash.dashboards import figures
from covdash.dashboards.pages.line_states import LineState
from covdash.reports.facts import SourceFact

MAX_LENGTH = 2000
"""Characters of a line that are shown; minified files have lines of a million."""
CLASSES = {
    LineState.UNMEASURED: "",
    LineState.COVERED: "c",
    LineState.PARTIAL: "p",
    LineState.MISSED: "m",
    LineState.UNKNOWN: "",
    LineState.ELSEWHERE: "e",
}
_STATES = tuple(sorted(LineState))
"""By their numbers: there are thousands of rows."""
KINDS = ("branches", "conditions", "paths")
"""Metrics that are shown beside the hits, each in a column of its own where the file carries it."""
SAID = 3
"""Ways that are named on the line; the rest is in the list that opens."""
_NUMBERED = re.compile(r"(\d{1,9})(?: \((\d+)\))?\Z")
"""A condition that its tool only counts, from 0, and the decision of the line it belongs to, from the second on."""
_CONDITION = re.compile(r"\d+,\d+,([tf]),(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way out of the decisions of a line, in words; `hits` are how often it was taken."""

    kind: str
    text: str
    key: str
    hits: int
    exact: bool = True

    @property
    def hits_text(self) -> str:
        """How often it was taken, in words."""
        if not self.hits:
            return "never"
        return figures.counted(self.hits, "time") if self.exact else "taken"


class Row(NamedTuple):
    """One line of the file. `css` is the class of its state; `never` says in words what never ran.

    `ways` has the fraction (`1/2`, or nothing) for each of the metrics that `kinds_of` gives.
    """

    number: int
    state: LineState
    hits: str
    ways: tuple[str, ...]
    never: str
    named: tuple[Arm, ...]
    text: Markup | str
    cut: int = 0
    """Characters that are not shown."""
    width: int = 0
    """Characters the row needs, arms in words included."""
    past: str = ""
    """What the line was before, in words."""
    elsewhere: str = ""
    """Who else ran the line, when nobody did who is looked at: `by e2e only`."""

    @property
    def css(self) -> str:
        """The class of the row."""
        return CLASSES[self.state]


def rows(
    coverage: FileCoverage | None,
    states: Column,
    source: SourceFact | None,
    first: int,
    last: int,
    *,
    exact: bool = True,
    whole: bool = False,
    remembered: Callable[[int], str] | None = None,
) -> list[Row]:
    """Return the rows of the lines `first`..`last` (1-based, both included). `whole` shows long lines uncut."""
    hits = _hits(coverage, first, last, exact=exact)
    kinds = kinds_of(coverage)
    counts, named = _arms(coverage, first, last, exact=exact)
    made = []
    for number in range(first, last + 1):
        state = _STATES[states[number - 1]]
        text, width, cut = _text(source, number, whole=whole)
        ways, ran = named.get(number, ()), counts.get(number, ())
        never = _never(ran, ways, state)
        fractions = {kind: f"{covered}/{total}" for kind, covered, total in ran}
        beside = tuple(fractions.get(kind, "") for kind in kinds)
        width += len(never) + 4 if never else 0
        past = remembered(number) if remembered else ""
        made.append(Row(number, state, hits.get(number, ""), beside, never, ways, text, cut, width, past))
    return made


def kinds_of(coverage: FileCoverage | None) -> tuple[str, ...]:
    """Return those of `KINDS` that the file carries."""
    return tuple(kind for kind in KINDS if coverage is not None and kind in coverage.outcomes)


def _hits(coverage: FileCoverage | None, first: int, last: int, *, exact: bool) -> dict[int, str]:
    if coverage is None:
        return {}
    start, end = np.searchsorted(coverage.lines, (first, last + 1)).tolist()
    exact = exact and coverage.counted
    return {
        line: hits_text(hits, exact=exact)
        for line, hits in zip(
            coverage.lines[start:end].tolist(), coverage.hits[start:end].tolist(), strict=True
        )
    }


def hits_text(hits: int, *, exact: bool) -> str:
    """Return hits for the gutter; `yes` where the data only say that a line ran."""
    if not exact:
        return "yes" if hits else "0"
    return figures.abbreviate(hits)


Counts = tuple[tuple[str, int, int], ...]
"""(kind, covered, total) of a line."""


def _arms(
    coverage: FileCoverage | None, first: int, last: int, *, exact: bool
) -> tuple[dict[int, Counts], dict[int, tuple[Arm, ...]]]:
    counts: dict[int, Counts] = {}
    named: dict[int, tuple[Arm, ...]] = {}
    for kind in KINDS:
        outcomes = coverage.outcomes.get(kind) if coverage else None
        if coverage is None or outcomes is None:
            continue
        lines, covered, total = outcomes.per_line()
        start, end = np.searchsorted(lines, (first, last + 1)).tolist()
        for line, ran, all_ in zip(
            lines[start:end].tolist(), covered[start:end].tolist(), total[start:end].tolist(), strict=True
        ):
            counts[line] = (*counts.get(line, ()), (kind, ran, all_))
        for line, arm in _named(outcomes, kind, first, last, exact=exact and coverage.counted):
            named[line] = (*named.get(line, ()), arm)
    return counts, named


def _named(outcomes: Outcomes, kind: str, first: int, last: int, *, exact: bool) -> list[tuple[int, Arm]]:
    start, end = np.searchsorted(outcomes.line, (first, last + 1)).tolist()
    return [
        (line, Arm(kind, arm_name(kind, key), key, hits, exact))
        for line, key, hits in zip(
            outcomes.line[start:end].tolist(),
            outcomes.key[start:end],
            outcomes.hits[start:end].tolist(),
            strict=True,
        )
    ]


def arm_name(kind: str, key: str) -> str:
    """Return what an arm or a condition is called, as a noun: `else`, `jump to line 37`, `paid being true`."""
    if kind == "branches":
        return arms.name(key)
    found = _CONDITION.match(key)
    if not found:
        return key
    called = found[2] or "condition"
    if numbered := _NUMBERED.match(called):
        decision = f" of decision {numbered[2]}" if numbered[2] else ""
        called = f"condition {int(numbered[1]) + 1}{decision}"
    return f"{called} being {'true' if found[1] == 't' else 'false'}"


def _never(counts: Counts, named: tuple[Arm, ...], state: LineState) -> str:
    """Say which ways of a line never ran, as far as the reports know; of a line that is all covered, only paths can be missing."""
    if state not in (LineState.PARTIAL, LineState.COVERED):
        return ""
    said: list[str] = []
    for kind, covered, total in counts:
        if covered >= total:
            continue
        ways = [(arm.key, arm.hits) for arm in named if arm.kind == kind]
        never = arms.missed(ways, covered, total)
        if kind == "branches":
            said.extend(arms.words(key) for key in never)
        else:
            said.extend(f"{arm_name(kind, key)} never seen" for key in never)
        if not never:
            said.append(
                f"{figures.group(covered)} of {figures.counted(total, figures.unit(kind, 1))} taken; which one is not told"
            )
    if not said:
        return (
            "" if state == LineState.COVERED else "some of this line never ran; the report does not say what"
        )
    more = len(said) - SAID
    return "; ".join(said[:SAID]) + (f"; and {figures.group(more)} more" if more > 0 else "")


def _text(source: SourceFact | None, number: int, *, whole: bool) -> tuple[Markup | str, int, int]:
    """Return (text, its width in characters, characters cut off) of a line."""
    if source is None or number > len(source.lines):
        return "", 0, 0
    line = source.lines[number - 1]
    if len(line) > MAX_LENGTH and not whole:
        return line[:MAX_LENGTH], MAX_LENGTH, len(line) - MAX_LENGTH
    width = len(line.expandtabs(4)) if "\t" in line else len(line)
    if source.highlighted is not None and number <= len(source.highlighted):
        # The highlighter escapes first and emits only `<span class="k|s|c|n">`; its own tests hold it to that.
        return Markup(source.highlighted[number - 1]), width, 0  # noqa: S704
    return line, width, 0
