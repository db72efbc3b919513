"""A short storm: every victim dies once while uploads go in. The long one is `python3 -m tests.reliability.storm`."""

from __future__ import annotations

from tests.reliability.storm import VICTIMS, storm


def test_nothing_accepted_is_lost_when_processes_die() -> None:
    """Each 202 ends processed, once, and the totals equal those of an undisturbed run."""
    deaths = storm(uploads=24, kills=1, seed=7)

    assert deaths == dict.fromkeys(VICTIMS, 1)
