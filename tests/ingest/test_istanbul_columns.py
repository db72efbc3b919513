"""The law of Istanbul's columns: read at once or one by one, a report gives the same files, warnings and refusals."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.describe import describe
from ingest import istanbul_columns
from ingest.formats import istanbul_json
from ingest.reading import Failed, Parsed, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, reports

SAMPLES = [sample for sample in reports() if b'"statementMap"' in sample.path.read_bytes()]


def outcome(data: bytes) -> list[Any]:
    """Return all that is known of a report; warnings without their example, which may be another of them."""
    found: list[Any] = []
    for read in read_upload_file("x", [data], format_name="istanbul-json"):
        if isinstance(read, Parsed):
            found.append({path: describe(path, file) for path, file in read.report.files.items()})
            found.append({code: count for code, (count, _) in read.report.warnings.found.items()})
        elif isinstance(read, Failed):
            found.append((read.code, read.message, read.where))
    return found


def both_ways(data: bytes) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and one by one, and how many files were on sheets."""
    taken = 0

    def sheet(batch: istanbul_columns.Batch) -> Any:
        nonlocal taken
        made, unusual = real(batch)
        taken += len(made.paths)
        return made, unusual

    def refuse(*_: object) -> None:
        raise istanbul_columns.UnusualError

    real = istanbul_columns.Batch.sheet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(istanbul_columns.Batch, "sheet", sheet)
        by_columns = outcome(data)
        patch.setattr(istanbul_json.Batch, "add", refuse)
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


ODD = st.sampled_from([None, -1, 1.5, 2**63, 10**7 + 1, 0, 99])
NUMBER = st.integers(0, 40).flatmap(lambda at: st.integers(1, 12) if at else ODD)
POINT = st.fixed_dictionaries({"line": NUMBER, "column": NUMBER})
SPAN = st.fixed_dictionaries({"start": POINT, "end": POINT})
FUNCTION = st.fixed_dictionaries(
    {"name": st.sampled_from(["f", "g", "(anonymous_1)", ""]), "decl": SPAN, "loc": SPAN},
    optional={"line": NUMBER},
)
KIND = st.sampled_from(["if", "cond-expr", "switch", "binary-expr", "default-arg", "x@y"])
BRANCH = st.fixed_dictionaries(
    {"type": KIND, "loc": SPAN, "locations": st.lists(SPAN, max_size=2)}, optional={"line": NUMBER}
)


def made(
    path: str, statements: list[Any], functions: list[Any], branches: list[Any], swap: int
) -> dict[str, Any]:
    """Return a file; `swap` puts the counts into another order than the places."""
    counts = {str(n): hits for n, (_, hits) in enumerate(statements)}
    return {
        "path": path,
        "statementMap": {str(n): span for n, (span, _) in enumerate(statements)},
        "s": dict(reversed(counts.items())) if swap == 0 else counts,
        "fnMap": {str(n): function for n, (function, _) in enumerate(functions)},
        "f": {str(n): hits for n, (_, hits) in enumerate(functions)},
        "branchMap": {str(n): branch for n, (branch, _) in enumerate(branches)},
        "b": {str(n): hits for n, (_, hits) in enumerate(branches)},
    }


FILE = st.builds(
    made,
    st.sampled_from(["a.js", "b.js", "c.js", "webpack:///./a.js?x"]),
    st.lists(st.tuples(SPAN, NUMBER), max_size=8),
    st.lists(st.tuples(FUNCTION, NUMBER), max_size=3),
    st.lists(st.tuples(BRANCH, st.lists(NUMBER, max_size=3)), max_size=4),
    st.integers(0, 9),
)


@given(st.lists(FILE, min_size=1, max_size=4))
def test_files_of_all_kinds_read_the_same_both_ways(files: list[dict[str, Any]]) -> None:
    data = json.dumps({f"{n}": file for n, file in enumerate(files)}).encode()

    columns, singles, _ = both_ways(data)

    assert columns == singles
