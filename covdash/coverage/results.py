"""What a report knows beside coverage: results of tests, mutants, complexity of methods. PURE; values, their summary, their bytes.

None of it is coverage: it never enters the tree. It is kept with its upload, whole as one packed object, and in short for the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from covdash.coverage.codec import CodecError, pack, unpack
from covdash.coverage.lines import MAX_LINE

TEST_STATES = ("passed", "failed", "error", "skipped", "flaky")
MUTANT_STATES = ("killed", "timeout", "survived", "no_coverage", "error", "ignored", "pending")
"""Timeouts are detected, too; mutants in the states after `no_coverage` say nothing about the tests."""
MAX_ITEMS = 200_000
MAX_TEXT = 2_000
SHOWN = 50
"""Items of a list that the page of an upload shows."""
_CRAP = 30.0
"""Above it a method is called crappy by the authors of the metric."""


class TestCase(msgspec.Struct, frozen=True, array_like=True):
    """A run of a test: `seconds` it took, `message` of a failure (cut), `file` and `line` where the report says."""

    suite: str
    owner: str
    name: str
    state: str
    seconds: float = 0.0
    message: str = ""
    file: str = ""
    line: int = 0


class Mutant(msgspec.Struct, frozen=True, array_like=True):
    """A change of the code that tests should notice: lines 1-based, 0 where the tool does not say."""

    path: str
    line: int
    operator: str
    state: str
    detail: str = ""
    name: str = ""
    end_line: int = 0
    column: int = 0
    covered_by: tuple[str, ...] = ()
    killed_by: tuple[str, ...] = ()


class Method(msgspec.Struct, frozen=True, array_like=True):
    """A method with its cyclomatic complexity and its CRAP (complexity^2 x (1 - coverage)^3 + complexity)."""

    owner: str
    name: str
    complexity: float
    crap: float


class Results(msgspec.Struct, frozen=True, array_like=True):
    """All of one report. `stated` are counts of mutants by state where the report lists none."""

    tests: tuple[TestCase, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    methods: tuple[Method, ...] = ()
    stated: dict[str, int] = {}

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.tests or self.mutants or self.methods or self.stated)

    def summary(self) -> dict[str, Any]:
        """Return counts and the items that people look for first; empty parts are absent. JSON."""
        found: dict[str, Any] = {}
        if self.tests:
            found["tests"] = _counted((test.state for test in self.tests), TEST_STATES)
            found["seconds"] = round(sum(test.seconds for test in self.tests), 3)
            failed = [test for test in self.tests if test.state in ("failed", "error")]
            found["failed"] = [_test(test) for test in failed[:SHOWN]]
            slowest = sorted(self.tests, key=lambda test: -test.seconds)[:10]
            found["slowest"] = [_test(test) for test in slowest if test.seconds]
        if self.mutants or self.stated:
            states = (
                _counted((mutant.state for mutant in self.mutants), MUTANT_STATES)
                if self.mutants
                else self.stated
            )
            found["mutants"] = dict(states)
            detected = states.get("killed", 0) + states.get("timeout", 0)
            found["detected"] = {
                "covered": detected,
                "total": detected + states.get("survived", 0) + states.get("no_coverage", 0),
            }
            alive = [mutant for mutant in self.mutants if mutant.state == "survived"]
            found["survivors"] = [
                _mutant(mutant) for mutant in sorted(alive, key=lambda m: (m.path, m.line))[:SHOWN]
            ]
        if self.methods:
            found["methods"] = {
                "total": len(self.methods),
                "crappy": sum(method.crap > _CRAP for method in self.methods),
            }
            worst = sorted(self.methods, key=lambda method: -method.crap)[:10]
            found["worst"] = [
                {"name": f"{method.owner}::{method.name}" if method.owner else method.name, "crap": method.crap,
                 "complexity": method.complexity}
                for method in worst
            ]  # fmt: skip
        return found


def line_of(number: int) -> int:
    """Return a line or column as it is kept: 0 for what no source file has."""
    return number if 0 < number <= MAX_LINE else 0


@dataclass(slots=True)
class ResultsBuilder:
    """Collects results while a report is read; more than `MAX_ITEMS` of a kind are only counted in `dropped`."""

    tests: list[TestCase] = field(default_factory=list)
    mutants: list[Mutant] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    stated: dict[str, int] = field(default_factory=dict)
    dropped: int = 0

    def test(self, case: TestCase) -> None:
        """Add a test."""
        self._add(self.tests, case)

    def mutant(self, mutant: Mutant) -> None:
        """Add a mutant."""
        self._add(self.mutants, mutant)

    def method(self, method: Method) -> None:
        """Add a method."""
        self._add(self.methods, method)

    def build(self) -> Results:
        """Return what was collected."""
        return Results(tuple(self.tests), tuple(self.mutants), tuple(self.methods), self.stated)

    def _add(self, items: list[Any], item: object) -> None:
        if len(items) < MAX_ITEMS:
            items.append(item)
        else:
            self.dropped += 1


_decoder = msgspec.msgpack.Decoder(Results)


def encode(results: Results) -> bytes:
    """Return packed bytes of `results`, b"" for none."""
    return pack(msgspec.msgpack.encode(results)) if results else b""


def decode(data: bytes) -> Results:
    """Undo `encode`. Raises `CodecError` for damage or states that do not exist."""
    if not data:
        return Results()
    try:
        results = _decoder.decode(unpack(data))
    except (msgspec.DecodeError, ValueError) as error:
        raise error if isinstance(error, CodecError) else CodecError(f"damaged results: {error}") from error
    states = {test.state for test in results.tests} - set(TEST_STATES)
    states |= ({mutant.state for mutant in results.mutants} | set(results.stated)) - set(MUTANT_STATES)
    if states:
        raise CodecError(f"unknown states {sorted(states)[:3]}")
    return results


def _counted(states: Iterable[str], order: Iterable[str]) -> dict[str, int]:
    counts = Counter(states)
    return {"total": sum(counts.values()), **{state: counts[state] for state in order if counts[state]}}


def _test(test: TestCase) -> dict[str, Any]:
    name = f"{test.owner} {test.name}" if test.owner and test.owner != test.name else test.name
    return {
        "name": name[:300], "state": test.state, "seconds": round(test.seconds, 3), "message": test.message[:500],
        "file": test.file[:500], "line": test.line,
    }  # fmt: skip


def _mutant(mutant: Mutant) -> dict[str, Any]:
    return {
        "path": mutant.path[:500], "line": mutant.line, "operator": mutant.operator[:200],
        "detail": mutant.detail[:300] or mutant.name[:300],
    }  # fmt: skip
