"""What tests of the doors share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.cache.backends.locmem import LocMemCache

from ingest import rate
from tests.factories.exchange import Uploader
from tests.factories.uploads import Job


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count all requests of a test together: within one minute, and in this process, as a busy Redis is passed over for a moment."""
    monkeypatch.setattr(rate, "time", SimpleNamespace(time=lambda: 1_000_000.0))
    monkeypatch.setattr(rate, "cache", LocMemCache("one window", {}))
    rate.cache.clear()


@pytest.fixture
def job() -> Job:
    """A CI job with a token of a project."""
    return Job()


@pytest.fixture
def uploader(job: Job) -> Uploader:
    """The exchange that our own uploader has with the door."""
    return Uploader(job)
