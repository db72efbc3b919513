"""A short run of the fuzzer over every format; the long one is `python3 -m tests.fuzz.mutate`."""

from __future__ import annotations

from tests.fuzz.mutate import run
from tests.ingest.samples import Sample, reports


def smallest() -> list[Sample]:
    """Return the two smallest samples of each format."""
    by_format: dict[str, list[Sample]] = {}
    for sample in sorted(reports(), key=lambda sample: sample.path.stat().st_size):
        by_format.setdefault(sample.truth["format"], []).append(sample)
    return [sample for samples in by_format.values() for sample in samples[:2]]


def test_mutated_reports_have_outcomes_and_nothing_else() -> None:
    # Rounds, not seconds: the same inputs on every machine.
    counts, findings = run(smallest(), rounds=60, seed=20261123)

    assert findings == []
    assert len({word.partition(":")[0] for word in counts}) > 30
