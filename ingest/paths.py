"""Paths at the pipe: an uploaded list of files, and what is kept of the places of an upload. PURE.

How a reported path finds its place is told in `covdash/coverage/placing.py`, which the pages use, too, to try rules out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from covdash.coverage.path_rules import Rewriting
from covdash.coverage.places import KINDS, plain
from covdash.coverage.places import Known as Known  # noqa: PLC0414 - the pipe finds the words of paths here
from covdash.coverage.places import Place as Place  # noqa: PLC0414
from covdash.coverage.placing import resolve as resolve  # noqa: PLC0414

MAX_LISTED = 200_000
MAX_SHOWN = 1024


def listed(text: bytes) -> list[str]:
    """Return the files named in an uploaded list: one per line (or NUL-separated, as `git ls-files -z`), normalised, first 200,000."""
    rows = text.split(b"\0") if b"\0" in text else text.splitlines()
    paths = (plain(row.decode("utf-8", "replace")) for row in rows[:MAX_LISTED])
    return [path for path in paths if path and "\0" not in path and not path.startswith(("../", "/"))]


def rewritten(path: str, rewritings: Sequence[Rewriting]) -> str:
    """Return what the first rule that applies makes of a reported path; without one, and where nothing would be left, the path."""
    made = (rule.apply(plain(path)) for rule in rewritings)
    return next((new for new in made if new), path)


def summary(places: Mapping[str, Place], *, keep: int = 1000) -> dict[str, object]:
    """Return the shape of `facts.PathResolution`: exact counts, and at most `keep` examples of each kind."""
    found: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in KINDS}
    for raw, place in places.items():
        kind = place.kind(raw)
        said: tuple[Any, ...] = (place.reason,)
        if kind == "rewritten":
            said = (place.path, place.how)
        elif kind == "ambiguous":
            said = (place.candidates,)
        found[kind].append((shown(raw), *said))
    matched = len(found.pop("matched"))
    counts = {f"{kind}_count": len(rows) for kind, rows in found.items()}
    return {"matched": matched, **counts, **{kind: sorted(rows)[:keep] for kind, rows in found.items()}}


def shown(reported: str) -> str:
    """Return a reported path as PostgreSQL can keep it: no NUL, no lone surrogate, not endless."""
    text = reported.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}\N{HORIZONTAL ELLIPSIS}"
