"""The shelf of gate rules: one file each, with its `RULE`."""

from __future__ import annotations

import sys

from covdash.coverage.gating import Rule
from covdash.shelf import books

RULES: tuple[Rule, ...] = books(sys.modules[__name__], "RULE", Rule)
