"""An upload that was announced and is not there: what is missing, and the way out. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.crumbs import Crumb, page_crumbs
from covdash.reports.facts import AnnouncementFact


@dataclass(frozen=True, slots=True)
class AnnouncedLine:
    """An announcement in the list of uploads. `state` names the glyph, `word` says it, `why` what is missing."""

    fact: AnnouncementFact
    address: str
    title: str
    state: str
    word: str
    why: str


@dataclass(frozen=True, slots=True)
class AnnouncedPage:
    """The page of one: `ways_out` are sentences, in order."""

    place: Place
    line: AnnouncedLine
    fact: AnnouncementFact
    crumbs: tuple[Crumb, ...]
    ways_out: tuple[str, ...]

    @property
    def title(self) -> str:
        """`announced · unit tests · a1b2c3d4 · acme/shop`."""
        return (
            f"{self.line.word} \u00b7 {self.line.title} \u00b7 {self.fact.sha[:8]} \u00b7 {self.place.slug}"
        )


def line(fact: AnnouncementFact, place: Place) -> AnnouncedLine:
    """Return an announcement as a row."""
    return AnnouncedLine(
        fact=fact,
        address=place.upload(fact.id),
        title=fact.name or fact.job or f"upload {fact.id[:8]}",
        state="failed" if fact.is_late else "announced",
        word="never arrived" if fact.is_late else "announced",
        why=_why(fact),
    )


def build(fact: AnnouncementFact, place: Place) -> AnnouncedPage:
    """Return the page of an announcement."""
    row = line(fact, place)
    return AnnouncedPage(
        place=place,
        line=row,
        fact=fact,
        crumbs=page_crumbs(place, ("Uploads", place.uploads()), (row.title, "")),
        ways_out=_ways_out(fact),
    )


def _why(fact: AnnouncementFact) -> str:
    missing = figures.counted(len(fact.missing), "report") if fact.missing else "the report"
    if not fact.is_late:
        return (
            f"waiting for {missing}"
            if fact.missing or fact.kind != "manifest"
            else "all is here but the last word"
        )
    if fact.kind == "manifest" and not fact.missing:
        return "all reports arrived, but the client never said that it was done"
    return f"{missing} never arrived"


def _ways_out(fact: AnnouncementFact) -> tuple[str, ...]:
    if not fact.is_late:
        return ("The client is sending, or will in a moment. This page can be loaded again.",)
    again = (
        "Run the upload step again: it sends only what is missing."
        if fact.kind == "manifest"
        else "Run the upload step again: the address for the bytes is good for two hours only."
    )
    return (
        again,
        "If it fails each time, look at the log of that step: a proxy may refuse bodies of this size, or the job was stopped early.",
        "Nothing of it is in any report. What was announced is forgotten after 30 days.",
    )
