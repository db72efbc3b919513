"""The law of LLVM's columns: read at once or file by file, an export gives the same files, warnings and refusals."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from covdash.coverage.codec import encode, encode_counts
from covdash.coverage.describe import describe
from covdash.coverage.sheet_codec import encoded
from ingest import llvm_columns
from ingest.formats import llvm_cov_json
from ingest.octets import DoubtError
from ingest.reading import Failed, Parsed, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, reports

SAMPLES = [sample for sample in reports() if b"llvm.coverage.json.export" in sample.path.read_bytes()]


def outcome(data: bytes) -> list[Any]:
    """Return all that is known of an export."""
    found: list[Any] = []
    for read in read_upload_file("x", [data], format_name="llvm-cov-json"):
        if isinstance(read, Parsed):
            files = read.report.files
            found.append({path: describe(path, file) for path, file in files.items()})
            found.append(read.report.warnings.as_list())
            alone = [(path, encode(file), encode_counts(file)) for path, file in files.items()]
            assert list(encoded(files)) == alone
        elif isinstance(read, Failed):
            found.append((read.code, read.message, read.where))
    return found


def both_ways(data: bytes) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and file by file, and how many exports were read by columns."""
    taken = 0

    def read(whole: bytes) -> Any:
        nonlocal taken
        found = llvm_columns.read(whole)
        taken += 1
        return found

    def refuse(_data: bytes) -> Any:
        raise DoubtError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm_cov_json, "read", read)
        by_columns = outcome(data)
        patch.setattr(llvm_cov_json, "read", refuse)
        return by_columns, outcome(data), taken


def test_every_sample_reads_the_same_both_ways() -> None:
    taken = 0
    for sample in SAMPLES:
        columns, files, count = both_ways(sample.path.read_bytes())
        assert columns == files, sample
        taken += count
    assert taken > 1


@given(st.sampled_from(SAMPLES), st.integers(0, 2**32))
def test_every_damaged_export_reads_the_same_both_ways(sample: Sample, seed: int) -> None:
    data = mutated(sample.path.read_bytes()[:30_000], random.Random(seed))

    columns, files, _ = both_ways(data)

    assert columns == files


ODD = st.sampled_from([-1, 1.5, None, 2**63, 10**7 + 1, "1", [1], 1e5, 12345678])
USUAL = st.integers(1, 14)
COUNT = st.fixed_dictionaries(
    {"count": st.integers(3, 9), "covered": st.integers(0, 3), "percent": st.floats(0, 100)}
)
SUMMARY = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("lines", "functions", "branches", "regions", "mcdc"), COUNT)
)


def ordered(rows: list[Any]) -> list[Any]:
    """Sort rows by line, as LLVM writes them, where that can be done."""
    return (
        sorted(rows, key=lambda row: row[:2])
        if all(isinstance(part, int) for row in rows for part in row[:2])
        else rows
    )


MCDC = [1, 2, 3, 4, 0, 0, 5, [True, False]]


def exports(*, odd: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return exports of usual numbers only, or with some odd values among them."""
    number = st.integers(0, 100).flatmap(lambda at: USUAL if at or not odd else ODD)
    flag = st.integers(0, 100).flatmap(lambda at: st.booleans() if at or not odd else ODD)
    segment = st.tuples(number, number, number, flag, flag, flag)
    region = st.tuples(
        number, number, number, number, number, st.integers(0, 1), st.just(0), st.sampled_from([0, 0, 2])
    )
    branch = st.tuples(number, number, number, number, number, number, st.just(0), st.just(0), st.just(4))
    file = st.fixed_dictionaries(
        {
            "filename": st.sampled_from(["a.c", "b.c", "c.c"]),
            "segments": st.lists(segment, min_size=not odd, max_size=7).map(ordered),
            "branches": st.lists(branch, max_size=3),
            "summary": SUMMARY,
        },
        optional={
            "mcdc_records": st.sampled_from([[], [MCDC], [MCDC, MCDC], [[1, 2]] if odd else []]),
            "expansions": st.just([]),
        },
    )
    function = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["f", "g", "a.c:f", "std::f", "_Z" + "x" * 1100]),
            "count": USUAL,
            "filenames": st.lists(st.just("a.c"), max_size=2),
            "regions": st.lists(region, max_size=4),
        }
    )
    files = st.lists(file, min_size=1, max_size=3, unique_by=lambda file: file["filename"])
    return st.fixed_dictionaries({"files": files, "functions": st.lists(function, max_size=4)})


@settings(max_examples=200)
@given(st.one_of(exports(odd=False), exports(odd=True)))
def test_exports_of_all_kinds_read_the_same_both_ways(export: dict[str, Any]) -> None:
    data = json.dumps({"data": [export], "type": "llvm.coverage.json.export", "version": "2.0.1"}).encode()

    columns, singles, taken = both_ways(data)

    assert columns == singles
    event(f"by columns: {taken}")
