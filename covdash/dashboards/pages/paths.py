"""How the paths of an upload became paths of the repository: five lists to look through, and a rule tried on them. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from covdash.coverage.places import KINDS
from covdash.coverage.trial import Trial
from covdash.dashboards.addresses import Place
from covdash.reports.facts import PathResolution, UploadFact

TITLES = {
    "matched": ("Matched", "they are in the repository as reported"),
    "rewritten": ("Rewritten", "they were found under another path"),
    "ambiguous": ("Ambiguous", "several files would fit, so none was taken"),
    "unmatched": ("Unmatched", "left out of the report"),
    "ignored": ("Ignored", "a rule of the project leaves them out"),
}
BRIEF = 100
SEARCHED = 1000


@dataclass(frozen=True, slots=True)
class PathRow:
    """One reported path: where it went (`path`, with its page), which files it could be, or why not."""

    reported: str
    path: str = ""
    address: str = ""
    candidates: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class PathList:
    """One kind of paths: how many there are in all, and those that are shown."""

    kind: str
    title: str
    meaning: str
    count: int
    rows: tuple[PathRow, ...]
    address: str
    is_open: bool

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Paths:
    """The section of the upload page. `kind` and `search` are what is looked for; `found` how many rows fit."""

    lists: tuple[PathList, ...]
    counts: tuple[tuple[str, str, int, str], ...]
    """(kind, title, how many, address of its list)."""
    kind: str
    search: str
    found: int
    reported: int
    kinds: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many paths of a kind there are now, and with the rule."""

    title: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        """What the rule adds or takes."""
        return self.after - self.before


def count_of(paths: PathResolution, kind: str) -> int:
    """Return how many paths of a kind there are."""
    return int(paths.matched if kind == "matched" else getattr(paths, f"{kind}_count"))


def build(
    upload: UploadFact,
    place: Place,
    *,
    kind: str = "",
    search: str = "",
    matched: Iterable[str] = (),
) -> Paths:
    """Return the section; `kind` is one of `KINDS` or "" for all, `matched` are the names that are as reported, when asked for."""
    paths = upload.paths
    rows = {
        "matched": [PathRow(name, name) for name in matched],
        "rewritten": [PathRow(said, path, note=how) for said, path, how in paths.rewritten],
        "ambiguous": [PathRow(said, candidates=found) for said, found in paths.ambiguous],
        "unmatched": [PathRow(said, note=why) for said, why in paths.unmatched],
        "ignored": [PathRow(said, note=why) for said, why in paths.ignored],
    }
    commit = place.at(commit=upload.commit.sha)
    lists = []
    found = 0
    for name in ("unmatched", "ambiguous", "ignored", "rewritten", "matched"):
        if kind not in ("", name):
            continue
        fitting = [row for row in rows[name] if _fits(row, search)]
        found += len(fitting)
        shown = fitting[: SEARCHED if kind or search else BRIEF]
        title, meaning = TITLES[name]
        lists.append(
            PathList(
                name,
                title,
                meaning,
                count_of(paths, name) if not search else len(fitting),
                tuple(_linked(row, commit) for row in shown),
                place.upload(upload.id, kind=name) + "#paths",
                bool(kind or search) or name not in {"rewritten", "matched"},
            )
        )
    return Paths(
        tuple(one for one in lists if one.rows),
        tuple(
            (
                name,
                TITLES[name][0].lower(),
                count_of(paths, name),
                place.upload(upload.id, kind=name) + "#paths",
            )
            for name in KINDS
        ),
        kind,
        search,
        found,
        sum(count_of(paths, name) for name in KINDS),
        (("", "all kinds"), *((name, TITLES[name][0].lower()) for name in KINDS)),
    )


def matched_names(names: Iterable[str], paths: PathResolution) -> tuple[str, ...]:
    """Return the names that are as reported: all others are in the lists. None when the lists were cut."""
    others: set[str] = set()
    for kind in ("rewritten", "ambiguous", "unmatched", "ignored"):
        listed = getattr(paths, kind)
        if len(listed) < count_of(paths, kind):
            return ()
        others.update(row[0] for row in listed)
    return tuple(name for name in names if name not in others)


def counts(trial: Trial) -> tuple[CountRow, ...]:
    """Return the counts of a trial, kind by kind."""
    return tuple(CountRow(TITLES[kind][0], trial.before[kind], trial.after[kind]) for kind in KINDS)


def titles() -> Mapping[str, str]:
    """Return the kinds in words."""
    return {kind: title.lower() for kind, (title, _) in TITLES.items()}


def _fits(row: PathRow, search: str) -> bool:
    wanted = search.casefold()
    return not wanted or any(
        wanted in text.casefold() for text in (row.reported, row.path, row.note, *row.candidates)
    )


def _linked(row: PathRow, commit: Place) -> PathRow:
    return PathRow(
        row.reported, row.path, commit.file(row.path) if row.path else "", row.candidates, row.note
    )
