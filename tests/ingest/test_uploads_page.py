"""`docs/uploads.md` names every field, every part and every code of a refusal, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from covdash.projects import tokens
from ingest import envelope, form
from ingest.protocols import native

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/uploads.md").read_text()


def section(title: str) -> str:
    """Return the text under a heading."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> set[str]:
    """Return the first cells of a table."""
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


def test_every_field_is_there() -> None:
    assert rows(section("Fields")) == {*envelope.FIELDS, "project", "filename"}
    assert rows(section("Body")) == set(form._ROLES)
    assert native._FIELDS[-2:] == ("project", "filename")


def test_every_refusal_is_there() -> None:
    """Codes are read from the calls of `Problem` and of the errors that become one."""
    raised = {"not_found", "unavailable", "missing_field"}
    for room in [
        *(ROOT / "ingest").glob("*.py"),
        *(ROOT / "ingest/protocols").glob("*.py"),
        ROOT / "covdash/projects/tokens.py",
        ROOT / "covdash/sources/tree_lists.py",
    ]:
        for node in ast.walk(ast.parse(room.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "Problem",
                "TokenError",
                "MultipartError",
                "ManifestError",
                "TreeListError",
            }:
                words = {
                    found.value
                    for argument in node.args[: 1 if getattr(node.func, "id", "") == "ManifestError" else 2]
                    if not isinstance(argument, ast.JoinedStr)
                    for found in ast.walk(argument)
                    if isinstance(found, ast.Constant)
                }
                raised |= {word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z_]+", word)}
    raised.discard("free")  # a word that is looked for, no code
    told = {
        code
        for cell in re.findall(r"^\| \d+ \| (.*) \|$", section("Refusals"), re.MULTILINE)
        for code in re.findall(r"`([a-z_]+)`", cell)
    }
    assert told == raised


def test_the_pattern_for_scanners_is_the_real_one() -> None:
    assert f"`{tokens.PATTERN.pattern}`" in PAGE
