"""What is known about a project once access is granted: a frozen fact, free of Django. PURE."""

from __future__ import annotations

from dataclasses import dataclass


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
