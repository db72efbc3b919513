"""What a tool says about a run, and whether covdash says the same of the report of that run. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

Pair = tuple[int, int]
"""Covered and total."""


@dataclass(frozen=True)
class Share:
    """A percentage as a tool prints it, rounded to its own digits (or cut), and the total where the tool prints that too."""

    percent: str
    total: int | None = None
    cut: bool = False

    def is_of(self, covered: int, total: int) -> bool:
        """Tell whether a tool would print this for `covered` of `total`."""
        if self.total is not None and self.total != total:
            return False
        if not total:
            return True
        said = Decimal(self.percent)
        if self.cut:
            return said == (Decimal(100 * covered) / Decimal(total)).quantize(said, ROUND_FLOOR)
        digits = len(self.percent.partition(".")[2])
        return f"{100 * covered / total:.{digits}f}" == self.percent  # as `printf` does

    def __str__(self) -> str:
        return f"{self.percent} %" if self.total is None else f"{self.percent} % of {self.total}"


Figure = Pair | Share | None
"""None: the report carries no such metric, so covdash must show none."""


@dataclass(frozen=True)
class Says:
    """The figures of a tool.

    `totals` are those of the run; `files` those of single files, by the end of their path: when given, covdash must show exactly these
    files. `missed` are the spans (first, last) of lines that the tool lists as never run: both ends are such lines, what lies between
    them is either such a line or none that counts. `warnings` are the codes that covdash is
    expected to add: any other fails the comparison. `format` is what the report must be recognised as,
    `methods` how many methods with their complexity it lists.
    """

    format: str
    totals: Mapping[str, Figure]
    files: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    missed: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    warnings: frozenset[str] = frozenset()
    methods: int | None = None


def differences(says: Says, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words where an answer of `inspect_report` differs from what the tool says."""
    if "error" in found:
        yield f"not read: {found['error']['code']}: {found['error']['message']}"
        return
    yield from _unlike_whole(says, found)
    yield from _unlike("", says.totals, found["totals"])
    yield from _unlike_files(says, found)


def _unlike_whole(says: Says, found: Mapping[str, Any]) -> Iterator[str]:
    if found["format"] != says.format:
        yield f"read as {found['format']}, not as {says.format}"
    for failed in found.get("failed", ()):
        yield f"{failed['name']} was not read: {failed['code']}: {failed['message']}"
    codes = {warning["code"]: warning for warning in found["warnings"]}
    for code in sorted(codes.keys() - says.warnings):
        yield f"warning {code} ({codes[code]['count']} times): {codes[code]['example']}"
    for code in sorted(says.warnings - codes.keys()):
        yield f"no warning {code}"
    listed = found.get("results", {}).get("methods", {}).get("total")
    if listed != says.methods:
        yield f"{listed} methods, the tool says {says.methods}"


def _unlike_files(says: Says, found: Mapping[str, Any]) -> Iterator[str]:
    files = {str(file["path"]): file for file in found["files"]}
    if says.files and len(files) != len(says.files):
        alone = [path for path in files if not any(_same(path, name) for name in says.files)]
        yield f"{len(files)} files, not {len(says.files)}; the tool does not list {alone[:3]}"
    for name, figures in says.files.items():
        file = _file(files, name)
        if file is None:
            yield f"no file {name} among {list(files)[:3]}"
        else:
            yield from _unlike(f"{name}: ", figures, file["totals"])
    for name, lines in says.missed.items():
        file = _file(files, name)
        missed = set() if file is None else {int(line) for line, hits in file["lines"].items() if not hits}
        inside = {line for first, last in lines for line in range(first, last + 1)}
        if unlike := (missed - inside) | ({end for span in lines for end in span} - missed):
            yield f"{name}: lines {sorted(unlike)[:5]} are not missed in both"


def _unlike(where: str, figures: Mapping[str, Figure], totals: Mapping[str, Any]) -> Iterator[str]:
    for kind, figure in figures.items():
        count = totals.get(kind)
        pair = None if count is None else (count["covered"], count["total"])
        if isinstance(figure, Share):
            same = pair is not None and figure.is_of(*pair)
        elif figure is not None and figure[1] == 0:  # a tool prints 0 of 0 for what is not there
            same = pair in (None, (0, 0))
        else:
            same = pair == figure
        if not same:
            yield f"{where}{kind} {_words(pair)}, the tool says {_words(figure)}"


def _words(figure: Figure) -> str:
    if figure is None:
        return "none"
    return str(figure) if isinstance(figure, Share) else f"{figure[0]}/{figure[1]}"


def _file(files: Mapping[str, Any], name: str) -> Any:
    """Return the file whose path ends as `name` does: the one with the shortest path, or None."""
    fitting = [path for path in files if _same(path, name)]
    return files[min(fitting, key=len)] if fitting else None


def _same(path: str, name: str) -> bool:
    return f"/{path}".endswith(f"/{name}") or f"/{name}".endswith(f"/{path}")


def summary(says: Says) -> str:
    """Return the figures of the tool in one line."""
    parts = [f"{kind} {_words(figure)}" for kind, figure in says.totals.items() if figure is not None]
    if says.methods is not None:
        parts.append(f"{says.methods} methods")
    if says.files:
        parts.append(f"{len(says.files)} file{'s' * (len(says.files) != 1)}")
    if says.missed:
        parts.append(f"{sum(map(len, says.missed.values()))} spans of missed lines")
    return ", ".join(parts)


def add(*pairs: Pair) -> Pair:
    """Return the sum of pairs."""
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
