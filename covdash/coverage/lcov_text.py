"""Coverage as an LCOV tracefile (geninfo(1)): lines, arms, functions and conditions. PURE.

What is read back counts the same lines, arms and functions. Arms that are only counted get numbers; a function that was called and
that its tool does not count as covered is written as not called; files of which only the executed lines are known are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from covdash.coverage.lines import FileCoverage, Function, Outcomes, State
from covdash.coverage.report import UNPLACED

_NUMBERED = re.compile(r"\d{1,9},\d{1,9}\Z")
_BLOCK = re.compile(r"\d{1,9},(?=[^,])")
_JUMP = re.compile(r"-> (\d+)\Z")
_CONDITION = re.compile(r"(\d{1,9}),(\d{1,9}),([tf]),(.*)\Z", re.DOTALL)
_DOUBTFUL = re.compile(r"_|\d+,|.*[.:]")
"""Names that readers of `FN` join or split: mangled ones, those with a file, and those that begin like a line number."""
_BREAKS = str.maketrans(
    dict.fromkeys(map(ord, "\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\N{REPLACEMENT CHARACTER}")
)


def write(files: Iterable[tuple[str, FileCoverage]]) -> Iterator[str]:
    """Yield the tracefile of `files` (path, coverage), a section at a time."""
    yield "TN:\n"
    for path, coverage in files:
        if path.rpartition("/")[2] != UNPLACED and not coverage.executed_only:
            yield "\n".join(_section(path, coverage)) + "\n"


def _section(path: str, coverage: FileCoverage) -> Iterator[str]:
    yield f"SF:{path.translate(_BREAKS)}"
    if coverage.functions is not None:
        yield from _functions(coverage.functions)
    hits = dict(zip(coverage.lines.tolist(), _hits(coverage), strict=True))
    if (branches := coverage.outcomes.get("branches")) is not None:
        yield from _arms(branches, hits)
    if (conditions := coverage.outcomes.get("conditions")) is not None:
        yield from _conditions(conditions)
    for line, times in hits.items():
        yield f"DA:{line},{times}"
    yield f"LF:{len(hits)}"
    yield f"LH:{sum(times > 0 for times in hits.values())}"
    yield "end_of_record"


def _hits(coverage: FileCoverage) -> list[int]:
    """Return the hits of each line, as its state has it: 0 for a missed one, at least 1 for any other."""
    pairs = zip(coverage.hits.tolist(), coverage.states.tolist(), strict=True)
    return [max(hits, 1) if state else 0 for hits, state in pairs]


def _functions(functions: tuple[Function, ...]) -> Iterator[str]:
    names = [function.name.translate(_BREAKS) for function in functions]
    calls = [int(function.hits) if function.state == State.COVERED else 0 for function in functions]
    plain = len(set(names)) == len(names) and all(
        function.start and name and not _DOUBTFUL.match(name)
        for function, name in zip(functions, names, strict=True)
    )
    if plain:
        for function, name in zip(functions, names, strict=True):
            end = f"{function.end}," if function.end else ""
            yield f"FN:{function.start},{end}{name}"
        for name, times in zip(names, calls, strict=True):
            yield f"FNDA:{times},{name}"
    else:  # lcov 2.x: each function has a number of its own
        for number, (function, name, times) in enumerate(zip(functions, names, calls, strict=True)):
            end = f",{function.end}" if function.end else ""
            yield f"FNL:{number},{function.start}{end}"
            yield f"FNA:{number},{times},{name}"
    yield f"FNF:{len(names)}"
    yield f"FNH:{sum(times > 0 for times in calls)}"


def _arms(branches: Outcomes, hits: dict[int, int]) -> Iterator[str]:
    named: dict[int, list[tuple[str, int, int]]] = {}
    for line, key, weight, times in branches.named():
        named.setdefault(line, []).append((key, weight, times))
    lines, covered, total = (column.tolist() for column in branches.per_line())
    counts = list(zip(lines, covered, total, strict=True))
    count = branches.count()
    rest = count.covered - sum(covered), count.total - sum(total)
    if any(rest):
        counts.insert(0, (0, *rest))
    for line, ran, known in counts:
        taken = _ways(named.get(line, []), ran, known)
        for way, times in taken:
            yield f"BRDA:{line},{way},{times if times or hits.get(line, 1) else '-'}"
    yield f"BRF:{count.total}"
    yield f"BRH:{count.covered}"


def _ways(named: list[tuple[str, int, int]], covered: int, total: int) -> list[tuple[str, int]]:
    """Return (block and branch, times) of a line: its named arms, and as many numbered ones as its counts have beyond them.

    After a merge the names may say less than the counts do (an arm that one upload missed and another only counted): then the counts
    stand alone.
    """
    written: list[tuple[str, int]] = []
    for key, weight, times in named:
        written.append((_way(key), times))
        written.extend((f"{_way(key)} #{nth}", times) for nth in range(2, weight + 1))
    ran = sum(times > 0 for _, times in written)
    if not 0 <= covered - ran <= total - len(written):
        written, ran = [], 0
    block = 1 + max(
        (int(way.partition(",")[0]) for way, _ in written if _NUMBERED.match(way)),
        default=-1 if not written else 0,
    )
    beyond = total - len(written)
    return [*written, *((f"{block},{nth}", int(nth < covered - ran)) for nth in range(beyond))]


def _way(key: str) -> str:
    if _NUMBERED.match(key):
        return key
    if found := _JUMP.match(key):
        return f"0,jump to line {found[1]}"
    text = key.translate(_BREAKS)
    return text if _BLOCK.match(text) else f"0,{text}"


def _conditions(conditions: Outcomes) -> Iterator[str]:
    named: dict[int, list[tuple[str, int]]] = {}
    for line, key, _, times in conditions.named():
        named.setdefault(line, []).append((key, times))
    all_ran = all_known = 0
    for line, ran, known in zip(*(column.tolist() for column in conditions.per_line()), strict=True):
        found = [(_CONDITION.match(key.translate(_BREAKS)), times) for key, times in named.get(line, [])]
        told = len(found) == known and sum(times > 0 for _, times in found) == ran
        all_ran, all_known = all_ran + ran, all_known + known
        if told and all(match for match, _ in found):
            for match, times in found:
                if match:
                    yield f"MCDC:{line},{match[1]},{match[3]},{times},{match[2]},{match[4]}"
            continue
        for nth in range(known):
            yield f"MCDC:{line},{known},t,{int(nth < ran)},{nth},"
    yield f"MCF:{all_known}"
    yield f"MCH:{all_ran}"
