"""The law of coverage.py's columns: read at once or list by list, a report gives the same files, warnings and refusals."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.codec import encode
from covdash.coverage.describe import describe
from covdash.coverage.sheet_codec import encoded
from ingest import coverage_py_columns
from ingest.formats import coverage_py_json
from ingest.reading import Failed, Parsed, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, reports

SAMPLES = [sample for sample in reports() if b'"executed_lines"' in sample.path.read_bytes()]


def outcome(data: bytes) -> list[Any]:
    """Return all that is known of a report; warnings without their example, which may be another of them."""
    found: list[Any] = []
    for read in read_upload_file("x", [data], format_name="coverage-py-json"):
        if isinstance(read, Parsed):
            files = read.report.files
            found.append({path: describe(path, file) for path, file in files.items()})
            found.append({code: count for code, (count, _) in read.report.warnings.found.items()})
            assert [row[:2] for row in encoded(files)] == [
                (path, encode(file)) for path, file in files.items()
            ]
        elif isinstance(read, Failed):
            found.append((read.code, read.message, read.where))
    return found


def both_ways(data: bytes) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and list by list, and how many files were on sheets."""
    taken = 0

    def sheet(batch: coverage_py_columns.Batch) -> Any:
        nonlocal taken
        made, unusual = real(batch)
        taken += len(made.paths)
        return made, unusual

    def refuse(_data: bytes) -> Any:
        raise coverage_py_columns.UnusualError

    real = coverage_py_columns.Batch.sheet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage_py_columns.Batch, "sheet", sheet)
        by_columns = outcome(data)
        patch.setattr(coverage_py_json, "decode", refuse)
        return by_columns, outcome(data), taken


def test_every_sample_reads_the_same_both_ways() -> None:
    files = 0
    for sample in SAMPLES:
        columns, singles, taken = both_ways(sample.path.read_bytes())
        assert columns == singles, sample
        files += taken
    assert files > 5


@given(st.sampled_from(SAMPLES), st.integers(0, 2**32))
def test_every_damaged_report_reads_the_same_both_ways(sample: Sample, seed: int) -> None:
    data = mutated(sample.path.read_bytes()[:20_000], random.Random(seed))

    columns, singles, _ = both_ways(data)

    assert columns == singles


ODD = st.sampled_from([-1, 0, 1.5, None, 2**63, 10**7 + 1, 2**20, 10**6, "1", [1]])
LINE = st.integers(0, 60).flatmap(lambda at: st.integers(1, 120) if at else ODD)
LINES = st.lists(LINE, max_size=6)
END = st.integers(0, 60).flatmap(lambda at: st.one_of(st.integers(1, 120), st.just(-1)) if at else ODD)
ARMS = st.lists(st.tuples(LINE, END), max_size=3)
REGION = st.fixed_dictionaries(
    {"executed_lines": LINES, "missing_lines": LINES}, optional={"start_line": LINE}
)


def made(
    ran: list[Any], missed: list[Any], arms: tuple[list[Any], list[Any]], regions: dict[str, Any], wrong: int
) -> dict[str, Any]:
    """Return a file; its summary counts what is listed, but for one time in ten."""
    summary = {
        "covered_lines": len(ran) - (wrong == 0),
        "num_statements": len(ran) + len(missed),
        "num_branches": len(arms[0]) + len(arms[1]) + (wrong == 1),
        "covered_branches": len(arms[0]),
    }
    return {
        "executed_lines": ran, "missing_lines": missed, "excluded_lines": [3] if wrong == 2 else [], "summary": summary,
        "executed_branches": arms[0], "missing_branches": arms[1], "functions": regions,
    }  # fmt: skip


FILE = st.builds(
    made,
    st.lists(LINE, max_size=6),
    st.lists(LINE, max_size=4),
    st.tuples(ARMS, ARMS),
    st.dictionaries(st.sampled_from(["", "f", "g", "A.f"]), REGION, max_size=4),
    st.integers(0, 20),
)


@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py"]), FILE, min_size=1), st.booleans())
def test_files_of_all_kinds_read_the_same_both_ways(files: dict[str, Any], arms: bool) -> None:  # noqa: FBT001
    data = json.dumps({"meta": {"version": "7", "branch_coverage": arms}, "files": files}).encode()

    columns, singles, _ = both_ways(data)

    assert columns == singles
