"""The law of the rows: by columns or through expat, a document gives the same report, or the same refusal and place."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.describe import describe
from ingest import safe_xml, xml_rows
from ingest.reading import Failed, Parsed, Skipped, read_upload_file
from tests.fuzz.mutate import mutated
from tests.ingest.samples import Sample, found_in, reports

XML = [
    sample
    for sample in (*reports(), *found_in("hostile"))
    if sample.path.read_bytes()[:200].lstrip(b"\xef\xbb\xbf \n")[:1] == b"<"
]


def outcome(data: bytes, size: int) -> list[Any]:
    """Return all that is known of a document that comes in blocks of `size`."""
    found: list[Any] = []
    for read in read_upload_file("x", (data[at : at + size] for at in range(0, len(data), size))):
        match read:
            case Parsed(report=report):
                found.append({path: describe(path, file) for path, file in report.files.items()})
                found.append(report.warnings.as_list())
            case Failed(code=code, message=message, where=where):
                found.append((code, message, where))
            case Skipped():
                found.append("skipped")
    return found


def both_ways(data: bytes, size: int) -> tuple[list[Any], list[Any], int]:
    """Return the outcome by columns and through expat, and how many runs of rows were taken out."""
    taken = 0

    def scan(block: bytes, wanted: dict[str, xml_rows.Rows]) -> list[xml_rows.Run]:
        nonlocal taken
        runs = xml_rows.scan(block, wanted)
        taken += len(runs)
        return runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_rows, "_FEWEST", 1)
        patch.setattr(safe_xml, "scan", scan)
        patch.setattr(safe_xml, "_SCANNED", size)
        by_columns = outcome(data, size)
        patch.setattr(safe_xml, "scan", lambda *_: [])
        return by_columns, outcome(data, size), taken


@pytest.mark.parametrize("size", [97, 1000, 30_000])
def test_every_sample_reads_the_same_both_ways(size: int) -> None:
    runs = 0
    for sample in XML:
        columns, events, taken = both_ways(sample.path.read_bytes(), size)
        assert columns == events, sample
        runs += taken
    assert runs > 100


@given(st.sampled_from(XML), st.integers(0, 2**32), st.sampled_from([61, 400, 3000]))
def test_every_damaged_document_reads_the_same_both_ways(sample: Sample, seed: int, size: int) -> None:
    data = mutated(sample.path.read_bytes()[:20_000], random.Random(seed))

    columns, events, _ = both_ways(data, size)

    assert columns == events


ROWS = xml_rows.Rows(lambda _names, _columns: None, frozenset(("n",)))
PLAIN = b'<line n="1" t="x"/>\n<line n="20" t="y"/>\n' * 20


def test_rows_are_read_by_columns() -> None:
    (run,) = xml_rows.scan(b"<f>" + PLAIN + b"</f>", {"line": ROWS})

    ((_, names, (numbers, texts)),) = run.parts
    assert names == ("n", "t")
    assert list(numbers) == [1, 20] * 20
    assert texts == ["x", "y"] * 20
    assert (run.start, run.end) == (3, 2 + len(PLAIN))


@pytest.mark.parametrize(
    "doubtful",
    [
        b"<!-- -->", b"<![CDATA[ ]]>", b"<?pi?>", b"a > b", b'<line n="1" t="&lt;"/>', b"<line n='1' t='x'/>", b'<line n="x" t="x"/>',
        b'<line n="" t="x"/>', b'<line n="1" n="1"/>', b'<line n="1" t="\xc3\xa4"/>', b'<line  n="1" t="x"/>',
        b'<line n="1" t="x"/ >', b'<line n="12345678901234567890" t="x"/>', b'<line n="-1" t="x"/>', b'<line n="1" t="\n"/>',
    ],
)  # fmt: skip
def test_what_is_not_understood_is_left_to_expat(doubtful: bytes) -> None:
    runs = xml_rows.scan(PLAIN + doubtful + PLAIN, {"line": ROWS})

    assert not any(run.start <= len(PLAIN) < run.end for run in runs)


@pytest.mark.parametrize("number", ["0", "7", "007", "12345678", "123456789", "9999999999999999"])
def test_numbers_of_any_length(number: str) -> None:
    (run,) = xml_rows.scan(PLAIN + f'<line n="{number}" t="x"/>'.encode(), {"line": ROWS})

    assert run.parts[0][2][0][-1] == int(number)
