"""The head of a file that is shown as a diff: against what, what happened to how many lines, and what cannot be told. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from covdash.coverage.differential import CATEGORIES
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.diff_sheet import DiffSheet
from covdash.dashboards.pages.file_tools import Choice
from covdash.dashboards.pages.folding import CONTEXT, Fold
from covdash.dashboards.pages.unified import WORDS
from covdash.dashboards.pages.window import unfolded
from covdash.reports.differences import FileBeside
from covdash.reports.facts import CommitFact, ReportFact

GLYPHS = dict(
    zip(
        CATEGORIES,
        (
            "covered",
            "missed",
            "covered",
            "missed",
            "missed",
            "covered",
            "covered",
            "missed",
            *["excluded"] * 4,
        ),
        strict=True,
    )
)
"""The state that a category leaves a line in."""
Door = tuple[str, str]
"""Words and an address."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the reader must know of the two sides, and the ways on."""

    title: str
    text: str = ""
    doors: tuple[Door, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """How many rows a category has: a door to exactly those."""

    letters: str
    words: str
    glyph: str
    rows: int
    address: str
    selected: bool


@dataclass(frozen=True, slots=True)
class DiffHead:
    """The head of the diff; `told` says whether rows are old or new. `shown` counts the rows of a chosen category."""

    base: CommitFact
    doors: tuple[Door, ...]
    told: bool
    amounts: str
    categories: tuple[Category, ...]
    folds: tuple[Choice, ...]
    notes: tuple[Note, ...]
    shown: int | None


def build(
    beside: FileBeside,
    sheet: DiffSheet | None,
    place: Place,
    head: ReportFact,
    fold: Fold,
    left_out: Mapping[str, str],
) -> DiffHead:
    """Return the head of a diff; `place` keeps how the file is looked at, `sheet` is None where lines cannot be told apart.

    `left_out` are words of the address that a diff has no place for.
    """
    base, before, path = beside.base.commit, beside.before, beside.after.path
    counts = sheet.counts if sheet else {}
    doors = [(f"Commit {base.short}", place.commit_page(base.sha))]
    if before:
        doors.append(("The file then", alone(place).at(commit=base.sha).file(before.path)))
    doors.append(("Whole comparison", place.compare(base.sha, head.commit.sha)))
    return DiffHead(
        base=base,
        doors=tuple(doors),
        told=sheet is not None,
        amounts=_amounts(sheet) if sheet else "",
        categories=tuple(
            Category(
                letters,
                WORDS[letters],
                GLYPHS[letters],
                number,
                (unfolded(place) if fold.what == letters else _folded(place, letters, 0)).file(path),
                fold.what == letters,
            )
            for letters, number in counts.items()
        ),
        folds=_folds(place, path, fold) if sheet else (),
        notes=tuple(_notes(beside, place, left_out)),
        shown=counts.get(fold.what, 0) if fold.what in CATEGORIES else None,
    )


def choice(place: Place, path: str, report: ReportFact | None, *, chosen: bool) -> Choice | None:
    """Return the link that shows the file against `report`, or, `chosen`, shows it alone again; None without a report."""
    if report is None:
        return None
    view = {word: value for word, value in place.view if word != "without"}
    there = alone(place) if chosen else place.viewed(**{**view, "diff": report.commit.sha})
    return Choice(f"Diff against {report.commit.short}", there.file(path), chosen)


def refused(place: Place, path: str, commit: CommitFact, *, flag: str, before: ReportFact | None) -> Note:
    """Say that a commit has no report to stand beside the file, and where there is one; with `flag`, that only the flag lacks one."""
    doors = []
    if flag:
        there = place.viewed(**{**dict(place.view), "diff": commit.sha})
        doors.append(("Diff through all uploads", there.flagged("").file(path)))
    if offered := choice(place, path, before, chosen=False):
        doors.append((f"{offered.title}, the report before", offered.address))
    what = f"has no report of the flag {flag}" if flag else "has no report"
    return Note(f"{commit.short} {what}", "There is nothing to stand beside this file.", tuple(doors))


def alone(place: Place) -> Place:
    """Return the place with its file as it is, not as a diff."""
    view = dict(place.view)
    view.pop("diff", "")
    known = view.get("only", "zones") == "zones"
    return place.viewed(
        **{word: value for word, value in view.items() if known or word not in ("only", "context")}
    )


def _notes(beside: FileBeside, place: Place, left_out: Mapping[str, str]) -> list[Note]:
    base, before, after = beside.base.commit.short, beside.before, beside.after
    sources = ("Send sources with the upload", place.setup())
    notes = []
    if beside.how == "pending":
        notes.append(
            Note(
                f"{base} has no file of this name",
                "Whether it had another name there is being looked up. Load the page again in a moment; until then it is shown alone.",
            )
        )
    elif beside.how == "unknown":
        lacks = " and ".join(
            side for side, fact in ((f"at {base}", before), ("here", after)) if fact and fact.source is None
        )
        notes.append(
            Note(
                "Old and new lines cannot be told apart",
                f"The text of this file was not sent {lacks}, so it is shown alone.",
                (sources,),
            )
        )
    elif before is None:
        notes.append(Note("A new file", f"{base} does not have it, so every line is new."))
    elif beside.how == "diff":
        notes.append(
            Note(
                "Lines are told apart by the diff that was sent",
                "The text of one side was not sent, so its lines stand by number only.",
                (sources,),
            )
        )
    elif beside.how == "assumed":
        notes.append(
            Note(
                "No line is taken to have moved",
                "The text of one side was not sent, but the same lines can run on both.",
                (sources,),
            )
        )
    if before and before.path != after.path:
        notes.append(Note(f"Was {before.path} at {base}"))
    if beside.how == "same":
        notes.append(
            Note("Nothing differs", f"Text and states are those of {base}.")
            if before and before.digest == after.digest
            else Note(f"The text is that of {base}", "No line came or went; what differs is what ran.")
        )
    if before and before.coverage is None and after.coverage is not None:
        notes.append(Note(f"Not measured at {base}", "No report of that commit mentions this file."))
    if left_out:
        notes.append(
            Note(
                f"Left out beside a diff: {', '.join(f'{word}={said}' for word, said in left_out.items())}",
                "A diff compares whole reports, and has no column of the past.",
                (("Show the file alone", alone(place).file(after.path, 0, **left_out)),),
            )
        )
    return notes


def _amounts(sheet: DiffSheet) -> str:
    if not sheet.added and not sheet.removed:
        return ""
    return f"{figures.counted(sheet.added, 'line')} added, {figures.group(sheet.removed)} removed"


def _folded(place: Place, what: str, context: int) -> Place:
    return unfolded(place).viewed(**dict(unfolded(place).view), only=what, context=str(context))


def _folds(place: Place, path: str, fold: Fold) -> tuple[Choice, ...]:
    chosen = fold.what == "changes"
    other = unfolded(place) if chosen else _folded(place, "changes", CONTEXT)
    return (Choice("Only changes", other.file(path), chosen),)
