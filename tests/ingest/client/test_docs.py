"""`docs/uploader.md` and the program say the same: flags, variables, exit codes, systems, limits."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ingest import uploader
from ingest.client import search, walking, words
from ingest.client.options import FACTS, parser
from ingest.client.systems import SYSTEMS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/uploader.md").read_text()
ROWS = [line for line in TEXT.split("\n") if line.startswith("| ")]


def test_every_flag_is_explained_and_exists() -> None:
    """In the table of flags, each in one row, and no other."""
    real = {name for action in parser()._actions for name in action.option_strings}
    told = [name for row in ROWS for name in re.findall(r"`(--?[a-z][a-z-]*)`", row.split("|")[1])]

    assert set(told) == real
    assert len(told) == len(set(told))


def test_every_variable_is_explained_and_exists() -> None:
    """Those that the program reads."""
    source = "\n".join(path.read_text() for path in (ROOT / "ingest/client").glob("*.py"))
    real = set(re.findall(r"COVDASH_[A-Z_]+", source))
    real |= {f"COVDASH_{name}" for name in re.findall(r'self\.variable\("([A-Z_]+)"\)', source)} | {
        f"COVDASH_{name}" for _flag, name, _text in FACTS
    }
    told = {name for row in ROWS for name in re.findall(r"`(COVDASH_[A-Z_]+)`", row.split("|")[2])}

    assert told == {name for name in real if not name.endswith("_")}


def test_every_exit_code_is_explained() -> None:
    """The constants of the program and the table."""
    tree = ast.parse((ROOT / "ingest/client/words.py").read_text())
    real = {
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int)
        and node.targets[0].id.isupper()  # type: ignore[attr-defined]
    } - {words.FOLDED_FROM}
    told = {int(row.split("|")[1]) for row in ROWS if re.fullmatch(r" \d+ ", row.split("|")[1])}

    assert told == real == {0, 1, 2, 3, 4, 5, 6, 7, 130}


def test_every_system_is_named() -> None:
    for system in SYSTEMS:
        if system.key not in ("unknown", "gitlab-external"):
            assert system.title.replace(" Actions", "") in re.sub(r"\s+", " ", TEXT), system.title


def test_limits_are_those_of_the_program() -> None:
    assert (
        f"At most {search.MAX_REPORTS} reports, {search.MAX_REPORT >> 20} MB each, {search.MAX_TOTAL >> 30} GB together"
        in TEXT
    )
    assert f"folders to a depth of {walking.MAX_DEPTH}" in TEXT


def test_the_recipe_pins_this_version_and_uses_no_pipe() -> None:
    """What is copied is right: the version of the file, a digest to check, `-I`, no pipe into an interpreter."""
    assert set(re.findall(r"\?v=([0-9.]+)", TEXT)) == {uploader.VERSION}
    for block in re.findall(r"```\n(.*?)```", TEXT, re.DOTALL):
        assert not re.search(r"\|\s*(python3?|sh|bash)\b", block)
    assert "sha256sum --check" in TEXT
    assert "python3 -I covdash-upload.py" in TEXT
