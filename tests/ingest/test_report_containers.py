"""Containers are opened within limits, one layer deep; what is left out is named, and one bad entry harms no other."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import zstandard

from ingest.parsing import Limits
from ingest.reading import Failed, Outcome, Parsed, Skipped, read_upload_file
from tests.ingest.samples import blocks

REPORT = b"TN:\nSF:src/a.c\nDA:1,3\nDA:2,0\nend_of_record\n"
OTHER = b"mode: set\nexample.com/m/b.go:1.1,2.2 1 1\n"
SMALL = Limits(unpacked=300_000, entry=200_000, archive=100_000, ratio_from=50_000, entries=5, directory=2000)


def opened(
    data: bytes, limits: Limits | None = None, *, block: int = 777, format_name: str | None = None
) -> list[Outcome]:
    return list(read_upload_file("sent", blocks(data, block), limits=limits, format_name=format_name))


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def zstded(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstded, lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])]
)
@pytest.mark.parametrize("block", [1, 10, 100_000])
def test_one_report_in_any_wrapping(pack: Callable[[bytes], bytes], block: int) -> None:
    (outcome,) = opened(pack(REPORT), block=block)

    assert isinstance(outcome, Parsed)
    assert outcome.name == "sent"
    assert outcome.report.totals().get("lines") == (1, 2)


@pytest.mark.parametrize(
    "pack",
    [
        zipped,
        lambda files: zipped(files, zipfile.ZIP_STORED),
        tarred,
        lambda files: tarred(files, "w"),
        lambda files: zstded(tarred(files, "w")),
    ],
)
def test_several_reports_in_any_archive(pack: Callable[[dict[str, bytes]], bytes]) -> None:
    """Each by itself: the broken one fails, what is no report is left out, the others are read."""
    files = {
        "c/lcov.info": REPORT,
        "go.out": OTHER,
        "broken.xml": b"<coverage line-rate='1'><packages><package",
        "README.md": b"hello",
        "empty.info": b"",
        "favicon.png": b"\x89PNG\r\n\x1a\n" + bytes(300),
        "inner.zip": zipped({"x": REPORT}),
        "__MACOSX/._lcov.info": b"TN:",
    }
    outcomes = {outcome.name: outcome for outcome in opened(pack(files))}

    assert {name for name, outcome in outcomes.items() if isinstance(outcome, Parsed)} == {
        "c/lcov.info",
        "go.out",
    }
    broken = outcomes["broken.xml"]
    assert isinstance(broken, Failed)
    assert (broken.code, broken.format) == ("malformed", "cobertura")
    skipped = {name: outcome.reason for name, outcome in outcomes.items() if isinstance(outcome, Skipped)}
    assert skipped == {
        "README.md": "unknown_format",
        "empty.info": "empty",
        "favicon.png": "binary",
        "inner.zip": "nested_archive",
        "__MACOSX/._lcov.info": "not_a_report",
    }


@pytest.mark.parametrize("name", ["../evil.info", "/abs.info", "a/../../b.info", "C:/x.info", "..\\b.info"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_climb_out_are_left_out(name: str, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    bad, good = opened(pack({name: REPORT, "ok.info": REPORT}))

    assert isinstance(bad, Skipped)
    assert bad.reason == "path_escape"
    assert isinstance(good, Parsed)


def test_links_and_devices_are_left_out() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("link.info")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        device = tarfile.TarInfo("null.info")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    symlink = zipfile.ZipInfo("link.info")
    symlink.external_attr = 0o120777 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zip_file:
        zip_file.writestr(symlink, "/etc/passwd")

    for data in (out.getvalue(), packed.getvalue()):
        outcomes = opened(data)
        assert outcomes
        assert all(isinstance(outcome, Skipped) and outcome.reason == "not_a_file" for outcome in outcomes)


def test_a_sparse_file_in_a_tar_is_left_out() -> None:
    """Ten kilobytes may declare a terabyte of zeros."""
    entry = tarfile.TarInfo("big.info")
    entry.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    head[386:398], head[398:410] = b"00000000000\0", b"00000000000\0"
    head[483:495] = b"77777777777\0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)

    (outcome,) = opened(bytes(head) + bytes(1024))

    assert isinstance(outcome, Skipped)
    assert outcome.reason == "not_a_file"


def encrypted() -> bytes:
    data = bytearray(zipped({"a.info": REPORT}))
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + at] |= 1
    return bytes(data)


def wrong_checksum() -> bytes:
    data = bytearray(zipped({"a.info": REPORT, "b.info": OTHER}, zipfile.ZIP_STORED))
    data[data.index(b"DA:1,3") + 5] = ord("4")
    return bytes(data)


def test_an_entry_that_cannot_be_read_harms_no_other() -> None:
    (locked,) = opened(encrypted())
    assert isinstance(locked, Skipped)
    assert locked.reason == "encrypted"

    bad, good = opened(wrong_checksum())
    assert isinstance(bad, Failed)
    assert (bad.name, bad.code) == ("a.info", "malformed")
    assert isinstance(good, Parsed)


def same_name_twice() -> bytes:
    data = zipped({"a.info": REPORT, "b.info": REPORT})
    return data.replace(b"b.info", b"a.info")


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def flipped(data: bytes) -> bytes:
    return data[:20] + bytes((data[20] ^ 0xFF,)) + data[21:]


def noise(size: int) -> bytes:
    """Text that does not compress."""
    import random

    chance = random.Random(1)
    return b"TN:\nSF:a.c\n" + b"".join(
        b"DA:%d,%d\n" % (chance.randrange(10**6), chance.randrange(10**9)) for _ in range(size // 17)
    )


REFUSED: list[tuple[str, bytes, str]] = [
    ("gzip cut off", cut(gzip.compress(noise(5000))), "truncated"),
    ("gzip damaged", flipped(gzip.compress(REPORT)), "malformed"),
    ("gzip in gzip", gzip.compress(gzip.compress(REPORT)), "nested_archive"),
    ("zip in gzip", gzip.compress(zipped({"a": REPORT})), "nested_archive"),
    ("zip cut off", cut(zipped({"a.info": REPORT})), "truncated"),
    ("zip with one name twice", same_name_twice(), "malformed"),
    ("zip with many entries", zipped({str(number): REPORT for number in range(6)}), "too_large"),
    ("zip with a large directory", zipped({"x" * 1900: REPORT, "y" * 900: REPORT}), "too_large"),
    ("zip that is large", zipped({"a": noise(150_000)}, zipfile.ZIP_STORED), "too_large"),
    ("tar cut off", tarred({"a.info": noise(9000)}, "w")[:3000], "malformed"),
    ("tar with many entries", tarred({str(number): REPORT for number in range(6)}), "too_large"),
    ("zstd damaged", flipped(zstded(noise(900))), "malformed"),
    ("zstd that wants a large window", b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(20), "malformed"),
    ("entry that is large", gzip.compress(noise(250_000)), "decompression_limit"),
    ("bomb of text", gzip.compress(b"TN:\nSF:a.c\n" + b"DA:1,1\n" * 30_000), "decompression_limit"),
    ("bomb of zeros", gzip.compress(bytes(100_000)), "decompression_limit"),
    ("many gzip members", gzip.compress(REPORT) + gzip.compress(b"") * 1500, "decompression_limit"),
    ("bzip2", b"BZh91AY&SY" + bytes(50), "nested_archive"),
    ("7-Zip", b"7z\xbc\xaf\x27\x1c" + bytes(50), "nested_archive"),
    ("empty zip", b"PK\x05\x06" + bytes(18), "nested_archive"),
]


@pytest.mark.parametrize(("data", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_breaks_a_limit_is_refused(data: bytes, code: str) -> None:
    outcomes = [outcome for outcome in opened(data, SMALL) if isinstance(outcome, Failed)]

    assert [outcome.code for outcome in outcomes] == [code]
    assert outcomes[0].message


def test_the_budget_is_that_of_the_whole_upload() -> None:
    """Entries below the limit add up."""
    files = {f"{number}.info": noise(80_000) for number in range(5)}
    limits = replace(SMALL, archive=10**6)
    outcomes = opened(zipped(files, zipfile.ZIP_STORED), limits)

    assert [type(outcome).__name__ for outcome in outcomes] == ["Parsed", "Parsed", "Parsed", "Failed"]
    last = outcomes[-1]
    assert isinstance(last, Failed)
    assert last.code == "decompression_limit"
    assert "300000" in last.message


def test_an_archive_is_not_unpacked_further_than_it_is_asked_for() -> None:
    """Outcomes come one by one: the caller can stop, and memory holds one report."""
    taken = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for chunk in blocks(tarred({f"{number}.info": noise(50_000) for number in range(20)}, "w"), 10_000):
            taken += len(chunk)
            yield chunk

    first = next(read_upload_file("sent", counted()))

    assert isinstance(first, Parsed)
    assert taken < 250_000


def test_the_given_format_holds_for_every_entry() -> None:
    outcomes = opened(zipped({"a.info": REPORT, "b.out": OTHER}), format_name="lcov")

    assert isinstance(outcomes[0], Parsed)
    assert isinstance(outcomes[1], Failed)
    assert outcomes[1].code == "format_mismatch"
    assert "go-cover" in outcomes[1].message


def test_names_that_are_no_text_can_still_be_stored() -> None:
    """Old tars hold names in any encoding."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        entry = tarfile.TarInfo("grüße.info")
        entry.size = len(REPORT)
        archive.addfile(entry, io.BytesIO(REPORT))
    (outcome,) = opened(out.getvalue())

    assert outcome.name.encode().decode() == "gr\ufffd\ufffde.info"
