"""Codes of warnings and failures: every one that the code gives stands in `docs/formats.md` and is explained on the pages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from covdash.dashboards.pages.reasons import FAILURES, WARNINGS

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/formats.md").read_text()
READERS = [
    path
    for folder in ("ingest", "ingest/formats", "covdash/coverage")
    for path in sorted((ROOT / folder).glob("*.py"))
    if path.name not in ("cage.py", "cage_child.py", "gather.py", "workspace.py")
]


def constants(called: str) -> set[str]:
    """Return the first argument of every call of a function or method of this name, where it is written out."""
    found: set[str] = set()
    for path in READERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            first = node.args[0]
            if name.endswith(called) and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


WARNED = sorted(constants("warnings.add"))
FAILED = sorted(constants("ParseError"))


def test_the_search_finds_what_is_known() -> None:
    assert {"bad_record", "too_many_arms", "needs_sources"} <= set(WARNED)
    assert {"malformed", "forbidden_sqlite", "decompression_limit"} <= set(FAILED)


@pytest.mark.parametrize("code", WARNED)
def test_a_warning_is_documented_and_explained(code: str) -> None:
    assert f"`{code}`" in DOCS
    assert WARNINGS[code]


@pytest.mark.parametrize("code", FAILED)
def test_a_failure_is_documented_and_explained(code: str) -> None:
    assert f"`{code}`" in DOCS
    cause, action = FAILURES[code]
    assert cause
    assert action


@pytest.mark.parametrize(
    "code", ["nested_archive", "path_escape", "not_a_file", "not_a_report", "encrypted", "unsupported_method"]
)
def test_a_reason_to_leave_an_entry_out_is_documented_and_explained(code: str) -> None:
    assert f"`{code}`" in DOCS
    assert code in FAILURES
