"""What coverage.py itself makes of a Python source and the lines and arcs that ran. PURE: text in memory, nothing read from disk.

coverage.py is the authority for its own data: the analysis that `coverage report` runs is run here, with its default exclusions
(`pragma: no cover`, `if TYPE_CHECKING:`, `...` bodies). Exclusions that a project configures are not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coverage.config import DEFAULT_EXCLUDE, DEFAULT_PARTIAL, DEFAULT_PARTIAL_ALWAYS
from coverage.exceptions import CoverageException
from coverage.misc import join_regex
from coverage.parser import PythonParser
from coverage.phystokens import source_encoding
from coverage.regions import code_regions
from coverage.results import Analysis, analysis_from_file_reporter

_EXCLUDE = join_regex(DEFAULT_EXCLUDE)
_NO_BRANCH = join_regex(DEFAULT_PARTIAL + DEFAULT_PARTIAL_ALWAYS)
Arc = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ran:
    """What ran of a file: lines, and arcs (from, to) if branches were measured; negative numbers are entries and exits."""

    lines: frozenset[int]
    arcs: frozenset[Arc] | None = None


@dataclass(frozen=True, slots=True)
class Analysed:
    """What coverage.py reports of a file.

    `arms` maps a branching line to its (target, ran) pairs, `arm_counts` to (covered, total), which may hold more: arms that cannot
    be missed. `functions` are (name, start, end, ran).
    """

    executed: frozenset[int]
    missing: frozenset[int]
    arms: dict[int, list[tuple[int, bool]]]
    arm_counts: dict[int, tuple[int, int]]
    functions: tuple[tuple[str, int, int, bool], ...]


class _Reporter:
    """The part of coverage.py's `FileReporter` and data object that its analysis asks for, over a text in memory."""

    def __init__(self, parser: PythonParser, ran: Ran) -> None:
        self.parser = parser
        self.ran = ran
        self.excluded_lines = lambda: parser.excluded
        self.translate_lines = parser.translate_lines
        self.translate_arcs = parser.translate_arcs
        self.possible_arcs = parser.arcs
        self.exit_counts = parser.exit_counts

    def has_arcs(self) -> bool:
        return self.ran.arcs is not None

    def no_branch_lines(self) -> set[int]:
        return self.parser.lines_matching(_NO_BRANCH)


class _File(_Reporter):
    def lines(self) -> set[int]:
        return self.parser.statements

    def arcs(self) -> set[Arc]:
        return self.possible_arcs()


class _Data(_Reporter):
    def lines(self, _path: str) -> Collection[int]:
        return self.ran.lines

    def arcs(self, _path: str) -> Collection[Arc]:
        return self.ran.arcs or ()


def analyse(text: bytes, ran: Ran) -> Analysed | None:
    """Return what coverage.py reports of the source `text` given what ran, or None when the source cannot be parsed."""
    parsed = _parse(text)
    if parsed is None:
        return None
    source, parser = parsed
    try:
        analysis = analysis_from_file_reporter(_Data(parser, ran), 0, _File(parser, ran), "source")  # type: ignore[arg-type]
        functions = tuple(_functions(source, analysis))
    except (CoverageException, SyntaxError, ValueError, AssertionError, RecursionError):
        return None
    arms: dict[int, list[tuple[int, bool]]] = {}
    for did_run, arcs in ((True, analysis.executed_branch_arcs()), (False, analysis.missing_branch_arcs())):
        for line, targets in arcs.items():
            arms.setdefault(line, []).extend((target, did_run) for target in targets)
    return Analysed(
        executed=frozenset(analysis.executed),
        missing=frozenset(analysis.missing),
        arms=arms,
        arm_counts={line: (taken, total) for line, (total, taken) in analysis.branch_stats().items()},
        functions=functions,
    )


def statements(text: bytes) -> frozenset[int] | None:
    """Return the executable lines of a source without the excluded ones, or None when it cannot be parsed."""
    parsed = _parse(text)
    return None if parsed is None else frozenset(parsed[1].statements)


def _parse(text: bytes) -> tuple[str, PythonParser] | None:
    data = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\f", b" ")
    try:
        source = data.decode(source_encoding(data), "replace").removeprefix("\ufeff")
        if not source.endswith("\n"):
            source += "\n"
        parser = PythonParser(text=source, exclude=_EXCLUDE)
        parser.parse_source()
    except (CoverageException, SyntaxError, ValueError, LookupError, RecursionError):
        return None
    return source, parser


def _functions(source: str, analysis: Analysis) -> Iterable[tuple[str, int, int, bool]]:
    """Functions as `coverage json` lists them: one with any statement; it ran if any statement of its own ran."""
    for region in code_regions(source):
        own = region.lines & analysis.statements
        if region.kind == "function" and own:
            yield region.name, region.start, max(region.lines), bool(own & analysis.executed)
