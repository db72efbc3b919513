"""The list of uploads, newest first, by state if asked for. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from covdash.dashboards.addresses import Place, State
from covdash.dashboards.pages import announced as announced_page
from covdash.dashboards.pages import upload as upload_page
from covdash.reports.facts import AnnouncementFact, Page, UploadFact

STATES = ("received", "processing", "processed", "failed", "superseded", "excluded", "announced")
KEPT = {"expires": "raw files to be removed", "expired": "raw files removed"}
"""Further words, which the settings of retention lead to: they are offered only where one of them is chosen."""
WORDS = upload_page.WORDS | {"announced": "announced"} | KEPT
UNFINISHED = frozenset({"received", "processing"})
NOTHING = {
    "": ("No uploads yet", "An upload is what one CI job sends: one or more coverage files."),
    "received": ("Nothing is waiting", "Every upload that arrived was taken up."),
    "processing": ("Nothing is being processed", "Every upload that was taken up is done."),
    "processed": ("No upload was processed yet", "Uploads appear here once their files are read."),
    "failed": ("No upload failed", "Uploads that could not be used appear here with the reason."),
    "excluded": (
        "No upload is left out",
        "Uploads that somebody took out of the reports, with the reason, appear here.",
    ),
    "superseded": ("No upload was replaced", "A newer attempt of the same job replaces the older one."),
    "expires": ("All raw files stay", "The next sweep of retention removes the raw files of no upload."),
    "expired": ("No raw file was removed", "Uploads appear here once retention removed the files they sent."),
    "announced": ("Nothing is missing", "Uploads whose bytes are still to come, or never came, appear here."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a state, or "" for all, and the days (UTC, both included) within which uploads came."""

    state: str = ""
    since: date | None = None
    until: date | None = None
    ignored: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether it asks for some days only."""
        return self.since is not None or self.until is not None

    def address(self, place: Place, **state: State) -> str:
        """Return the address of the list for these days, with other words."""
        days = {"from": f"{self.since or ''}", "to": f"{self.until or ''}"}
        return place.uploads(**{"state": self.state, **days, **state})


@dataclass(frozen=True, slots=True)
class Choice:
    """A state to choose from, "" for all."""

    state: str
    word: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class UploadsPage:
    """One page of the list. `poll` is the address to ask again while something is unfinished, else ""."""

    place: Place
    rows: tuple[upload_page.UploadLine, ...]
    announced: tuple[announced_page.AnnouncedLine, ...]
    after: str
    asked: Asked
    choices: tuple[Choice, ...]
    poll: str
    empty: tuple[str, str]

    @property
    def state(self) -> str:
        """The state that is listed, "" for all."""
        return self.asked.state

    @property
    def every_day(self) -> str:
        """The same list for all days."""
        return self.place.uploads(state=self.asked.state)


def build(
    page: Page[UploadFact],
    place: Place,
    asked: Asked,
    *,
    after: str,
    announced: tuple[AnnouncementFact, ...] = (),
) -> UploadsPage:
    """Return the page of `page`; `after` is the cursor that it begins at, `announced` are uploads that are not there."""
    unfinished = any(upload.state in UNFINISHED for upload in page.items)
    return UploadsPage(
        place=place,
        rows=tuple(upload_page.line(upload, place) for upload in page.items),
        announced=tuple(announced_page.line(fact, place) for fact in announced),
        after=page.after,
        asked=asked,
        choices=tuple(
            Choice(name, WORDS.get(name, "all"), asked.address(place, state=name), name == asked.state)
            for name in ("", *STATES, *(KEPT if asked.state in KEPT else ()))
        ),
        poll=asked.address(place, after=after, part="rows") if unfinished else "",
        empty=("No such upload", "No upload of these days is in this state.")
        if asked.is_dated
        else NOTHING.get(asked.state, NOTHING[""]),
    )
