"""Vendored code is what its maker published: version, licence and digest of every file, and nothing else in the folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[3] / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_every_folder_is_in_the_manifest() -> None:
    assert {folder.name for folder in VENDOR.iterdir() if folder.is_dir()} == set(MANIFEST)


@pytest.mark.parametrize("folder", MANIFEST)
def test_files_are_as_recorded(folder: str) -> None:
    entry = MANIFEST[folder]

    assert folder == f"{entry['package']}-{entry['version']}"
    assert entry["licence"] in {"MIT", "0BSD", "MPL-2.0"}
    assert "LICENSE" in entry["files"]
    assert entry["files"] == {file.name: digest(file.read_bytes()) for file in (VENDOR / folder).iterdir()}


@pytest.mark.parametrize("folder", [name for name, entry in MANIFEST.items() if "changed" in entry])
def test_a_change_can_be_undone_to_the_original(folder: str) -> None:
    """What was cut off is written down, so that the published digest can be recomputed."""
    for name, change in MANIFEST[folder]["changed"].items():
        shipped = (VENDOR / folder / name).read_bytes()

        assert digest(shipped + change["removed_end"].encode()) == change["original"]
        assert change["why"]
