"""One file in plain words for JSON: the shape that `inspect_report` prints and the read API answers. PURE."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from covdash.coverage.arms import name
from covdash.coverage.differential import CATEGORIES, Differential
from covdash.coverage.linemap import LineMap
from covdash.coverage.lines import FileCoverage, Function, Outcomes
from covdash.coverage.totals import KINDS, Totals


class CountShape(TypedDict):
    """How many of a thing ran, of how many."""

    covered: int
    total: int


class _Weight(TypedDict, total=False):
    weight: int


class ArmShape(_Weight):
    """One named arm (or condition, path, statement).

    `key` is how the format tells it from the others of its line, `name` the same in words; `weight` is given where it is not 1.
    """

    key: str
    name: str
    hits: int


class OutcomeShape(CountShape):
    """A metric on one line; `arms` are those that the format names, so they may be fewer than `total`."""

    arms: list[ArmShape]


class _Partial(TypedDict, total=False):
    partial: bool


class FunctionShape(_Partial):
    """A function; `start` and `end` are 0 where the format does not say, `partial` only where it is true."""

    name: str
    start: int
    end: int
    hits: int


# Optional keys by inheritance: `NotRequired` is not seen at run time where annotations are strings.
class _Metrics(TypedDict, total=False):
    branches: dict[str, OutcomeShape]
    conditions: dict[str, OutcomeShape]
    paths: dict[str, OutcomeShape]
    statements: dict[str, OutcomeShape]
    instructions: dict[str, OutcomeShape]
    regions: dict[str, OutcomeShape]
    functions: list[FunctionShape]


class DiffShape(TypedDict):
    """What became of the lines of a file since another commit.

    `how` says how old and new lines were told apart: same, text, diff, assumed; with `unknown` nobody can, and with `pending` a task
    looks under which name the file was there: ask again in a moment. `was` is its path then, "" for a new file. `moved` are runs of
    lines that both texts have: first old line, first new line, number; null where no line moved. `categories` has lines by category,
    of the older text for DCB and DUB; those without a line are left out.
    """

    base: str
    was: str
    how: str
    moved: list[list[int]] | None
    categories: dict[str, list[int]]


class _Diff(TypedDict, total=False):
    diff: DiffShape


class FileShape(_Metrics, _Diff):
    """A file: what a format does not carry is absent, and so is `diff` unless it is asked for.

    Lines are keys in decimal; a line that is not listed is not executable.
    """

    path: str
    totals: dict[str, CountShape]
    lines: dict[str, int]
    partial: list[int]


def describe(path: str, file: FileCoverage) -> FileShape:
    """Return the file at `path` as JSON; `partial` lists the lines that ran but not in every way."""
    shape = FileShape(
        path=path,
        totals=totals_of(file.totals()),
        lines=dict(zip(map(str, file.lines.tolist()), file.hits.tolist(), strict=True)),
        partial=file.lines[file.partial()].tolist(),
    )
    if (arms := file.outcomes.get("branches")) is not None:
        shape["branches"] = _by_line(arms)
    if (conditions := file.outcomes.get("conditions")) is not None:
        shape["conditions"] = _by_line(conditions)
    if (paths := file.outcomes.get("paths")) is not None:
        shape["paths"] = _by_line(paths)
    if (statements := file.outcomes.get("statements")) is not None:
        shape["statements"] = _by_line(statements)
    if (instructions := file.outcomes.get("instructions")) is not None:
        shape["instructions"] = _by_line(instructions)
    if (regions := file.outcomes.get("regions")) is not None:
        shape["regions"] = _by_line(regions)
    if file.functions is not None:
        shape["functions"] = [_function(function) for function in file.functions]
    return shape


def describe_diff(*, base: str, was: str, how: str, found: Differential, lines: LineMap | None) -> DiffShape:
    """Return how a file differs from what it was in the commit `base`, as JSON."""
    numbers = {name: found.of(code).tolist() for code, name in enumerate(CATEGORIES, 1)}
    return DiffShape(
        base=base,
        was=was,
        how=how,
        moved=None if lines is None else np.column_stack((lines.old, lines.new, lines.length)).tolist(),
        categories={name: listed for name, listed in numbers.items() if listed},
    )


def totals_of(totals: Totals) -> dict[str, CountShape]:
    """Return the metrics that are carried, as JSON."""
    pairs = zip(KINDS, totals.counts, strict=True)
    return {kind: {"covered": pair[0], "total": pair[1]} for kind, pair in pairs if pair is not None}


def _function(function: Function) -> FunctionShape:
    shape = FunctionShape(name=function.name, start=function.start, end=function.end, hits=function.hits)
    if function.partial:
        shape["partial"] = True
    return shape


def _by_line(outcomes: Outcomes) -> dict[str, OutcomeShape]:
    line, covered, total = outcomes.per_line()
    found = {
        str(number): OutcomeShape(covered=ran, total=all_, arms=[])
        for number, ran, all_ in zip(line.tolist(), covered.tolist(), total.tolist(), strict=True)
    }
    for number, key, weight, hits in outcomes.named():
        if number:
            arm = ArmShape(key=key, name=name(key), hits=hits)
            if weight != 1:
                arm["weight"] = weight
            found[str(number)]["arms"].append(arm)
    return found
