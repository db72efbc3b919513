"""Coverage as Cobertura XML (coverage-04.dtd), in the form of coverage.py with the methods of istanbul. PURE.

What is read back counts the same lines and arms, and the functions that have a place. Arms are counted by line; those that were never
taken are named where they are jumps. Files of which only the executed lines are known are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from xml.sax.saxutils import quoteattr

from covdash.coverage import arms
from covdash.coverage.lines import FileCoverage, Function, Outcomes, State
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Count, Totals

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_JUMP = re.compile(r"-> (\d+)\Z")
_NONE = Count(0, 0)


def write(files: Iterable[tuple[str, FileCoverage]], totals: Totals, at: datetime) -> Iterator[str]:
    """Yield the report of `files` (path, coverage), a file at a time; `totals` are theirs, `at` is when they were measured."""
    lines, branches = totals.get("lines") or _NONE, totals.get("branches") or _NONE
    yield '<?xml version="1.0" ?>\n<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">\n'
    yield (
        f'<coverage version="covdash" timestamp="{int(at.timestamp() * 1000)}"'
        f' lines-valid="{lines.total}" lines-covered="{lines.covered}" line-rate="{_rate(lines)}"'
        f' branches-covered="{branches.covered}" branches-valid="{branches.total}" branch-rate="{_rate(branches)}"'
        ' complexity="0">\n<sources><source>.</source></sources>\n<packages>\n'
    )
    open_: str | None = None
    for path, coverage in files:
        folder, _, name = path.rpartition("/")
        if name == UNPLACED or coverage.executed_only:
            continue
        if folder != open_:
            if open_ is not None:
                yield "</classes></package>\n"
            yield f'<package name={_quoted(folder.replace("/", ".") or ".")} line-rate="0" branch-rate="0" complexity="0"><classes>\n'
            open_ = folder
        yield "".join(_class(path, name, coverage))
    yield f"{'</classes></package>' if open_ is not None else ''}\n</packages>\n</coverage>\n"


def _class(path: str, name: str, coverage: FileCoverage) -> Iterator[str]:
    branches = coverage.outcomes.get("branches")
    lines = coverage.count("lines") or _NONE
    arms_of_file = branches.count() if branches else _NONE
    yield (
        f"<class name={_quoted(name)} filename={_quoted(path)}"
        f' line-rate="{_rate(lines)}" branch-rate="{_rate(arms_of_file)}" complexity="0">'
    )
    yield "<methods>"
    for function in coverage.functions or ():
        if function.start:
            yield _method(function)
    yield "</methods><lines>\n"
    said = _arms(branches) if branches else {}
    pairs = zip(coverage.lines.tolist(), coverage.hits.tolist(), coverage.states.tolist(), strict=True)
    # A file that has arms says so on each line, else a reader takes it for one that does not measure them.
    plain = "" if branches is None else ' branch="false"'
    for line, hits, state in pairs:
        yield f'<line number="{line}" hits="{max(hits, 1) if state else 0}"{said.get(line, plain)}/>\n'
    yield "</lines></class>\n"


def _method(function: Function) -> str:
    hits = int(function.hits) if function.state == State.COVERED else 0
    end = f'<line number="{function.end}" hits="{hits}"/>' if function.end > function.start else ""
    return (
        f'<method name={_quoted(function.name)} signature="" hits="{hits}" line-rate="{int(hits > 0)}" branch-rate="0">'
        f'<lines><line number="{function.start}" hits="{hits}"/>{end}</lines></method>'
    )


def _arms(branches: Outcomes) -> dict[int, str]:
    never: dict[int, list[tuple[str, int]]] = {}
    for line, key, _, times in branches.named():
        never.setdefault(line, []).append((key, times))
    found: dict[int, str] = {}
    for line, covered, total in zip(*(column.tolist() for column in branches.per_line()), strict=True):
        if not total:
            continue
        share = f"{100 * covered // total}% ({covered}/{total})"
        found[line] = f' branch="true" condition-coverage="{share}"'
        keys = arms.missed(never.get(line, ()), covered, total)
        targets = [match[1] if (match := _JUMP.match(key)) else key for key in keys]
        if targets and all(target.isdigit() or target == "exit" for target in targets):
            found[line] += f' missing-branches="{",".join(targets)}"'
    return found


def _rate(count: Count) -> str:
    return f"{float(Fraction(count.covered, count.total)):.4f}" if count.total else "0"


def _quoted(text: str) -> str:
    """Return `text` as an attribute in quotes; characters that no XML document may hold become U+FFFD."""
    kept = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return quoteattr(kept, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
