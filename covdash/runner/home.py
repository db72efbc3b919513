"""The data home: one folder that holds everything an installation keeps. Paths and their rules, no processes.

Standard library only, because the settings read it. Anything that runs beside `manage.py up` finds the services by
these fixed paths, so no variable has to be passed around.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from covdash.env import text

DATABASE = "covdash"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, with a closing zero.
LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a data home below `root`."""

    root: Path

    @property
    def secrets(self) -> Path:
        """Generated keys, one file each, readable by the owner only."""
        return self.root / "secrets"

    @property
    def objects(self) -> Path:
        """Object storage when no S3 bucket is configured."""
        return self.root / "objects"

    @property
    def spool(self) -> Path:
        """Bodies of uploads while they arrive."""
        return self.root / "spool"

    @property
    def logs(self) -> Path:
        """One file per supervised process."""
        return self.root / "logs"

    @property
    def static(self) -> Path:
        """Collected static files."""
        return self.root / "static"

    @property
    def engine(self) -> Path:
        """PostgreSQL's own files, when they must be copied so that an account other than root can read them."""
        return self.root / "engine"

    @property
    def postgres(self) -> Path:
        """Folder of the embedded PostgreSQL: its socket, and below it the cluster."""
        return self.root / "postgres"

    @property
    def cluster(self) -> Path:
        """The PostgreSQL data folder."""
        return self.postgres / "data"

    @property
    def postgres_socket(self) -> Path:
        """Where the embedded PostgreSQL listens."""
        return self.postgres / ".s.PGSQL.5432"

    @property
    def valkey(self) -> Path:
        """Folder of the embedded Valkey: its socket and its append-only file."""
        return self.root / "valkey"

    @property
    def valkey_socket(self) -> Path:
        """Where the embedded Valkey listens."""
        return self.valkey / "valkey.sock"

    @property
    def lock(self) -> Path:
        """Held by the one `up` that runs on this home; the file names its process."""
        return self.root / "up.lock"

    @property
    def pids(self) -> Path:
        """One note per running process, for the `up` after a crash."""
        return self.root / "pids"

    @property
    def prepared(self) -> Path:
        """Digest of what the database and the static files were last prepared for."""
        return self.root / "prepared"

    @property
    def address(self) -> Path:
        """Holds the URL of the running `up`, for commands beside it."""
        return self.root / "address"

    def too_long(self) -> bool:
        """Whether the operating system could not hold the socket paths below this root."""
        longest = max(len(os.fsencode(path)) for path in (self.postgres_socket, self.valkey_socket))
        # PostgreSQL writes a lock file beside its socket, the name of which is checked as well.
        return longest + len(".lock") > LONGEST_SOCKET_PATH


def running_url(home: Home) -> str:
    """Return the address under which the `up` of this home serves (or last served); empty when there was none."""
    try:
        return home.address.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def default_root() -> Path:
    """Return the data home of this account: `/var/lib/covdash` for root, else below the XDG data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/covdash")
    below = text("XDG_DATA_HOME")
    return (Path(below) if below else Path.home() / ".local" / "share") / "covdash"


def from_environment() -> Home:
    """Return the data home that `COVDASH_HOME` names, or the one of this account."""
    named = text("COVDASH_HOME")
    return Home((Path(named).expanduser() if named else default_root()).absolute())
