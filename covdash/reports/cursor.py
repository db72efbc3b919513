"""Opaque cursors of keyset pages: the sort values of the last row, as text for an address. PURE.

A cursor comes back from outside: one that does not decode is none, and the list starts at its beginning.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

Value = str | int | float | datetime


def encode(*values: Value) -> str:
    """Return a cursor of `values`; times are aware."""
    plain = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, *kinds: type[Value]) -> tuple[Any, ...] | None:
    """Return the values of a cursor when they are of `kinds`, in order; None for anything else."""
    if not text or len(text) > 4000:
        return None
    try:
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        if not isinstance(values, list):
            return None
        return tuple(_as(kind, value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None


def is_cursor(text: str) -> bool:
    """Say whether `text` has the form of a cursor of any list: the API refuses others rather than starting again."""
    try:
        return isinstance(
            json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)), list
        )
    except (ValueError, RecursionError):
        return False


def _as(kind: type[Value], value: object) -> Value:
    if kind is datetime:
        if not isinstance(value, str):
            raise TypeError(value)
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(value)
    if isinstance(value, str) and "\0" in value:
        raise ValueError(value)
    return value
