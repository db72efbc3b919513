"""Vendored code is what its maker published: version, licence and digest of every file, and nothing else in the folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "static" / "vendor", ROOT / "tests" / "vendor")
"""What pages load, and what only tests use."""
MANIFEST = {
    name: (folder, entry)
    for folder in FOLDERS
    for name, entry in json.loads((folder / "manifest.json").read_text()).items()
}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_every_folder_is_in_the_manifest() -> None:
    assert {entry.name for folder in FOLDERS for entry in folder.iterdir() if entry.is_dir()} == set(MANIFEST)


@pytest.mark.parametrize("folder", MANIFEST)
def test_files_are_as_recorded(folder: str) -> None:
    vendor, entry = MANIFEST[folder]

    assert folder == f"{entry['package']}-{entry['version']}"
    assert entry["licence"] in {"MIT", "0BSD", "MPL-2.0"}
    assert "LICENSE" in entry["files"]
    assert entry["files"] == {file.name: digest(file.read_bytes()) for file in (vendor / folder).iterdir()}


@pytest.mark.parametrize("folder", [name for name, (_, entry) in MANIFEST.items() if "changed" in entry])
def test_a_change_can_be_undone_to_the_original(folder: str) -> None:
    """What was cut off is written down, so that the published digest can be recomputed."""
    vendor, entry = MANIFEST[folder]
    for name, change in entry["changed"].items():
        shipped = (vendor / folder / name).read_bytes()

        assert digest(shipped + change["removed_end"].encode()) == change["original"]
        assert change["why"]
