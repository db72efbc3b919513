"""The shelf of upload protocols: one HTTP dialect per file, each with its `PROTOCOL`."""

from __future__ import annotations

import sys

from covdash.shelf import books
from ingest.delivery import Protocol

PROTOCOLS: tuple[Protocol, ...] = books(sys.modules[__name__], "PROTOCOL", Protocol)
