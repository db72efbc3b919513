"""The law of the Go scan: by columns or line by line, a cover profile gives the same report and the same warnings."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.describe import describe
from ingest import go_scan
from ingest.formats import go_cover
from ingest.octets import DoubtError
from ingest.reading import Failed, Parsed, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, reports

PROFILES = [sample for sample in reports() if sample.path.read_bytes().startswith(b"mode:")]


def outcome(data: bytes) -> list[Any]:
    """Return all that is known of a profile."""
    found: list[Any] = []
    for read in read_upload_file("x", [data], format_name="go-cover"):
        if isinstance(read, Parsed):
            found.append({path: describe(path, file) for path, file in read.report.files.items()})
            found.append(read.report.warnings.as_list())
        elif isinstance(read, Failed):
            found.append((read.code, read.message, read.where))
    return found


def both_ways(data: bytes) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and by lines, and how many blocks were read at once."""
    taken = 0

    def scan(block: bytes) -> Any:
        nonlocal taken
        found = go_scan.scan(block)
        taken += 1
        return found

    def refuse(_block: bytes) -> Any:
        raise DoubtError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(go_cover, "scan", scan)
        by_columns = outcome(data)
        patch.setattr(go_cover, "scan", refuse)
        return by_columns, outcome(data), taken


def test_every_sample_reads_the_same_both_ways() -> None:
    scans = 0
    for sample in PROFILES:
        columns, lines, taken = both_ways(sample.path.read_bytes())
        assert columns == lines, sample
        scans += taken
    assert scans > 2


@given(st.sampled_from(PROFILES), st.integers(0, 2**32))
def test_every_damaged_profile_reads_the_same_both_ways(sample: Sample, seed: int) -> None:
    data = mutated(sample.path.read_bytes()[:20_000], random.Random(seed))

    columns, lines, _ = both_ways(data)

    assert columns == lines


USUAL = st.integers(0, 12).map(str)
ODD = st.sampled_from(["", "-1", "007", "9999", "99999", "12345678", "10000001", "1.5", "?", " 1"])
NUMBER = st.integers(0, 30).flatmap(lambda at: USUAL if at else ODD)
PATH = st.sampled_from(
    [
        "a.go",
        "b.go",
        "x/a.go",
        "y/a.go",
        "example.com/module/a.go",
        "example.com/modulo/a.go",
        "c:d.go",
        "",
        "lö.go",
        " a.go",
        "x\ra.go",
    ]
)
LINE = st.builds("{}:{}.{},{}.{} {} {}".format, PATH, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER)
SPAN = st.builds(
    lambda path, line, column, more, end, statements, hits: f"{path}:{line}.{column},{line + more}.{end} {statements} {hits}",
    PATH, st.integers(1, 9), st.integers(1, 12), st.integers(0, 3), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3),
)  # fmt: skip


@given(st.sampled_from(["set", "count"]), st.one_of(st.lists(SPAN, max_size=30), st.lists(LINE, max_size=30)))
def test_records_of_all_kinds_read_the_same_both_ways(mode: str, lines: list[str]) -> None:
    data = "\n".join([f"mode: {mode}", *lines, ""]).encode()

    columns, singles, _ = both_ways(data)

    assert columns == singles


@pytest.mark.parametrize("size", [5, 8, 9, 17, 40, 64, 65, 72, 73, 129, 1000])
def test_paths_that_differ_in_one_byte_are_two(size: int) -> None:
    for place in sorted(
        {0, 7, 8, 15, 63, 64, 71, size // 2, size - 9, size - 8, size - 1} & set(range(size))
    ):
        paths = ["a" * size, "a" * place + "b" + "a" * (size - place - 1), "c.go"]
        data = "".join(f"{path}:1.1,2.2 1 1\n" for path in paths).encode()

        assert [row[0].decode() for row in go_scan.scan(data)[1]] == paths


SPANS = st.lists(st.tuples(st.integers(1, 20), st.integers(-1, 4)), max_size=12)


@given(SPANS.flatmap(lambda spans: st.sampled_from([spans, sorted(spans)])))
def test_blocks_that_open_where_one_ends_are_told_in_turn_or_not(spans: list[tuple[int, int]]) -> None:
    starts, sizes = np.array(spans, np.int64).reshape(-1, 2).T
    ends = starts + sizes

    assert (go_cover._opening(starts, ends) == np.isin(starts, ends)).all()
