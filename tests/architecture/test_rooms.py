"""What linters cannot see: sizes and names of rooms, docstrings, empty package files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    p for top in ("covdash", "ingest") for p in (ROOT / top).rglob("*.py") if "migrations" not in p.parts
)
DUMPING_GROUNDS = {"utils", "helpers", "common", "misc", "base", "core"}
TOP_LEVEL = {
    ".ci", ".dockerignore", ".gitattributes", ".github", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "README.md",
    "bench", "covdash", "docker-compose.yml", "docs", "ingest", "manage.py", "pyproject.toml", "requirements-dev.lock",
    "requirements-s3.lock", "requirements.lock", "static", "templates", "tests",
}  # fmt: skip


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_is_small_named_and_introduced(room: Path) -> None:
    """A module has at most 350 lines, a name that says what it holds, and a docstring that says what lives there."""
    text = room.read_text()

    assert len(text.splitlines()) <= 350
    assert room.stem not in DUMPING_GROUNDS
    assert room.name == "__init__.py" or ast.get_docstring(ast.parse(text)), (
        "a module starts with a docstring"
    )


def test_every_folder_is_a_package() -> None:
    """A folder without `__init__.py` would slip past the import contracts."""
    assert [p for p in {room.parent for room in ROOMS} if not (p / "__init__.py").exists()] == []


def test_the_top_level_holds_nothing_else() -> None:
    """The top level is as `docs/design.md` says; whatever git ignores does not count."""
    tracked = {line.split("/")[0] for line in _tracked()}

    assert tracked - TOP_LEVEL == set()


def _tracked() -> list[str]:
    import subprocess

    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return listing.stdout.splitlines()
