"""Whose report a commit shows, and for which commits its own stands. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from covdash.dashboards.addresses import Place


@dataclass(frozen=True, slots=True)
class Lending:
    """`of` is the commit whose report stands for this one, "" for its own; `to` are (short, address) of those it stands for.

    `own`: uploads of its own count, which go before what it borrows.
    """

    address: str
    of: str
    of_address: str
    to: tuple[tuple[str, str], ...]
    own: bool


def build(place: Place, sha: str, *, of: str, to: Sequence[str], own: bool) -> Lending:
    """Return what the commit page says about borrowed reports."""
    return Lending(
        place.commit_page(sha),
        of,
        place.commit_page(of) if of else "",
        tuple((one[:8], place.commit_page(one)) for one in to),
        own,
    )
