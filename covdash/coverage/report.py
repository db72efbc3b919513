"""A report: under construction (`ReportBuilder`, what the format parsers write into) and finished (`Report`)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count, repeat

from covdash.coverage.building import FileBuilder, build_all
from covdash.coverage.lines import FileCoverage
from covdash.coverage.pressing import LARGE, Pressed, sheet_of
from covdash.coverage.report_warnings import Warnings
from covdash.coverage.results import Results, ResultsBuilder
from covdash.coverage.sheets import Entry, Files, Holder, Sheet
from covdash.coverage.totals import Count, Totals

UNPLACED = ""
"""Path of the entry that holds what a report counts in all but places in no file."""
MAX_FILES = 200_000
MAX_LINES = 20_000_000
MAX_PATH = 4096


class LimitError(ValueError):
    """A report that is larger than any report should be; the message names the limit and what was seen."""


@dataclass(slots=True)
class ReportBuilder:
    """Collects a report: files by the path the report writes, in order of appearance.

    `roots` are source roots the report names (Cobertura `<source>`); `producer` is the writer where the report tells.
    """

    warnings: Warnings = field(default_factory=Warnings)
    files: dict[str, FileBuilder] = field(default_factory=dict)
    placed: dict[str, tuple[Holder, int]] = field(default_factory=dict)
    """Files that stand on sheets; each path is either here or in `files`."""
    placed_lines: int = 0
    turns: list[Iterable[str]] = field(default_factory=list)
    """The paths as they appeared, from the first sheet on."""
    roots: list[str] = field(default_factory=list)
    producer: str = ""
    declared: dict[str, Count] = field(default_factory=dict)
    expected: dict[str, Count] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    results: ResultsBuilder = field(default_factory=ResultsBuilder)
    _last: FileBuilder | None = None
    _open: dict[str, FileBuilder] = field(default_factory=dict)
    """Files that may be pressed next."""
    _sizes: dict[FileBuilder, int] = field(default_factory=dict)
    """Lines and items that are known of each file under construction; those since files were pressed last are `_rows`."""
    _rows: int = 0

    def file(self, path: str) -> FileBuilder:
        """Return the builder of the file at `path`, made on first use. Raises `LimitError` for too many files."""
        found = self.files.get(path)
        if found is not self._last:
            self._make_room()
            found = self.files.get(path)
        if found is None:
            if len(self.files) + len(self.placed) >= MAX_FILES:
                raise LimitError(f"the report names more than {MAX_FILES} files; split it")
            found = self.files[path] = self._open[path] = FileBuilder(self.warnings)
            if place := self.placed.pop(path, None):
                sheet, number = place[0].open(), place[1]
                self.placed_lines -= sheet.size(number)
                sheet.pour(number, found)
            elif self.turns:
                self.turns.append((path,))
        self._last = found
        return found

    def _make_room(self) -> None:
        """Count what came to the last file; when all that are open are large together, press them.

        The last one stays open, as a parser may return to it after it asked for another; who asks for one of the others gets it back.
        """
        if self._last is None:
            return
        size = self._last.size
        self._rows += size - self._sizes.get(self._last, 0)
        self._sizes[self._last] = size
        if self._rows > LARGE:
            last, opened = self._last, self._open
            self._open = {path: file for path, file in opened.items() if file is last}
            self._rows = 0
            self._press({path: file for path, file in opened.items() if file is not last})

    def _press(self, opened: Mapping[str, FileBuilder]) -> None:
        """Finish files and press them, but for those that no sheet can hold."""
        if not self.turns:
            self.turns.append(tuple(self.files))
        sorts: dict[tuple[bool, bool], dict[str, FileBuilder]] = {}
        for path, builder in opened.items():
            if sort := builder.sort():
                sorts.setdefault(sort, {})[path] = self.files.pop(path)
                self._sizes.pop(builder, None)
        for (stated, _), builders in sorts.items():
            sheet = sheet_of(list(builders), list(build_all(builders.values())), stated=stated)
            self.repeated |= {kind for builder in builders.values() for kind in builder.repeated}
            self.placed |= zip(sheet.paths, zip(repeat(Pressed(sheet)), count()), strict=False)
            self.placed_lines += len(sheet.lines)
            self._bound(self.placed_lines)

    def sheet(self, sheet: Sheet) -> None:
        """Add many files at once. Those that came before, or cannot stay on the sheet, go into their builders.

        Raises `LimitError` for too many files.
        """
        paths = sheet.paths
        if not self.turns:
            self.turns.append(tuple(self.files))
        self.turns.append(paths)
        places = dict(zip(paths, zip(repeat(sheet), count()), strict=False))
        alone = (
            len(places) == len(paths)
            and self.placed.keys().isdisjoint(paths)
            and self.files.keys().isdisjoint(paths)
        )
        if alone and all(items.is_sound() for items in sheet.items.values()):
            self.placed |= places
        else:
            for number, path in enumerate(paths):
                sheet.pour(number, self.file(path))
                self.placed_lines -= sheet.size(number)
        self.placed_lines += len(sheet.lines)
        self._bound(self.placed_lines)
        if len(self.files) + len(self.placed) > MAX_FILES:
            raise LimitError(f"the report names more than {MAX_FILES} files; split it")

    def _bound(self, lines: int) -> None:
        if lines > MAX_LINES:
            raise LimitError(f"the report has more than {MAX_LINES} lines; split it")

    def declare(self, kind: str, covered: int, total: int) -> None:
        """Say what the report counts of `kind` in all, where its files do not place everything (PHPUnit, simplecov-cobertura)."""
        self.declared[kind] = Count(covered, total)

    def expect(self, kind: str, covered: int, total: int) -> None:
        """Say what the report counts of `kind` where its details are the truth: a difference is only warned about."""
        self.expected[kind] = Count(covered, total)

    def build(self) -> Report:
        """Return the finished report and forget the builders. What `declare` counts beyond the files goes to the `UNPLACED` entry.

        Files whose names cannot be kept are left out with a warning. Raises `LimitError` for too many lines.
        """
        files: dict[str, Entry] = {}
        files |= (
            self.placed
            if _are_plain(self.placed)
            else {path: self.placed[path] for path in self.placed if self._is_path(path)}
        )
        lines = self.placed_lines
        found = {kind: _counted(files, kind) for kind in self.expected | self.declared}
        paths = [path for path in self.files if self._is_path(path)]
        builders = [self.files[path] for path in paths]
        for path, builder, built in zip(paths, builders, build_all(builders), strict=True):
            files[path] = built
            self.repeated |= builder.repeated
            for kind, (covered, total) in found.items():
                if mine := built.count(kind):
                    found[kind] = Count(covered + mine.covered, total + mine.total)
            lines += len(built.lines)
            self._bound(lines)
        if self.turns and self.files:
            files = {path: files[path] for path in chain.from_iterable(self.turns) if path in files}
        self.files.clear()
        self.placed.clear()
        results = self.results.build()
        if self.results.dropped:
            self.warnings.add(
                "too_many_results", "more than are kept; split the report", self.results.dropped
            )
        if not files and not results:
            self.warnings.add("no_files", "the report names no source file")
        self._place_rest(files, found)
        return Report(Files(files), tuple(self.roots), self.producer, self.warnings, results)

    def _is_path(self, path: str) -> bool:
        """Judge a path as the report writes it; one that leads out of its root is only warned about: a source root may follow."""
        if not path.strip():
            self.warnings.add("bad_path", "a file without a name")
        elif "\0" in path or len(path) > MAX_PATH:
            self.warnings.add(
                "bad_path", f"{path[:100]!r}: {'a NUL character' if chr(0) in path else 'too long'}"
            )
        else:
            if ".." in path and f"{posixpath.normpath(path.replace(chr(92), chr(47)))}/".startswith("../"):
                self.warnings.add("path_escape", path)
            return True
        return False

    def _place_rest(self, files: dict[str, Entry], found: Mapping[str, Count]) -> None:
        """Put what was declared beyond what was `found` in files under `UNPLACED`, where it holds more in every respect."""
        rest = FileBuilder(self.warnings)
        rest.counted = False
        for kind, said in (self.expected | self.declared).items():
            placed = found[kind]
            if said == placed:
                continue
            holds_more = said.covered >= placed.covered and said.missed >= placed.missed
            if kind in self.declared and holds_more and kind not in self.repeated:
                rest.tally(kind, 0, said.covered - placed.covered, said.total - placed.total)
                files[UNPLACED] = FileCoverage()
            else:
                self.warnings.add(
                    "totals_differ",
                    f"{kind}: the report says {said.covered} of {said.total}, its details {placed.covered} of {placed.total}",
                )
        if UNPLACED in files:
            files[UNPLACED] = rest.build()


def _counted(files: Mapping[str, Entry], kind: str) -> Count:
    """Return what files that stand on sheets have of a metric."""
    places: dict[Holder, list[int]] = {}
    for entry in files.values():
        if isinstance(entry, tuple):
            places.setdefault(entry[0], []).append(entry[1])
    sums = [
        [int(each[numbers].sum()) for each in holder.sheet().counts(kind)]
        for holder, numbers in places.items()
    ]
    return Count(sum(covered for covered, _ in sums), sum(total for _, total in sums))


def _are_plain(paths: Iterable[str]) -> bool:
    """Tell whether there is nothing about any of the paths that `_is_path` would say something of."""
    every = "\n".join(paths)
    return (
        "\0" not in every
        and ".." not in every
        and all(map(str.strip, paths))
        and max(map(len, paths), default=0) <= MAX_PATH
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed report: coverage by path as written in the report, before paths are resolved, and what else it knows."""

    files: Mapping[str, FileCoverage]
    roots: tuple[str, ...]
    producer: str
    warnings: Warnings
    results: Results = field(default_factory=Results)

    def totals(self) -> Totals:
        """Return the totals of the whole report."""
        return total_of(self.files.items())


def total_of(files: Iterable[tuple[str, FileCoverage]]) -> Totals:
    """Sum (path, coverage); the `UNPLACED` entry counts, but is no file."""
    result = Totals()
    for path, coverage in files:
        totals = coverage.totals()
        if path == UNPLACED:
            totals = Totals(0, 0, 0, 0, totals.counts[:])
        result = result + totals
    return result
