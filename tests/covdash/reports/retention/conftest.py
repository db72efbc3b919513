"""What tests of retention share."""

from __future__ import annotations

import pytest

from covdash.reports import keys, sweeping


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every batch be one thing, so that a test can come in between any two."""
    monkeypatch.setattr(sweeping, "BATCH", 1)
    monkeypatch.setattr(keys, "BATCH", 1)
