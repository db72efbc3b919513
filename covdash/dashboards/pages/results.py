"""Tests, mutants and methods of an upload, for its page: counts, a score with its numbers, and what to look at first. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from covdash.coverage.results import SHOWN
from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.reports.facts import FileOutcome

_WORDS = {
    "passed": ("covered", "passed"), "failed": ("missed", "failed"), "error": ("missed", "ended with an error"),
    "skipped": ("unmeasured", "skipped"), "flaky": ("partial", "flaky"), "killed": ("covered", "killed"),
    "timeout": ("covered", "timed out"), "survived": ("missed", "survived"), "no_coverage": ("missed", "covered by no test"),
    "ignored": ("unmeasured", "ignored"), "pending": ("unmeasured", "not run"),
}  # fmt: skip
"""State -> (state of the glyph, word)."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A test, a mutant or a method. `place` is `src/a.py:12` as far as the report says, `number` its seconds or its CRAP."""

    name: str
    place: str
    said: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class ResultsCard:
    """Tests, mutants or methods of one file of the upload; `score` are the mutants that were detected, of those that could be."""

    title: str
    file: str
    counts: tuple[tuple[str, int, str], ...]
    """(state of the glyph, number, word)."""
    lists: tuple[tuple[str, tuple[ResultRow, ...]], ...]
    """(heading, rows)."""
    score: Count | None = None
    note: str = ""


def cards(outcome: FileOutcome) -> Iterator[ResultsCard]:
    """Yield a card for each kind of result that came with a file."""
    results = outcome.results
    if "tests" in results:
        yield ResultsCard(
            _title(results["tests"], "test"), outcome.name, _counts(results["tests"]),
            _lists(("Failed", map(_test, results["failed"])), ("Slowest", map(_test, results["slowest"]))),
            note=f"They took {figures.group(round(results['seconds']))} s in all." if results["seconds"] >= 1 else "",
        )  # fmt: skip
    if "mutants" in results:
        detected = results["detected"]
        yield ResultsCard(
            _title(results["mutants"], "mutant"), outcome.name, _counts(results["mutants"]),
            _lists(("Survived: changes that no test noticed", map(_mutant, results["survivors"]))),
            score=Count(detected["covered"], detected["total"]) if detected["total"] else None,
            note="A mutant is a small change of the code. What survives ran perhaps, but nothing checked what it did.",
        )  # fmt: skip
    if "methods" in results:
        methods = results["methods"]
        worst = (_method(row) for row in results["worst"])
        yield ResultsCard(
            _title({"total": methods["total"]}, "method"),
            outcome.name,
            (("missed", methods["crappy"], "with a CRAP above 30"),) if methods["crappy"] else (),
            _lists(("Highest CRAP: complex and little covered", worst)),
        )


def _title(counts: Mapping[str, int], word: str) -> str:
    return figures.counted(counts.get("total", sum(counts.values())), word)


def _counts(counts: Mapping[str, int]) -> tuple[tuple[str, int, str], ...]:
    return tuple(
        (_WORDS[state][0], number, _WORDS[state][1])
        for state, number in counts.items()
        if state in _WORDS and number
    )


def _lists(*lists: tuple[str, Iterable[ResultRow]]) -> tuple[tuple[str, tuple[ResultRow, ...]], ...]:
    made = ((heading, tuple(rows)) for heading, rows in lists)
    return tuple(
        (f"{heading} (the first {SHOWN})" if len(rows) >= SHOWN else heading, rows)
        for heading, rows in made
        if rows
    )


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if path and line else path


def _test(test: Mapping[str, Any]) -> ResultRow:
    return ResultRow(
        test["name"], _place(test["file"], test["line"]), test["message"], f"{test['seconds']:.3f} s"
    )


def _mutant(mutant: Mapping[str, Any]) -> ResultRow:
    return ResultRow(mutant["operator"], _place(mutant["path"], mutant["line"]), mutant["detail"])


def _method(method: Mapping[str, Any]) -> ResultRow:
    return ResultRow(method["name"], "", f"complexity {method['complexity']:g}", f"{method['crap']:g}")
