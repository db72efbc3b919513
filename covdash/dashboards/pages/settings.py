"""The settings of a project: which pages the reader may open, and what stands on them. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from covdash.dashboards.addresses import Place
from covdash.projects.facts import MemberFact, TokenFact

SECTIONS = (
    ("general", "General", "settings"),
    ("tokens", "Upload tokens", "tokens"),
    ("flags", "Flags", "settings"),
    ("components", "Components", "settings"),
    ("gates", "Gates", "settings"),
    ("completeness", "Completeness", "settings"),
    ("forks", "Forks", "settings"),
    ("file", "covdash.toml", "settings"),
    ("badges", "Badges", "settings"),
    ("paths", "Paths", "settings"),
    ("retention", "Retention", "settings"),
    ("audit", "Audit trail", "settings"),
    ("members", "Members", "members"),
)
"""(section, title, the right it needs), in display order."""
ROLES = (
    ("owner", "Owner", "everything, members, visibility and deleting too"),
    ("maintainer", "Maintainer", "settings, upload tokens and corrections"),
    ("member", "Member", "reads the project and its setup, and lets an upload be read again"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the list at the side."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member. `is_self` is the reader; `is_last_owner` can neither leave nor lose the role."""

    member: MemberFact
    is_self: bool
    is_last_owner: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token with its state in a word: `usable`, `expired` or `revoked`."""

    token: TokenFact
    state: str


def sections(place: Place, rights: frozenset[str], here: str) -> tuple[Section, ...]:
    """Return the pages of the settings that somebody with `rights` may open."""
    return tuple(
        Section(title, place.settings(section), section == here)
        for section, title, right in SECTIONS
        if right in rights
    )


def members(found: tuple[MemberFact, ...], reader_id: int | None) -> tuple[MemberRow, ...]:
    """Return the rows of the members page."""
    owners = sum(member.role == "owner" for member in found)
    return tuple(MemberRow(m, m.user_id == reader_id, m.role == "owner" and owners == 1) for m in found)


def tokens(found: tuple[TokenFact, ...]) -> tuple[TokenRow, ...]:
    """Return the rows of the tokens page."""
    return tuple(
        TokenRow(token, "usable" if token.is_usable else "revoked" if token.revoked_at else "expired")
        for token in found
    )
