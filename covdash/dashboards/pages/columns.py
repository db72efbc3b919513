"""Optional columns of a table of files: what else the reports know of an entry, for whoever asks with `col=`. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from covdash.coverage.totals import Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.entries import EntryRow, EntryTable
from covdash.reports.facts import EntryFact

FLAG = "flag:"
"""How the word of the column of a flag begins; the rest is its name."""
FLAGS = 4
"""Columns of flags at most: each is another report to look into."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its word in the address, its title, and the cell of an entry. Without `summed` the foot of the table has none."""

    word: str
    title: str
    cell: Callable[[EntryFact], str]
    summed: bool = True


def offered(totals: Totals, flags: Iterable[str]) -> dict[str, str]:
    """Return word -> title of the columns that the data carries."""
    found = {"size": "Lines"}
    if totals.get("branches"):
        found["arms"] = "Arms taken"
    if totals.get("functions"):
        found["functions"] = "Functions called"
    found["age"] = "Numbers changed"
    return found | {f"{FLAG}{name}": f"Lines of {name}" for name in flags}


def chosen(asked: Iterable[str], known: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words that make a column, and what was ignored: unknown ones, and flags beyond `FLAGS`."""
    words: list[str] = []
    ignored: list[str] = []
    for word in dict.fromkeys(filter(None, asked)):
        is_full = word.startswith(FLAG) and sum(other.startswith(FLAG) for other in words) >= FLAGS
        if word in known and not is_full:
            words.append(word)
        else:
            ignored.append(f"col={word[:60]}")
    return tuple(words), tuple(ignored)


def build(
    words: Iterable[str],
    known: Mapping[str, str],
    *,
    ages: Mapping[str, tuple[datetime, bool]],
    flags: Mapping[str, Mapping[str, Totals]],
) -> tuple[Column, ...]:
    """Return the columns of `words`. `ages` are (since, known) by path, `flags` totals by flag and path."""

    def made(word: str) -> Column:
        if word == "size":
            return Column(word, known[word], _size)
        if word == "age":
            return Column(word, known[word], lambda entry: _age(ages.get(entry.path)), summed=False)
        if word.startswith(FLAG):
            seen = flags.get(word.removeprefix(FLAG), {})
            return Column(
                word, known[word], lambda entry: _share(seen.get(entry.path), "lines"), summed=False
            )
        kind = "branches" if word == "arms" else word
        return Column(word, known[word], lambda entry: _share(entry.totals, kind))

    return tuple(map(made, words))


def added(table: EntryTable, columns: Sequence[Column], place: Place) -> EntryTable:
    """Return `table` with `columns`; directories lead to tables with the same ones."""
    words = tuple(column.word for column in columns)

    def row(one: EntryRow) -> EntryRow:
        cells = tuple(column.cell(one.fact) for column in columns)
        if not one.is_directory:
            return replace(one, extra=cells)
        path = one.fact.path
        children = place.tree(path, part="children", col=words)
        return replace(one, extra=cells, address=place.tree(path, col=words), children=children)

    foot = tuple(column.cell(table.sums.fact) if column.summed else "" for column in columns)
    return replace(
        table,
        rows=tuple(map(row, table.rows)),
        sums=replace(table.sums, extra=foot),
        columns=tuple(column.title for column in columns),
    )


def _size(entry: EntryFact) -> str:
    lines = entry.totals.get("lines")
    return figures.group(lines.total) if lines else figures.NOTHING


def _share(totals: Totals | None, kind: str) -> str:
    count = totals.get(kind) if totals else None
    return figures.percent(count if count and count.total else None)


def _age(age: tuple[datetime, bool] | None) -> str:
    """Return the day, and whether it may have been before: the first report of a git branch knows no more."""
    if age is None:
        return figures.NOTHING
    since, is_known = age
    return f"{since:%Y-%m-%d}" if is_known else f"{since:%Y-%m-%d} or before"
