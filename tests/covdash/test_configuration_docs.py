"""`docs/configuration.md` and the code name the same variables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"(?:COVDASH|DATABASE|REDIS)_[A-Z0-9_]+")


def named(*folders: str) -> set[str]:
    """Return every string in the code that is the name of a variable."""
    found = set()
    for folder in folders:
        for path in filter(
            Path.is_file, (ROOT / folder).rglob("*.py")
        ):  # a folder of samples is called coverage.py
            if "client" in path.relative_to(ROOT).parts[:2]:
                continue  # variables of the uploader are explained in docs/uploader.md, and tested there
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and VARIABLE.fullmatch(node.value)
                ):
                    found.add(node.value.removesuffix("_FILE"))
    return found


def documented() -> set[str]:
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows)), "a variable is explained twice"
    return set(rows)


def test_every_variable_is_explained() -> None:
    assert named("covdash", "ingest") - documented() == set()


def test_every_explained_variable_exists() -> None:
    assert documented() - named("covdash", "ingest", "tests") == set()


def test_the_readme_names_no_other() -> None:
    table = re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert set(table) <= documented()
