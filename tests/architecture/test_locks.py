"""Rows that others refer to are locked so that references to them can still be checked: else two of them wait for each other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = re.compile(r"\b(?:Project|Commit)\.objects\b[^=]*?\.select_for_update\((?P<how>[^)]*\)?[^)]*)\)")


def test_projects_and_commits_are_locked_without_their_keys() -> None:
    """`FOR NO KEY UPDATE` keeps out other changes, and lets uploads, reports and members of the row be written beside."""
    locks = [
        (path.name, found["how"])
        for top in ("covdash", "ingest")
        for path in sorted((ROOT / top).rglob("*.py"))
        for found in LOCK.finditer(path.read_text())
    ]

    assert len(locks) > 8
    assert [lock for lock in locks if "no_key=True" not in lock[1]] == []
