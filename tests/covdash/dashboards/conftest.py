"""What tests of pages share."""

from __future__ import annotations

import pytest

from covdash.dashboards.views import freshness


@pytest.fixture(autouse=True)
def _tags_outlive_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags of pages end with every fifth minute of the clock: a test that asks twice must not meet that moment by chance."""
    monkeypatch.setattr(freshness, "MINUTES", 10**9)
