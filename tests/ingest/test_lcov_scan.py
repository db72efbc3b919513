"""The law of the LCOV scan: by columns or record by record, a tracefile gives the same report and the same warnings."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.describe import describe
from covdash.coverage.sheet_codec import encoded
from ingest import lcov_scan, text_lines
from ingest.formats import lcov
from ingest.octets import DoubtError
from ingest.reading import Failed, Parsed, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, reports

TRACES = [sample for sample in reports() if b"\nend_of_record" in sample.path.read_bytes()]


def outcome(*chunks: bytes) -> list[Any]:
    """Return all that is known of a tracefile."""
    found: list[Any] = []
    for read in read_upload_file("x", chunks, format_name="lcov"):
        if isinstance(read, Parsed):
            found.append([(path, describe(path, file)) for path, file in read.report.files.items()])
            found.append(list(encoded(read.report.files)))
            found.append(read.report.warnings.as_list())
        elif isinstance(read, Failed):
            found.append((read.code, read.message, read.where))
    return found


def both_ways(data: bytes) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and by records, and how many blocks were read at once."""
    taken = 0

    def scan(block: bytes) -> Any:
        nonlocal taken
        sheet = lcov_scan.scan(block)
        taken += 1
        return sheet

    def refuse(_block: bytes) -> Any:
        raise DoubtError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lcov, "_WORTH_A_SCAN", 0)
        patch.setattr(lcov, "scan", scan)
        by_columns = outcome(data)
        patch.setattr(lcov, "scan", refuse)
        return by_columns, outcome(data), taken


def test_every_sample_reads_the_same_both_ways() -> None:
    scans = 0
    for sample in TRACES:
        columns, records, taken = both_ways(sample.path.read_bytes())
        assert columns == records, sample
        scans += taken
    assert scans > 10


@given(st.sampled_from(TRACES), st.integers(0, 2**32))
def test_every_damaged_tracefile_reads_the_same_both_ways(sample: Sample, seed: int) -> None:
    data = mutated(sample.path.read_bytes()[:20_000], random.Random(seed))

    columns, records, _ = both_ways(data)

    assert columns == records


NUMBER = st.one_of(
    st.integers(0, 12).map(str),
    st.sampled_from(["", "-", "-1", "007", "99999", "12345678", "10000001", "1.5", "?", " 1", "1,1"]),
)
NAME = st.sampled_from(["f", "g", "_Z3foov", "a.c:f", "f,g", "lööp", "main", "x" * 2000])
RECORD = st.one_of(
    st.builds("DA:{},{}".format, NUMBER, NUMBER),
    st.builds("BRDA:{},{},{},{}".format, NUMBER, NUMBER, NUMBER, NUMBER),
    st.builds("FN:{},{}".format, NUMBER, NAME),
    st.builds("FNDA:{},{}".format, NUMBER, NAME),
    st.builds(
        "{}:{}".format,
        st.sampled_from(["LF", "LH", "BRF", "BRH", "FNF", "FNH", "MCF", "TN", "SF", "DB", "BRDB"]),
        NUMBER,
    ),
    st.sampled_from(["", "end_of_record", "end_of_record ", "#", "FNDA:1,f\nFN:1,f"]),
)


def plain(lines: list[tuple[int, int]], arms: list[int], functions: int) -> str:
    """Return the records of a section as geninfo writes them."""
    numbered = sorted(dict(lines).items())
    out = [f"FN:{3 * n + 1},f{n}" for n in range(functions)] + [
        f"FNDA:{n * n * 77},f{n}" for n in range(functions)
    ]
    out += [
        f"BRDA:{line},{arm % 3},{arm},{'-' if arm % 5 == 0 else arm * 37}" for line in (4, 5) for arm in arms
    ]
    out += [f"DA:{line},{hits}" for line, hits in numbered]
    return "\n".join([*out, f"BRF:{2 * len(arms)}", f"LF:{len(lines)}"])


PLAIN = st.builds(
    plain,
    st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 99_999)), min_size=1, max_size=20),
    st.lists(st.integers(0, 70), max_size=6),
    st.integers(0, 5),
)
SECTION = st.one_of(
    PLAIN, st.lists(RECORD, max_size=8).map("\n".join), st.tuples(PLAIN, RECORD).map("\n".join)
)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), SECTION), min_size=1, max_size=6), st.booleans())
def test_sections_of_all_kinds_read_the_same_both_ways(sections: list[tuple[str, str]], named: bool) -> None:  # noqa: FBT001
    test = "TN:t\n" if named else ""
    data = "".join(f"{test}SF:{path}.c\n{body}\nend_of_record\n" for path, body in sections).encode()

    columns, records, _ = both_ways(data)

    assert columns == records


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), SECTION), min_size=1, max_size=6),
    st.integers(1, 200),
    st.sampled_from([100, 1 << 20]),
)
def test_blocks_of_all_sizes_read_the_same(sections: list[tuple[str, str]], size: int, longest: int) -> None:
    data = "".join(f"SF:{path}.c\n{body}\nend_of_record\n" for path, body in sections).encode()
    whole = outcome(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "BLOCK", 1)
        patch.setattr(lcov, "SCANNED", longest)
        patch.setattr(lcov_scan, "SCANNED", longest)
        patch.setattr(lcov, "_LONGEST_SECTION", longest)

        assert outcome(*(data[at : at + size] for at in range(0, len(data), size))) == whole


@given(st.lists(PLAIN, min_size=1, max_size=4))
def test_plain_sections_are_read_at_once(sections: list[str]) -> None:
    data = "".join(f"SF:{n}.c\n{body}\nend_of_record\n" for n, body in enumerate(sections)).encode()

    columns, records, taken = both_ways(data)

    assert columns == records
    assert taken or any("BRDA:4" in body for body in sections)


@pytest.mark.parametrize(
    "odd",
    [
        "FN:1,f", "FNDA:1,f", "FN:1,f\nFNDA:1,f\nFN:2,g\nFNDA:1,g", "FN:1,f\nFN:2,g\nFNDA:1,g\nFNDA:1,f", "FN:1,f\nFNDA:1,fg",
        "DA:,1", "DA:1,", "DA:1", "DA:1,,1", "DA:1,2,3", "DA:1.5,1", "DA:12345678,1", "DA:1,12345678", "DX:1,1", "DA;1,1",
        "DA:2,1\nDA:1,1", "BRDA:1,0,0,--", "BRDA:1,0,0-", "BRDA:1,,0,1", "BRDA:10,0,1", "BRDA:1,64,0,1", "BRXA:1,0,0,1",
        "BRDX:1,0,0,1", "LF:", "LF:1x", "LX:1", "TN:t\nTN:t", "", "D", "XY:1",
    ],
)  # fmt: skip
def test_a_section_that_is_not_plain_leaves_the_others_plain(odd: str) -> None:
    data = "".join(
        f"TN:\nSF:{n}.c\n{odd if n == 1 else 'DA:3,4'}\nend_of_record\n" for n in range(3)
    ).encode()

    columns, records, taken = both_ways(data)

    assert columns == records
    assert taken == 2
