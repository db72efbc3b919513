"""Hostile and edge inputs end as they should, in linear time and bounded memory, and never with another exception."""

from __future__ import annotations

import gzip
import io
import random
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.inspection import answer
from ingest.reading import Failed, Outcome, Parsed, Skipped, read_upload_file
from tests.ingest.samples import SAMPLES, Sample, blocks, found_in, read, reports

OTHER_CODES = {
    "truncated_cobertura.xml": {"malformed"},
    "random.bin": {"binary", "unknown_format"},
    "lcov_no_sf.info": {"bad_record", "no_files"},
}


def outcome_of(sample: Sample) -> tuple[str, set[str]]:
    """Return accept, accept_with_warning or reject, and the codes."""
    found = answer("x", read(sample.path))
    if "error" in found:
        return "reject", {found["error"]["code"]}
    codes = {warning["code"] for warning in found["warnings"]}
    return ("accept_with_warning" if codes else "accept"), codes


@pytest.mark.parametrize("sample", found_in("hostile"), ids=lambda s: s.path.name)
def test_every_hostile_input_has_its_outcome(sample: Sample) -> None:
    outcome, codes = outcome_of(sample)
    expected = sample.truth["error_class"]

    assert outcome == sample.truth["outcome"]
    if expected is not None:
        assert codes & OTHER_CODES.get(sample.path.name, {expected})
    lines = sample.truth.get("lines")
    if lines and sample.path.name != "traversal.info":
        assert answer("x", read(sample.path))["totals"]["lines"] == lines


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


# --- Large inputs, generated -----------------------------------------------------------------------------------------


def class_of(path: str, lines: str) -> str:
    return f'<class name="c" filename="{path}"><methods/><lines>{lines}</lines></class>'


def cobertura(classes: str) -> bytes:
    return f'<coverage line-rate="1"><packages><package name="p"><classes>{classes}</classes></package></packages></coverage>'.encode()


def one_file_500k_lines() -> bytes:
    return (
        "TN:\nSF:src/big.c\n" + "".join(f"DA:{i},{i % 3}\n" for i in range(1, 500_001)) + "end_of_record\n"
    ).encode()


def files_20k() -> bytes:
    return "".join(
        f"TN:\nSF:src/d{i // 1000}/f{i}.c\nDA:1,{i % 2}\nDA:2,1\nend_of_record\n" for i in range(20_000)
    ).encode()


def files_20k_xml() -> bytes:
    lines = '<line number="1" hits="{}"/><line number="2" hits="1"/>'
    return cobertura(
        "".join(class_of(f"src/d{i // 1000}/f{i}.c", lines.format(i % 2)) for i in range(20_000))
    )


def many_arms() -> bytes:
    return (
        "TN:\nSF:a.c\nDA:1,1\n"
        + "".join(f"BRDA:1,0,{i},{i % 2}\n" for i in range(1_000_000))
        + "end_of_record\n"
    ).encode()


def attr_huge() -> bytes:
    return cobertura(class_of("a" * 20_000_000, '<line number="1" hits="1"/>'))


def many_attributes() -> bytes:
    return (
        "<coverage line-rate='1'><x " + " ".join(f'a{i}="1"' for i in range(100_000)) + "/></coverage>"
    ).encode()


def long_line() -> bytes:
    return b"TN:\nSF:b.c\nDA:1,1\nend_of_record\nSF:" + b"a" * 10_000_000


def slow_regex() -> bytes:
    said = "50% (" + "1" * 60_000
    return cobertura(
        class_of("a.py", f'<line number="1" hits="1" branch="true" condition-coverage="{said}"/>')
    )


def long_comment() -> bytes:
    return b"<coverage line-rate='1'><!--" + b"-a" * 8_000_000 + b"--></coverage>"


def zip_of_100k_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(100_000):
            archive.writestr(str(number), b"")
    return out.getvalue()


def zip_overlap() -> bytes:
    """Two entries of the directory that point to one local header."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.info", b"TN:\nSF:a.c\nDA:1,1\nend_of_record\n")
        archive.writestr("b.info", b"TN:\nSF:b.c\nDA:1,1\nend_of_record\n")
    data = bytearray(out.getvalue())
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    return bytes(data)


def gzip_of_zeros(size: int = 10**9) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        for _ in range(size // 10**6):
            file.write(bytes(10**6))
    return out.getvalue()


def many_empty_gzip_members() -> bytes:
    return gzip.compress(b"TN:\n") + gzip.compress(b"") * 100_000


def attlist_default() -> bytes:
    return (
        b"<!DOCTYPE coverage [<!ATTLIST line x CDATA '" + b"y" * 60_000 + b"'>]>"
        b"<coverage line-rate='1'>" + b"<line/>" * 2000 + b"</coverage>"
    )


def deep_json_in_a_skipped_part() -> bytes:
    return (
        b'{"meta":{"version":"7","format":3,"x":'
        + b"[" * 100_000
        + b"]" * 100_000
        + b'},"files":{},"totals":{}}'
    )


def many_methods() -> bytes:
    return (
        b"<coverage clover='4'><project><file name='a.php'>"
        + b"".join(
            b'<line num="%d" type="%s" count="1"/>' % (i, b"method" if i % 2 else b"stmt")
            for i in range(1, 200_000)
        )
        + b'<metrics statements="200000" methods="100000" coveredmethods="1"/></file></project></coverage>'
    )


def go_blocks_without_end() -> bytes:
    return b"mode: set\n" + b"".join(b"a.go:%d.1,%d.1 1 1\n" % (i + 1, i + 90_001) for i in range(100_000))


def wide_go_files() -> bytes:
    return b"mode: set\n" + b"".join(b"f%d.go:1.1,9000000.1 1 1\n" % i for i in range(1000))


Check = Callable[[list[Outcome]], bool]


def parsed_with(kind: str, covered: int, total: int, files: int = 1) -> Check:
    def check(outcomes: list[Outcome]) -> bool:
        (outcome,) = outcomes
        return (
            isinstance(outcome, Parsed)
            and outcome.report.totals().get(kind) == (covered, total)
            and len(outcome.report.files) == files
        )

    return check


def warned(code: str) -> Check:
    return lambda outcomes: all(
        isinstance(found, Parsed) and code in found.report.warnings.found for found in outcomes
    )


def failed(*codes: str) -> Check:
    return lambda outcomes: (
        all(isinstance(found, Failed) and found.code in codes for found in outcomes) and bool(outcomes)
    )


LARGE: list[tuple[Callable[[], bytes], Check, float, int]] = [
    # what, the outcome, seconds of processor time, MB beyond the input
    (one_file_500k_lines, parsed_with("lines", 333_334, 500_000), 3, 150),
    (files_20k, parsed_with("lines", 30_000, 40_000, 20_000), 10, 150),
    (files_20k_xml, parsed_with("lines", 30_000, 40_000, 20_000), 12, 150),
    (many_arms, parsed_with("branches", 500_000, 1_000_000), 10, 400),
    (long_line, warned("bad_record"), 3, 60),
    (attr_huge, failed("too_large"), 3, 60),
    (many_attributes, failed("too_large"), 3, 60),
    (slow_regex, warned("bad_record"), 3, 20),
    (long_comment, failed("too_large"), 3, 60),
    (zip_of_100k_entries, failed("too_large"), 3, 60),
    (zip_overlap, failed("malformed"), 3, 20),
    (gzip_of_zeros, failed("decompression_limit"), 3, 60),
    (many_empty_gzip_members, failed("decompression_limit"), 3, 20),
    (attlist_default, failed("forbidden_xml"), 3, 20),
    (deep_json_in_a_skipped_part, failed("too_deep"), 3, 60),
    (many_methods, parsed_with("functions", 1, 100_000), 20, 300),
    (go_blocks_without_end, failed("too_large"), 10, 300),
    (wide_go_files, warned("bad_line_number"), 3, 60),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "check", "seconds", "megabytes"), LARGE, ids=[row[0].__name__ for row in LARGE]
)
def test_large_inputs_take_linear_time_and_bounded_memory(
    make: Callable[[], bytes], check: Check, seconds: float, megabytes: int
) -> None:
    data = make()
    started = time.process_time()
    outcomes = list(read_upload_file("big", blocks(data, 1 << 20)))
    taken = time.process_time() - started

    assert check(outcomes), [str(outcome)[:300] for outcome in outcomes]
    assert taken < seconds
    if taken < 1:  # tracing costs too much time on the longer ones; `bench/` measures those
        tracemalloc.start()
        list(read_upload_file("big", blocks(data, 1 << 20)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < megabytes * 1024 * 1024


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
