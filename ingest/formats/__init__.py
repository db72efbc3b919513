"""The shelf of formats: one file, one format. A new format is a new file here, its samples, and a part of `docs/formats.md`."""

from __future__ import annotations

import sys

from covdash.shelf import books
from ingest.parsing import Format

FORMATS: tuple[Format, ...] = books(sys.modules[__name__], "FORMAT", Format)
