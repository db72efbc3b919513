"""What is known about a project once access is granted: a frozen fact, free of Django. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProjectFact:
    """A project as its pages know it. `role` is the reader's role, "" for a reader of a public project."""

    id: int
    slug: str
    is_public: bool
    default_branch: str
    role: str = ""


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
