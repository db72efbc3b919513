"""What the cage answers is checked before it counts; an object that was checked once is not looked into again."""

from __future__ import annotations

import pytest

from covdash.coverage.codec import encode, encode_counts
from covdash.coverage.lines import FileCoverage
from ingest import harvest
from ingest.frames import File, Report
from ingest.harvest import Harvest, HarvestError
from tests.covdash.reports.stock import lines, rich

HEAD = Report("lcov.info", "lcov", "SF", "", (), (), 1)


@pytest.fixture(autouse=True)
def nothing_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start as a new worker does."""
    monkeypatch.setattr(harvest, "_checked", {})


def taken(coverage: FileCoverage) -> Harvest:
    """Return the harvest of a report with one file."""
    found = Harvest(known=None, slug="a", project_id=1, write_ahead=lambda _: None, read_back=lambda _: {})
    found.take(HEAD)
    found.take(File("a.py", encode(coverage), encode_counts(coverage)))
    return found


def test_an_object_that_is_known_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = taken(rich())
    monkeypatch.setattr(harvest, "decode", lambda _: pytest.fail("decoded again"))
    again = taken(rich())
    assert again.tree().root == first.tree().root
    assert again.tree().root.totals == first.tree().root.totals
    assert again.outcomes == first.outcomes


def test_a_broken_object_is_refused_each_time() -> None:
    found = Harvest(known=None, slug="a", project_id=1, write_ahead=lambda _: None, read_back=lambda _: {})
    for _ in range(2):
        found.take(HEAD)
        with pytest.raises(HarvestError, match="broken answer"):
            found.take(File("a.py", encode(rich())[:-1], b""))


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "CHECKED", 3)
    for start in range(1, 6):
        taken(lines(1, 0, start=start))
    assert len(harvest._checked) == 3
