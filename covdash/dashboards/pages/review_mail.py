"""The review as a mail that the reader sends: a `mailto:` address without a recipient, since covdash keeps none. PURE."""

from __future__ import annotations

from urllib.parse import quote

from covdash.dashboards.pages.review import ReviewPage


def address_of(page: ReviewPage, server: str) -> str:
    """Return the address (RFC 6068) of a mail with the sentence of the period and a link to it; `server` is put before the link."""
    subject = " ".join(page.title.split())
    body = f"{page.sentence}\r\n\r\n{server}{page.address}\r\n"
    return f"mailto:?subject={quote(subject, safe='')}&body={quote(body, safe='')}"
