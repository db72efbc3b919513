"""What tests of retention share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.core.files.storage import storages

from covdash.reports import keys, sweeping


@pytest.fixture(autouse=True)
def _nothing_stored() -> None:
    """Other tests had projects of the same number: what they left in object storage would be swept, too."""
    for folder in Path(storages["objects"].path("")).iterdir():
        shutil.rmtree(folder)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every batch be one thing, so that a test can come in between any two."""
    monkeypatch.setattr(sweeping, "BATCH", 1)
    monkeypatch.setattr(keys, "BATCH", 1)
