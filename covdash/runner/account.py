"""Which account runs the embedded servers: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("covdash", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A numeric user and group with its name."""

    name: str
    uid: int
    gid: int

    def take(self, folder: Path) -> None:
        """Make `folder` (and what is in it) belong to this account; links are not followed."""
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)

    def reaches(self, folder: Path) -> Path | None:
        """Return the first parent of `folder` that this account may not enter, or None when the way is free."""
        for parent in reversed(folder.absolute().parents):
            status = parent.stat()
            owner, group = status.st_uid == self.uid, status.st_gid == self.gid
            needed = 0o100 if owner else 0o010 if group else 0o001
            if not status.st_mode & needed:
                return parent
        return None


def for_servers() -> Account | None:
    """Return the account to drop to, or None when this process is not root. Raises `LookupError` when none exists."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError(
        f"none of the accounts {', '.join(CANDIDATES)} exists; add one (useradd --system covdash)"
    )
