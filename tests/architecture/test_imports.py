"""The directions of the house (`docs/design.md`, 1) hold, and the checker really sees a violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the house in `folder`."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_every_contract_is_kept() -> None:
    """No room imports against the directions."""
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


def test_a_planted_violation_is_caught(tmp_path: Path) -> None:
    """A parser that imports another parser, or Django in the core, breaks a contract: the rule is no wish."""
    for name in ("covdash", "ingest"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "ingest/formats/lcov.py").open("a") as room:
        room.write("\nfrom ingest.formats import cobertura\n")
    with (tmp_path / "covdash/coverage/tree.py").open("a") as room:
        room.write("\nimport django.db\n")

    result = lint(tmp_path)

    assert result.returncode != 0
    assert "Shelf: formats BROKEN" in result.stdout
    assert "The pure rooms stay pure BROKEN" in result.stdout
