"""The bytes of a Codecov upload: JSON with packed files, or the text of older clients; taken apart into the files they are.

Source: the public client codecov-cli 11.3.1 and captures of its requests. The body is read from disk in constant memory. Packed files
(zlib) stay packed: they are opened in the parser cage, not here. All reports become one archive, so that junk which the client picked
up by its name is left out and not a failure; the client sends its files in random order, the archive has them by name.
"""

from __future__ import annotations

import base64
import binascii
import errno
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from django.conf import settings

from covdash.problems import Problem
from ingest.containers import Entry, entries
from ingest.delivery import BLOCK, Delivery
from ingest.json_scan import Scanner, Span
from ingest.packing import Member, gzip, packs, tar
from ingest.parsing import Limits, ParseError
from ingest.receive import storage_problem

MAX_FILES = 100_000
_CHUNK = 1024 * 1024
_PACKED = "base64+compressed"
_LINE = 1024 * 1024
_MARKS = {b"<<<<<< network": "files", b"<<<<<< EOF": "report", b"<<<<<< ENV": "environment"}
_IGNORED = b"==FROMNOWONIGNOREDBYCODECOV==>>>"
_TITLE = b"# path="
_FIXES = ("fixes", "path=fixes")
_WAY_OUT = "Update the client, or send the reports as the setup page of the project shows."


@dataclass(slots=True)
class _Found:
    """What a body holds: reports, and the spans of the file that list the files of the repository, one a line."""

    reports: list[Member] = field(default_factory=list)
    listed: list[Callable[[], Iterable[bytes]]] = field(default_factory=list)

    def add(self, member: Member) -> None:
        if len(self.reports) >= MAX_FILES:
            raise _bad("too_many_parts", f"The body has more than {MAX_FILES} files.", status=413)
        self.reports.append(member)


def read_body(body: Callable[[int], bytes], delivery: Delivery) -> None:
    """Fill `delivery` from a whole body, gzip or not. Raises `Problem` for what is neither of the two forms."""
    folder = Path(settings.SPOOL_ROOT)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as spool:
            head = b""
            for block in _plain(iter(lambda: body(BLOCK), b"")):
                head = head or block.lstrip()[:1]
                spool.write(block)
            if not head:
                raise _bad("empty", "The body is empty.")
            spool.flush()
            found = _of_json(spool) if head == b"{" else _of_text(spool)
            _deliver(found, delivery, is_packed=head == b"{")
    except OSError as error:
        raise storage_problem("no space is free" if error.errno == errno.ENOSPC else repr(error)) from error


def _deliver(found: _Found, delivery: Delivery, *, is_packed: bool) -> None:
    if not found.reports:
        raise _bad("empty", "The body holds no report.", hint="See what the client finds with codecovcli -v.")
    for members in packs(found.reports):
        name = members[0].name if len(members) == 1 else f"{len(members)} files"
        try:
            archive = tar(members)
            delivery.spool(name, "report", archive if is_packed else gzip(archive))
        except ValueError as error:  # padding in the middle makes less of it than its length says
            raise _bad("malformed_request", f"The data of a file are no base64: {error}.") from error
    if found.listed:
        delivery.spool("network", "files", (block for blocks in found.listed for block in blocks()))
        if not delivery.files[-1].size:
            delivery.files.pop().content.close()


def _plain(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo the gzip of older clients, within the limits of an upload."""
    limits = Limits(unpacked=settings.COVDASH_MAX_UNPACKED_BYTES, ratio=settings.COVDASH_MAX_RATIO)
    try:
        for entry in entries("upload", blocks, limits):
            if not isinstance(entry, Entry) or entry.inside:
                raise _bad("malformed_request", "The body is an archive.")
            yield from entry.chunks
    except ParseError as error:
        status = 413 if error.code in ("decompression_limit", "too_large") else 400
        raise _bad(error.code, f"The body cannot be read: {error}.", status=status) from error


def _of_json(spool: IO[bytes]) -> _Found:
    scanner, found = Scanner(spool), _Found()
    try:
        for key in scanner.members():
            if key in ("coverage_files", "test_results_files"):
                for _ in scanner.elements():
                    found.add(_packed_file(scanner, spool))
            elif key == "network_files" and scanner.kind() == "[":
                names = tempfile.TemporaryFile(dir=settings.SPOOL_ROOT)  # noqa: SIM115 - read when the delivery is made
                for _ in scanner.elements():
                    if (name := scanner.text()) and "\n" not in name:
                        names.write(name.encode("utf-8", "replace") + b"\n")
                found.listed.append(partial(_all_of, names))
            else:
                scanner.skip()
    except ParseError as error:
        raise _bad("malformed_request", f"The body is not what Codecov's clients send: {error}.") from error
    return found


def _packed_file(scanner: Scanner, spool: IO[bytes]) -> Member:
    name, kind, data = "", _PACKED, None
    for key in scanner.members():
        if key in ("filename", "format"):
            if key == "format":
                kind = scanner.text()
            else:
                name = scanner.text()
        elif key == "data":
            data = scanner.span()
        else:
            scanner.skip()
    if kind != _PACKED:
        raise _bad("bad_field", f"The file {name[:200]!r} has the format {kind[:60]!r}.", field="format")
    if data is None:
        raise _bad("bad_field", f"The file {name[:200]!r} has no data.", field="data")
    spool.seek(max(data.start, data.end - 2))
    padding = spool.read(min(2, data.end - data.start)).count(b"=")
    letters = data.end - data.start - data.escapes
    if letters % 4:
        raise _bad("malformed_request", f"The data of {name[:200]!r} are no base64: they are cut off.")
    return Member(name, letters // 4 * 3 - padding, partial(_decoded, spool, data, name))


def _decoded(spool: IO[bytes], data: Span, name: str) -> Iterator[bytes]:
    """Yield what the base64 of a span says, piece by piece."""
    at, rest = data.start, b""
    while at < data.end:
        spool.seek(at)
        block = spool.read(min(_CHUNK, data.end - at))
        at += len(block)
        letters = rest + (block.replace(b"\\", b"") if data.escapes else block)
        whole = len(letters) if at >= data.end else len(letters) // 4 * 4
        rest = letters[whole:]
        try:
            yield base64.b64decode(letters[:whole], validate=True)
        except binascii.Error as error:
            said = f"The data of {name[:200]!r} are no base64: {error}."
            raise _bad("malformed_request", said) from error


def _of_text(spool: IO[bytes]) -> _Found:
    """Find the sections of the text form: each ends with its mark, and a report may begin with `# path=NAME`."""
    found = _Found()
    spool.seek(0)
    start = body = end = 0
    title: str | None = None
    is_fresh, is_blank = True, True
    for line in iter(lambda: spool.readline(_LINE), b""):
        at, end = end, end + len(line)
        mark = line.strip() if is_fresh and len(line) < 100 else b""
        if mark in _MARKS or mark == _IGNORED:
            _close(found, spool, _MARKS.get(mark, "report"), title, (body, at), is_blank=is_blank)
            start = body = end
            title, is_blank = None, True
            if mark == _IGNORED:
                return found
        elif title is None and is_fresh and line.startswith(_TITLE) and body == start and is_blank:
            title = line.strip().removeprefix(_TITLE).decode("utf-8", "replace")
            body = end
        elif line.strip():
            is_blank = False
        is_fresh = line.endswith(b"\n")
    _close(found, spool, "report", title, (body, end), is_blank=is_blank)
    return found


def _close(
    found: _Found, spool: IO[bytes], kind: str, title: str | None, place: tuple[int, int], *, is_blank: bool
) -> None:
    """Take a section; those with variables of the CI (they may be secrets) and with fixes of lines are left out."""
    if is_blank or kind == "environment" or title in _FIXES:
        return
    if kind == "files":
        found.listed.append(partial(_between, spool, *place))
    else:
        found.add(Member(title or "report", place[1] - place[0], partial(_between, spool, *place)))


def _between(spool: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    while start < end:
        spool.seek(start)
        block = spool.read(min(_CHUNK, end - start))
        start += len(block)
        yield block


def _all_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        yield from iter(lambda: file.read(_CHUNK), b"")


def _bad(code: str, message: str, *, status: int = 400, hint: str = _WAY_OUT, field: str = "") -> Problem:
    return Problem(status, code, message, hint=hint, field=field)
