"""Numbers as reports write them: counts that are too large, negative, floats, words. PURE."""

from __future__ import annotations

import math
import re

from covdash.coverage.lines import MAX_HITS
from covdash.coverage.report_warnings import Warnings

MAX_DIGITS = 20
_INTEGER = re.compile(r"[ \t\r\n]*(-?[0-9]{1,20})[ \t\r\n]*\Z")
_FLOAT = re.compile(
    r"[ \t\r\n]*-?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,5})?[ \t\r\n]*\Z"
)
_LONG = re.compile(r"[ \t\r\n]*(-?)[0-9]{21,}[ \t\r\n]*\Z")


def count(text: str, warnings: Warnings, where: str) -> int | None:
    """Return the whole number that `text` writes, saturated at 2^63-1; None with a warning `bad_record` if it writes none.

    Floats are rounded down with a warning `non_integer_count`. A negative number is returned as it is: the builder warns of it.
    """
    if _INTEGER.match(text):
        return min(int(text), MAX_HITS)
    if sign := _LONG.match(text):
        return -MAX_HITS if sign[1] else MAX_HITS
    if _FLOAT.match(text):
        value = float(text)
        if not value.is_integer():
            warnings.add("non_integer_count", f"{where}: {text[:40]}")
        return int(max(min(math.floor(value), MAX_HITS), -MAX_HITS)) if math.isfinite(value) else MAX_HITS
    warnings.add("bad_record", f"{where}: {text[:40]!r} is not a number")
    return None


def is_digits(text: str) -> bool:
    """Say whether `text` is nothing but the digits 0 to 9, at most 20 of them."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def whole(text: str | None) -> int | None:
    """Return a non-negative whole number, also when it is written as a float (`"1.0"`); None for anything else."""
    if text is None:
        return None
    if _INTEGER.match(text):
        return max(int(text), 0)
    if _FLOAT.match(text):
        value = float(text)
        return int(value) if value.is_integer() and 0 <= value <= MAX_HITS else None
    return None


def hits_of(value: float | str | None, warnings: Warnings, where: str) -> int | None:
    """Return a JSON value as a count: numbers as `count` reads them, true as 1; None for null and, with a warning, for other words."""
    if value is None:
        return None
    if isinstance(value, int):
        return min(int(value), MAX_HITS)
    if isinstance(value, float) and abs(value) >= MAX_HITS:
        warnings.add("non_integer_count", f"{where}: {value}")
        return MAX_HITS if value > 0 else 0
    return count(repr(value) if isinstance(value, float) else value, warnings, where)
