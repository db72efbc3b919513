"""What is known about a project once access is granted: a frozen fact, free of Django. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from covdash.projects import configuration
from covdash.projects.configuration import Configuration, Effective
from covdash.projects.toml_text import text_of


@dataclass(frozen=True, slots=True)
class ProjectFact:
    """A project as its pages know it. `role` is the reader's role, "" for a reader of a public project.

    `is_paused`: an operator lets its uploads wait.
    """

    id: int
    slug: str
    is_public: bool
    default_branch: str
    role: str = ""
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class MemberFact:
    """A member of a project."""

    user_id: int
    username: str
    role: str


@dataclass(frozen=True, slots=True)
class TokenFact:
    """An upload token without its secret: `hint` is its beginning and end. `created_by` is None for one made by a command."""

    id: int
    name: str
    hint: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None
    is_expired: bool

    @property
    def is_usable(self) -> bool:
        """Whether an upload with it would be taken."""
        return self.revoked_at is None and not self.is_expired


@dataclass(frozen=True, slots=True)
class RefusalFact:
    """An upload request that was refused: HTTP status, a sentence, the way out, where it came from and when."""

    status: int
    message: str
    hint: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SectionChange:
    """Who changed a section last, from the pages or by a command (`actor` is "" then)."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WishesFact:
    """The configuration of a project: what is in force, what the pages say, what `covdash.toml` says and at which commit.

    `refused` is (sha, where, why) of a newer `covdash.toml` that cannot be used: the one before it stays in force.
    """

    effective: Effective
    settings: Mapping[str, Any]
    repository: Mapping[str, Any]
    repository_sha: str
    refused: tuple[str, str, str] | None = None

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self.effective.configuration

    def wins(self, section: str) -> str:
        """Return where the section that is in force stands: `covdash.toml`, `settings` or "" for the defaults."""
        return self.effective.origin[section]

    def from_pages(self) -> Configuration:
        """Return what the settings pages say, whoever wins."""
        return configuration.effective(settings=self.settings, repository={}).configuration

    def toml_of(self, section: str) -> str:
        """Return a section as `covdash.toml` says it."""
        return text_of({section: self.repository[section]}) if section in self.repository else ""
