"""Hostile and edge inputs with the outcome that each must have: those of the samples, and large ones that are made when wanted."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.ingest.samples import Sample, found_in

OTHER_CODES = {
    "truncated_cobertura.xml": {"malformed"},
    "random.bin": {"binary", "unknown_format"},
    "lcov_no_sf.info": {"bad_record", "no_files"},
}
ACCEPT, WARN, REJECT = "accept", "accept_with_warning", "reject"


@dataclass(frozen=True)
class Hostile:
    """An input, and how `inspect_report` must answer: with one of `codes` as error or warning, and with `totals`.

    `seconds` bounds the processor time, `megabytes` what reading it may take beyond the input.
    """

    name: str
    make: Callable[[], bytes]
    outcome: str
    codes: frozenset[str] = frozenset()
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    files: int | None = None
    seconds: float = 10
    megabytes: int = 300

    def differs(self, found: dict[str, Any]) -> str:
        """Return what is wrong with an answer, "" if nothing is."""
        said = {one["code"] for one in found.get("warnings", ())} | {found.get("error", {}).get("code")} - {
            None
        }
        outcome = REJECT if "error" in found else WARN if said else ACCEPT
        if outcome != self.outcome:
            return f"{outcome} {sorted(said)}, not {self.outcome}"
        if self.codes and not said & self.codes:
            return f"{sorted(said)}, not one of {sorted(self.codes)}"
        for kind, (covered, total) in self.totals.items():
            if (got := found["totals"].get(kind)) != {"covered": covered, "total": total}:
                return f"{kind} {got}, not {covered} of {total}"
        if self.files is not None and len(found["files"]) != self.files:
            return f"{len(found['files'])} files, not {self.files}"
        return ""


def of_sample(sample: Sample) -> Hostile:
    """Return the input of a sample and what its truth says."""
    truth, name = sample.truth, sample.path.name
    code = truth["error_class"]
    lines = truth.get("lines")
    return Hostile(
        name,
        sample.path.read_bytes,
        truth["outcome"],
        frozenset(OTHER_CODES.get(name, {code}) if code else ()),
        {"lines": (lines["covered"], lines["total"])} if lines and name != "traversal.info" else {},
    )


def small() -> list[Hostile]:
    """Return those of the samples."""
    return [of_sample(sample) for sample in found_in("hostile")]


def class_of(path: str, lines: str) -> str:
    return f'<class name="c" filename="{path}"><methods/><lines>{lines}</lines></class>'


def cobertura(classes: str) -> bytes:
    return f'<coverage line-rate="1"><packages><package name="p"><classes>{classes}</classes></package></packages></coverage>'.encode()


def one_file_500k_lines() -> bytes:
    return (
        "TN:\nSF:src/big.c\n" + "".join(f"DA:{i},{i % 3}\n" for i in range(1, 500_001)) + "end_of_record\n"
    ).encode()


def files_20k(files: int = 20_000) -> bytes:
    return "".join(
        f"TN:\nSF:src/d{i // 1000}/f{i}.c\nDA:1,{i % 2}\nDA:2,1\nend_of_record\n" for i in range(files)
    ).encode()


def files_20k_xml(files: int = 20_000) -> bytes:
    lines = '<line number="1" hits="{}"/><line number="2" hits="1"/>'
    return cobertura("".join(class_of(f"src/d{i // 1000}/f{i}.c", lines.format(i % 2)) for i in range(files)))


def files_100k() -> bytes:
    return files_20k(100_000)


def files_100k_xml() -> bytes:
    return files_20k_xml(100_000)


def one_line_50mb_json() -> bytes:
    return b'{"coverage":{"a.py":[null' + b",null" * 10_000_000 + b"]}}"


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


def _large(
    make: Callable[[], bytes],
    outcome: str,
    code: str = "",
    *,
    seconds: float = 3,
    megabytes: int = 60,
    files: int | None = None,
    **totals: tuple[int, int],
) -> Hostile:
    codes = frozenset({code} if code else ())
    return Hostile(make.__name__, make, outcome, codes, totals, files, seconds, megabytes)


LARGE = [
    _large(one_file_500k_lines, ACCEPT, megabytes=150, files=1, lines=(333_334, 500_000)),
    _large(files_20k, ACCEPT, seconds=10, megabytes=150, files=20_000, lines=(30_000, 40_000)),
    _large(files_20k_xml, ACCEPT, seconds=12, megabytes=150, files=20_000, lines=(30_000, 40_000)),
    _large(
        many_arms, WARN, "too_many_arms", seconds=10, megabytes=400, files=1, branches=(500_000, 1_000_000)
    ),
    _large(long_line, WARN, "bad_record"),
    _large(attr_huge, REJECT, "too_large"),
    _large(many_attributes, REJECT, "too_large"),
    _large(slow_regex, WARN, "bad_record", megabytes=20),
    _large(long_comment, REJECT, "too_large"),
    _large(zip_of_100k_entries, REJECT, "too_large"),
    _large(zip_overlap, REJECT, "malformed", megabytes=20),
    _large(gzip_of_zeros, REJECT, "decompression_limit"),
    _large(many_empty_gzip_members, REJECT, "decompression_limit", megabytes=20),
    _large(attlist_default, REJECT, "forbidden_xml", megabytes=20),
    _large(deep_json_in_a_skipped_part, REJECT, "too_deep"),
    _large(many_methods, ACCEPT, seconds=20, megabytes=300, files=1, functions=(1, 100_000)),
    _large(go_blocks_without_end, REJECT, "too_large", seconds=10, megabytes=300),
    _large(wide_go_files, WARN, "bad_line_number"),
]
LARGEST = [
    _large(files_100k, ACCEPT, seconds=60, files=100_000, lines=(150_000, 200_000)),
    _large(files_100k_xml, ACCEPT, seconds=60, files=100_000, lines=(150_000, 200_000)),
    _large(one_line_50mb_json, ACCEPT, seconds=10, files=1),
]
"""Those that take too long for every run of the tests."""
