"""The settings pages of the rules: where a section stands, who changed it last, and all of it as text. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from covdash.projects.configuration import FILE, PAGES_ONLY, SECTIONS, Configuration, Flag
from covdash.projects.facts import SectionChange, WishesFact
from covdash.projects.toml_text import written
from covdash.reports.rule_facts import SeenFlag

MAX_SEEN = 100
"""Flags that are listed without a rule of their own, the latest seen."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over the form of a section.

    `toml` is its text where `covdash.toml` has it: then it wins and the form is only shown. `unused`: the pages say something, too.
    `sha` is the commit of the file, `refused` (sha, sentence) a newer file that cannot be used.
    """

    section: str
    toml: str
    unused: bool
    sha: str
    refused: tuple[str, str] | None
    change: SectionChange | None

    @property
    def is_locked(self) -> bool:
        """Whether the section cannot be changed on the pages."""
        return bool(self.toml)


@dataclass(frozen=True, slots=True)
class SectionLine:
    """A section and where it stands."""

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class FilePage:
    """All that is in force as the text of a `covdash.toml`; `left_out` are sections that may not stand there."""

    text: str
    sections: tuple[SectionLine, ...]
    sha: str
    refused: tuple[str, str] | None
    left_out: tuple[str, ...]


def head(found: WishesFact, section: str, change: SectionChange | None) -> Head:
    """Return the head of the page of `section`."""
    return Head(
        section,
        found.toml_of(section),
        section in found.settings,
        found.repository_sha,
        _refused(found),
        change,
    )


def overview(found: WishesFact) -> FilePage:
    """Return the page that shows the configuration as a file."""
    words = {FILE: FILE, "settings": "these pages", "": "nowhere: as by default"}
    sections = [section for section in SECTIONS if section not in PAGES_ONLY]
    return FilePage(
        written(found.configuration, sections=sections),
        tuple(SectionLine(section, words[found.wins(section)]) for section in SECTIONS),
        found.repository_sha,
        _refused(found),
        tuple(section for section in SECTIONS if section in PAGES_ONLY and found.wins(section)),
    )


def flag_rows(found: Configuration, seen: Iterable[SeenFlag]) -> list[dict[str, Any]]:
    """Return what the rows of the flags page are filled with: the flags with rules, and those that uploads carried, by name."""
    names = {flag.name for flag in found.flags}
    others = [flag.name for flag in seen if flag.name not in names][:MAX_SEEN]
    return [_row(found.flag(name)) for name in sorted([*names, *others])]


def _row(flag: Flag) -> dict[str, Any]:
    return {
        "name": flag.name,
        "carry_forward": flag.carry_forward,
        "max_age_days": flag.max_age_days,
        "paths": flag.paths,
    }


def _refused(found: WishesFact) -> tuple[str, str] | None:
    if found.refused is None:
        return None
    sha, where, why = found.refused
    return sha, f"{where}: {why}" if where else why
