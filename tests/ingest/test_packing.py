"""Files packed as one: the same archive for the same files in any order, read back as they were, with names that lead nowhere."""

from __future__ import annotations

import io
import itertools
import tarfile
import zlib

import pytest

from ingest.packing import MOST, Member, gzip, packs, relative, tar
from ingest.parsing import Limits
from ingest.reading import Parsed, Skipped, read_upload_file

LCOV = b"TN:\nSF:src/a.c\nDA:1,1\nend_of_record\n"


def member(name: str, data: bytes) -> Member:
    return Member(name, len(data), lambda: [data])


def archive(*members: Member) -> bytes:
    (one,) = packs(members)
    return b"".join(tar(one))


def test_order_changes_nothing_and_python_reads_it() -> None:
    members = [
        member("/ci/b/x.xml", b"two"),
        member("/ci/a/x.xml", b"one" * 400),
        member("/ci/\u00e9.xml", b""),
    ]
    made = {archive(*order) for order in itertools.permutations(members)}
    assert len(made) == 1
    with tarfile.open(fileobj=io.BytesIO(made.pop())) as found:
        assert [(m.name, m.size) for m in found] == [("a/x.xml", 1200), ("b/x.xml", 3), ("\u00e9.xml", 0)]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/home/ci/coverage.xml"], ["coverage.xml"]),
        (["/home/ci/a/c.xml", "/home/ci/b/c.xml"], ["a/c.xml", "b/c.xml"]),
        (["C:\\ci\\c.xml", "C:\\ci\\d\\c.xml"], ["c.xml", "d/c.xml"]),
        (["../../etc/passwd", "x"], ["etc/passwd", "x"]),
        (["", "..", "/"], ["report", "report", "report"]),
        (["a\r\nb\0"], ["a\ufffd\ufffdb\ufffd"]),
        (["x" * 3000], ["x" * 1000]),
    ],
)
def test_names_are_short_and_lead_nowhere(paths: list[str], expected: list[str]) -> None:
    assert relative(paths) == expected


def test_many_files_are_several_archives() -> None:
    assert [len(pack) for pack in packs([member(f"{n}", b"") for n in range(MOST + 1)])] == [MOST, 1]


def test_a_size_that_is_not_kept_is_an_error() -> None:
    with pytest.raises(ValueError, match="has 1 bytes, not 2"):
        list(tar([Member("a", 2, lambda: [b"x"])]))


def test_members_packed_by_zlib_are_opened_one_by_one() -> None:
    made = archive(
        member("good.info", zlib.compress(LCOV)),
        member("plain.info", LCOV),
        member("x.txt", b"x^ is no zlib"),
    )
    found = {outcome.name: outcome for outcome in read_upload_file("3 files", [made])}
    assert isinstance(found["good.info"], Parsed)
    assert isinstance(found["plain.info"], Parsed)
    assert isinstance(found["x.txt"], Skipped)


def test_zlib_inside_an_archive_has_the_same_limits() -> None:
    made = archive(member("a", zlib.compress(b"\0" * 5_000_000)))
    (found,) = read_upload_file("a", [made], limits=Limits(ratio=10, ratio_from=1000))
    assert found.code == "decompression_limit"  # type: ignore[union-attr]


def test_gzip_of_blocks() -> None:
    assert zlib.decompress(b"".join(gzip([b"a" * 100_000, b"", b"b"])), 31) == b"a" * 100_000 + b"b"
