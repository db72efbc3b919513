"""What can be done to the file page: look through flags, leave an upload out, fold, go to the next file. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.folding import CONTEXT, Fold
from covdash.dashboards.pages.window import unfolded
from covdash.reports.facts import ReportFact
from covdash.reports.findings import FileMemory, UploadPart, Without

VIEW = ("without", "hide", "only", "context")
"""Words of the query that links to lines of the same file keep."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes how the file is looked at; `chosen` ones take their change back."""

    title: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class UploadChoice:
    """An upload of the file: its page, the file without it, and what it covers of the file."""

    title: str
    flags: tuple[str, ...]
    fraction: str
    percent: str
    address: str
    without: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The upload that is left out. `words` say what it alone ran."""

    title: str
    address: str
    words: str
    back: str


@dataclass(frozen=True, slots=True)
class FileTools:
    """`flags` begin with all uploads together, and are empty where the commit has none; their form keeps the words `kept`.

    `uploads` is None until it is asked for.
    """

    flags: tuple[Choice, ...]
    kept: tuple[tuple[str, str], ...]
    folds: tuple[Choice, ...]
    uploads_address: str
    uploads: tuple[UploadChoice, ...] | None
    left_out: LeftOut | None
    compare_address: str
    raw_address: str
    lines_address: str
    next_address: str
    previous_address: str
    was: str
    """Where the file came from: `was src/old.py until 3f2a1b2c`, "" when that is not known."""


def build(
    place: Place,
    path: str,
    report: ReportFact,
    *,
    flags: Sequence[str],
    fold: Fold,
    uploads: Sequence[UploadPart] | None = None,
    without: Without | None = None,
    past: FileMemory | None = None,
) -> FileTools:
    """Return the tools of the file at `path`; `place` has the view that links keep, `flags` are those to look through."""
    whole = place.viewed(**{word: value for word, value in place.view if word != "without"})
    return FileTools(
        flags=flag_choices(whole, path, flags),
        kept=whole.flagged("").words,
        folds=_folds(place, path, fold),
        uploads_address=place.file(path, uploads=None if uploads is not None else True),
        uploads=None if uploads is None else tuple(_upload(one, place, path) for one in uploads),
        left_out=_left_out(without, place, whole, path),
        compare_address=place.compare(head=report.commit.sha, file=path),
        raw_address=place.raw(path),
        lines_address=place.lines(path),
        next_address=whole.file(path, go="next"),
        previous_address=whole.file(path, go="previous"),
        was=f"was {past.was} until {past.commits[-1].short}" if past and past.was else "",
    )


def flag_choices(place: Place, path: str, flags: Sequence[str]) -> tuple[Choice, ...]:
    """Return the ways to look at the file at `path`: with all uploads, and through each of `flags`."""
    if not flags:
        return ()
    through = place.flags or (place.flag,)
    every = Choice("all uploads", place.flagged("").file(path), through == ("",))
    return (every, *(Choice(flag, place.flagged(flag).file(path), flag in through) for flag in flags))


def _folds(place: Place, path: str, fold: Fold) -> tuple[Choice, ...]:
    open_ = unfolded(place)
    kept = dict(open_.view)
    hidden = place.viewed(**kept, hide="covered")
    zones = place.viewed(**kept, only="zones", context=str(CONTEXT))
    return tuple(
        Choice(title, (open_ if fold.what == what else other).file(path), fold.what == what)
        for title, what, other in (("Hide covered", "covered", hidden), ("Only zones", "zones", zones))
    )


def _upload(part: UploadPart, place: Place, path: str) -> UploadChoice:
    lines = part.totals.get("lines")
    kept = {word: value for word, value in place.view if word != "without"}
    return UploadChoice(
        part.title,
        part.flags,
        figures.fraction(lines),
        figures.percent(lines),
        place.upload(part.id),
        place.viewed(**kept, without=part.id).file(path),
    )


def _left_out(without: Without | None, place: Place, whole: Place, path: str) -> LeftOut | None:
    if without is None:
        return None
    ran = set(without.whole.lines[without.whole.states > 0].tolist())
    left = set() if without.rest is None else set(without.rest.lines[without.rest.states > 0].tolist())
    only = len(ran - left)
    words = (
        f"{figures.counted(only, 'line')} of this file ran in no other upload"
        if only
        else "every line that it ran, another upload ran too"
    )
    return LeftOut(without.upload.title, place.upload(without.upload.id), words, whole.file(path))
