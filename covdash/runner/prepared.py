"""Whether this very checkout has already been prepared on this data home. Standard library only.

When nothing changed, the web server may start beside `prepare` instead of after it, which halves a usual start.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from covdash.runner.home import Home
from covdash.runner.processes import ROOT

PATTERNS = (
    "requirements.lock",
    "covdash/*/migrations/*.py",
    "ingest/migrations/*.py",
    "covdash/*/static/**/*",
    "static/**/*",
)
# Another database or another place of the static files has its own state.
VARIABLES = ("DATABASE_URL", "DATABASE_URL_FILE", "COVDASH_STATIC_ROOT")


def fingerprint() -> str:
    """Return a digest of everything that `prepare` acts on."""
    seen = hashlib.sha256()
    for name in VARIABLES:
        seen.update(f"{name}={os.environ.get(name, '')}\n".encode())
    for path in _files():
        status = path.stat()
        seen.update(f"{path.relative_to(ROOT)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _files() -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from (path for path in sorted(ROOT.glob(pattern)) if path.is_file())


def is_current(home: Home, now: str) -> bool:
    """Whether the last preparation on this home was made for `now`."""
    try:
        return home.prepared.read_text(encoding="ascii") == now
    except OSError:
        return False


def note(home: Home, now: str) -> None:
    """Remember that `now` has been prepared."""
    home.prepared.write_text(now, encoding="ascii")
