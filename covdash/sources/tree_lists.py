"""The files of a git tree, as `git ls-tree -r -z` lists them: checked against the id of the tree, and kept once per project.

A list is what its tree id says or nothing at all: the ids of all directories are computed again from the entries that came in, up to
the root. So it does not matter who sends it. It is kept in object storage as the paths (compressed) and the ids of their blobs (which
nothing compresses): 20 MB and a little for a million files. Paths are bytes until somebody asks for them.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from covdash.projects import holding
from covdash.sources.models import TreeList

MAX_ENTRIES = 1_000_000
MAX_PATH = 4096
"""Bytes of a path; a longer one is left out of the list."""
_VERSION = 1
_FILES = frozenset({b"100644", b"100755", b"100664"})
_TREE, _LINK = b"40000", b"160000"
_ENTRY = re.compile(rb"([0-7]{6}) (blob|commit) ([0-9a-f]{40}|[0-9a-f]{64})\t(.+)", re.DOTALL)
_FORBIDDEN = frozenset({b"", b".", b"..", b".git"})


class TreeListError(Exception):
    """Bytes that are no list of the tree: `code` bad_tree_list, tree_mismatch or too_many_files, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(slots=True)
class _Open:
    """A directory whose entries come in: its name, and a hash of what git would store of it."""

    name: bytes
    entries: list[bytes] = field(default_factory=list)


class Reading:
    """Reads `git ls-tree -r -z --full-tree` from a stream and computes the ids of its directories on the way."""

    def __init__(self, tree: str) -> None:
        """`tree` is the id in hex that the list must have."""
        self.tree = tree
        self._hash: Callable[[bytes], bytes] = _sha256 if len(tree) == 64 else _sha1
        self._open = [_Open(b"")]
        self._last = b""
        self._count = 0
        self.paths: list[bytes] = []
        self.blobs = bytearray()

    def feed(self, chunks: Iterable[bytes]) -> None:
        """Take the whole list. Raises `TreeListError`."""
        rest = b""
        for chunk in chunks:
            *rows, rest = (rest + chunk).split(b"\0")
            for row in rows:
                self._take(row)
            if len(rest) > 2 * MAX_PATH + 80 and b"\t" not in rest[:80]:
                raise TreeListError("bad_tree_list", _not_git(rest))
        if rest:
            raise TreeListError("bad_tree_list", "The list of files ends in the middle of an entry.")
        while len(self._open) > 1:
            self._shut()
        found = self._id_of(self._open[0])
        if found.hex() != self.tree:
            raise TreeListError(
                "tree_mismatch", f"The list of files is that of the tree {found.hex()}, not of {self.tree}."
            )

    def _take(self, row: bytes) -> None:
        self._count += 1
        if self._count > MAX_ENTRIES:
            raise TreeListError("too_many_files", f"The list has more than {MAX_ENTRIES} files.")
        match = _ENTRY.fullmatch(row)
        if match is None or len(match[3]) != len(self.tree):
            raise TreeListError("bad_tree_list", _not_git(row))
        mode, kind, blob, path = match[1], match[2], match[3], match[4]
        if path <= self._last:
            raise TreeListError(
                "bad_tree_list", f"The list of files is not in the order of git at {path[:200]!r}."
            )
        self._last = path
        parts = path.split(b"/")
        if not _FORBIDDEN.isdisjoint(parts):
            raise TreeListError("bad_tree_list", f"No file of git can be called {path[:200]!r}.")
        if (mode == _LINK) != (kind == b"commit"):
            raise TreeListError("bad_tree_list", _not_git(row))
        self._descend(parts[:-1])
        number = bytes.fromhex(blob.decode())
        self._open[-1].entries.append(mode + b" " + parts[-1] + b"\0" + number)
        if mode in _FILES and len(path) <= MAX_PATH and _is_text(path):
            self.paths.append(path)
            self.blobs += number

    def _descend(self, folders: list[bytes]) -> None:
        """Be in the directory `folders`: shut those that are done, open the new ones."""
        here = [one.name for one in self._open[1:]]
        shared = 0
        while shared < min(len(here), len(folders)) and here[shared] == folders[shared]:
            shared += 1
        while len(self._open) - 1 > shared:
            self._shut()
        self._open += [_Open(name) for name in folders[shared:]]

    def _shut(self) -> None:
        done = self._open.pop()
        self._open[-1].entries.append(_TREE + b" " + done.name + b"\0" + self._id_of(done))

    def _id_of(self, folder: _Open) -> bytes:
        body = b"".join(folder.entries)
        return self._hash(b"tree %d\0" % len(body) + body)


def keep(*, project_id: int, reading: Reading) -> None:
    """Store what was read; a list that is there already stays as it is. Raises what the storage raises."""
    key = f"trees/{project_id}/{reading.tree}"
    paths = zlib.compress(b"\0".join(reading.paths), 6)
    head = msgspec.msgpack.encode((_VERSION, len(reading.tree) // 2, len(reading.paths), len(paths)))
    objects = storages["objects"]
    with transaction.atomic():
        holding.hold(project_id)
        if not objects.exists(key):
            data = bytes([len(head)]) + head + paths + bytes(reading.blobs)
            key = objects.save(key, ContentFile(data))
        TreeList.objects.bulk_create(
            [TreeList(project_id=project_id, tree=reading.tree, key=key, files=len(reading.paths))],
            ignore_conflicts=True,
        )


def is_known(*, project_id: int, tree: str) -> bool:
    """Whether the list of a tree is kept. One SQL statement."""
    return TreeList.objects.filter(project_id=project_id, tree=tree).exists()


def known(*, project_id: int, trees: Iterable[str]) -> frozenset[str]:
    """Return those of `trees` whose list is kept. One SQL statement."""
    found = TreeList.objects.filter(project_id=project_id, tree__in=list(trees))
    return frozenset(found.values_list("tree", flat=True))


def read(*, project_id: int, tree: str) -> dict[str, bytes] | None:
    """Return path -> blob id of a tree, None when its list is not kept. Raises what the storage raises, `ValueError` for damage."""
    row = TreeList.objects.filter(project_id=project_id, tree=tree).first()
    if row is None:
        return None
    with storages["objects"].open(row.key) as stored:
        data = stored.read()
    return dict(_unpacked(data))


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    start = 1 + data[0] if data else 1
    try:
        version, width, count, size = msgspec.msgpack.decode(data[1:start], type=tuple[int, int, int, int])
        text = zlib.decompress(data[start : start + size])
    except (msgspec.DecodeError, zlib.error) as error:
        raise ValueError(f"a stored list of files is damaged: {error}") from error
    paths = text.decode().split("\0") if count else []
    blobs = data[start + size :]
    if version != _VERSION or len(paths) != count or len(blobs) != count * width:
        raise ValueError("a stored list of files is damaged")
    return zip(paths, (blobs[at : at + width] for at in range(0, len(blobs), width)), strict=True)


def _is_text(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_git(row: bytes) -> str:
    return f"This is no entry of git ls-tree -r -z: {row[:200]!r}."


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
