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
    """Return a file; `swap` puts the counts into another order than the places, or leaves one out, or names statements oddly."""
    names = [
        f"{'0' * (swap == 2)}{n % 3 if swap == 3 else n}{'x' * (swap == 4)}" for n in range(len(statements))
    ]
    counts = dict(zip(names, (hits for _, hits in statements), strict=True))
    if swap == 0:
        counts = dict(reversed(counts.items()))
    elif swap == 1 and counts:
        counts.popitem()
    return {
        "path": path,
        "statementMap": dict(zip(names, (span for span, _ in statements), strict=True)),
        "s": counts,
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
    st.integers(0, 30),
)
LAYOUT = st.sampled_from([{"separators": (",", ":")}, {"separators": (",", ":")}, {}, {"indent": 2}])


@given(st.lists(FILE, min_size=1, max_size=4), LAYOUT)
def test_files_of_all_kinds_read_the_same_both_ways(
    files: list[dict[str, Any]], layout: dict[str, Any]
) -> None:
    data = json.dumps({f"{n}": file for n, file in enumerate(files)}, **layout).encode()

    columns, singles, _ = both_ways(data)

    assert columns == singles


def one_file(statements: str, counts: str) -> bytes:
    return (
        f'{{"a.js":{{"path":"a.js","statementMap":{statements},"s":{counts},"fnMap":{{}},"f":{{}},"branchMap":{{}},"b":{{}}}}}}'
    ).encode()


PLAIN = (
    '{"0":{"start":{"line":1,"column":2},"end":{"line":1,"column":9}},'
    '"12":{"start":{"line":3,"column":0},"end":{"line":3,"column":5}}}'
)


@pytest.mark.parametrize(
    ("statements", "counts"),
    [
        (PLAIN, '{"0":5,"12":123456789012}'),
        (
            PLAIN.replace('"column":9', '"column":null').replace('"column":0', '"column":null'),
            '{"0":5,"12":0}',
        ),
        (json.dumps(json.loads(PLAIN), indent=2), '{"0": 5, "12": 0}'),
        ("{}", "{}"),
    ],
)
def test_what_is_plain_is_read_by_columns(statements: str, counts: str) -> None:
    columns, singles, taken = both_ways(one_file(statements, counts))

    assert columns == singles
    assert taken == 1


@pytest.mark.parametrize(
    ("statements", "counts"),
    [
        (PLAIN.replace('"line":1', '"li1ne":1', 1), '{"0":5,"12":0}'),
        (PLAIN.replace('"end"', '"e1nd"', 1), '{"0":5,"12":0}'),
        (PLAIN.replace('"start"', '"start "', 1), '{"0":5,"12":0}'),
        (PLAIN.replace('"start"', '"st\\u0061rt"', 1), '{"0":5,"12":0}'),
        (PLAIN.replace('"12"', '"012"'), '{"0":5,"12":0}'),
        (PLAIN.replace('"12"', '"0"'), '{"0":5,"0":0}'),
        (PLAIN.replace('"12"', '"1/2"'), '{"0":5,"1/2":0}'),
        (PLAIN.replace('"line":3', '"line":null', 1), '{"0":5,"12":0}'),
        (PLAIN.replace('"line":1,', '"line":1,"line":2,', 1), '{"0":5,"12":0}'),
        (PLAIN, '{"0":5,"12":1e3}'),
        (PLAIN, '{"0":5,"12":-3}'),
        (PLAIN, '{"12":5,"0":1}'),
        (PLAIN, '{"0":5}'),
    ],
)
def test_what_only_looks_plain_is_not_read_by_columns(statements: str, counts: str) -> None:
    columns, singles, taken = both_ways(one_file(statements, counts))

    assert columns == singles
    assert taken == 0
