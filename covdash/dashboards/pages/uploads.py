"""The list of uploads, newest first, by state if asked for. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import announced as announced_page
from covdash.dashboards.pages import upload as upload_page
from covdash.reports.facts import AnnouncementFact, Page, UploadFact

STATES = ("received", "processing", "processed", "failed", "superseded", "excluded", "announced")
WORDS = upload_page.WORDS | {"announced": "announced"}
UNFINISHED = frozenset({"received", "processing"})
NOTHING = {
    "received": ("Nothing is waiting", "Every upload that arrived was taken up."),
    "processing": ("Nothing is being processed", "Every upload that was taken up is done."),
    "processed": ("No upload was processed yet", "Uploads appear here once their files are read."),
    "failed": ("No upload failed", "Uploads that could not be used appear here with the reason."),
    "excluded": (
        "No upload is left out",
        "Uploads that somebody took out of the reports, with the reason, appear here.",
    ),
    "superseded": ("No upload was replaced", "A newer attempt of the same job replaces the older one."),
    "announced": ("Nothing is missing", "Uploads whose bytes are still to come, or never came, appear here."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A state to choose from."""

    state: str
    word: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class UploadsPage:
    """One page of the list. `poll` is the address to ask again while something is unfinished, else ""."""

    place: Place
    rows: tuple[upload_page.UploadLine, ...]
    announced: tuple[announced_page.AnnouncedLine, ...]
    after: str
    state: str
    choices: tuple[Choice, ...]
    poll: str
    empty: tuple[str, str]
    ignored: tuple[str, ...]


def build(
    page: Page[UploadFact],
    place: Place,
    *,
    state: str,
    after: str,
    ignored: tuple[str, ...],
    announced: tuple[AnnouncementFact, ...] = (),
) -> UploadsPage:
    """Return the page of `page`; `after` is the cursor that it begins at, `announced` are uploads that are not there."""
    unfinished = any(upload.state in UNFINISHED for upload in page.items)
    return UploadsPage(
        place=place,
        rows=tuple(upload_page.line(upload, place) for upload in page.items),
        announced=tuple(announced_page.line(fact, place) for fact in announced),
        after=page.after,
        state=state,
        choices=tuple(Choice(name, WORDS[name], name == state) for name in STATES),
        poll=place.uploads(state=state, after=after, part="rows") if unfinished else "",
        empty=NOTHING.get(
            state, ("No uploads yet", "An upload is what one CI job sends: one or more coverage files.")
        ),
        ignored=ignored,
    )
