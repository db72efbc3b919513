"""Hostile and edge inputs end as they should, in linear time and bounded memory, and never with another exception."""

from __future__ import annotations

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.inspection import answer
from ingest.reading import Failed, Parsed, Skipped, read_upload_file
from tests.ingest.hostile_inputs import LARGE, Hostile, small
from tests.ingest.samples import SAMPLES, blocks, found_in, read, reports


@pytest.mark.parametrize("hostile", small(), ids=lambda one: one.name)
def test_every_hostile_input_has_its_outcome(hostile: Hostile) -> None:
    assert not hostile.differs(answer("x", read(SAMPLES / "hostile" / hostile.name)))


def test_a_path_that_climbs_out_is_kept_and_named() -> None:
    (outcome,) = read(SAMPLES / "hostile" / "traversal.info")

    assert isinstance(outcome, Parsed)
    assert set(outcome.report.files) == {"../../../../etc/passwd", "src/../src/./a.c"}
    assert outcome.report.warnings.found["path_escape"] == (1, "../../../../etc/passwd")


def test_counts_add_and_saturate() -> None:
    (outcome,) = read(SAMPLES / "hostile" / "big_counts.info")
    assert isinstance(outcome, Parsed)
    assert outcome.report.files["src/a.c"].hits.tolist() == [2**31, 2**32, 2**63 - 1, 2**63 - 1]

    (outcome,) = read(SAMPLES / "hostile" / "many_test_names.info")
    assert isinstance(outcome, Parsed)
    assert outcome.report.files["src/a.c"].hits.tolist() == [44850]


@pytest.mark.slow
@pytest.mark.parametrize("hostile", LARGE, ids=lambda one: one.name)
def test_large_inputs_take_linear_time_and_bounded_memory(hostile: Hostile) -> None:
    data = hostile.make()
    started = time.process_time()
    outcomes = list(read_upload_file("big", blocks(data, 1 << 20)))
    taken = time.process_time() - started

    assert not hostile.differs(answer("big", outcomes))
    assert taken < hostile.seconds
    if taken < 1:  # tracing costs too much time on the longer ones; `bench/` measures those
        tracemalloc.start()
        list(read_upload_file("big", blocks(data, 1 << 20)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < hostile.megabytes * 1024 * 1024


# --- Anything at all -------------------------------------------------------------------------------------------------

NASTY = [b"99999999999999999999999", b"-1", b"1e400", b"NaN", b"\0", b"\xff", b'"', b"<", b"{", "²".encode()]
SMALL = [sample.path for sample in (*reports(), *found_in("hostile")) if sample.path.stat().st_size < 20_000]


@given(st.binary(max_size=400), st.sampled_from([None, *(book.name for book in FORMATS)]))
def test_noise_is_an_outcome(data: bytes, format_name: str | None) -> None:
    """Whatever the bytes, there is an answer and no exception."""
    for outcome in read_upload_file("noise", [data], format_name=format_name):
        assert isinstance(outcome, Parsed | Skipped | Failed)


@given(st.sampled_from(SMALL), st.randoms(use_true_random=False))
def test_damaged_reports_are_an_outcome(path: Path, chance: random.Random) -> None:
    """Cut, flipped, doubled and shuffled bytes of real reports are read or refused, each file for itself."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                del data[at : at + chance.randint(1, 200)]
            case 1:
                data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 500)]
            case _:
                data[at : at + 3] = chance.choice(NASTY)
    for outcome in read_upload_file("damaged", blocks(bytes(data), 1000)):
        assert isinstance(outcome, Parsed | Skipped | Failed)
        if isinstance(outcome, Parsed):
            for coverage in outcome.report.files.values():
                assert all(count.covered <= count.total for _, count in coverage.totals().items())


@given(st.sampled_from(SMALL), st.integers(1, 5000))
def test_the_size_of_blocks_changes_nothing(path: Path, size: int) -> None:
    assert answer("x", read(path, block=size)) == answer("x", read(path))
