"""Lists of the files of a tree, in the form of `git ls-tree -r -z`, and the git ids that can be computed without git.

A list is checked by its id. Where it is more than the tree of a commit (contents of submodules) or there is no git at all, the id of
that list is computed here.
"""

from __future__ import annotations

import hashlib
import os
from typing import IO, Iterable, Iterator, NamedTuple

MAX_FILES = 1_000_000
_LIST_BLOCK = 1024 * 1024


class Row(NamedTuple):
    """One file of a list: its path below the root, mode (`100644`), kind (blob, commit) and id in hex."""

    path: bytes
    mode: bytes
    kind: bytes
    blob: bytes


def rows_of(listing: IO[bytes]) -> Iterator[Row]:
    """Read a list from its beginning."""
    listing.seek(0)
    rest = b""
    while True:
        block = listing.read(_LIST_BLOCK)
        *lines, rest = (rest + block).split(b"\0")
        for line in lines:
            facts, _, path = line.partition(b"\t")
            mode, kind, blob = facts.split(b" ")
            yield Row(path, mode, kind, blob)
        if not block:
            return


def write_rows(rows: Iterable[Row], listing: IO[bytes]) -> int:
    """Write rows as a list, in the order of git, and return their number."""
    count = 0
    for row in sorted(rows):
        listing.write(b"%s %s %s\t%s\0" % (row.mode, row.kind, row.blob, row.path))
        count += 1
    return count


def tree_id(rows: Iterable[Row]) -> str:
    """Return the id that git gives a tree with these files."""
    ordered = sorted(rows)
    width = len(ordered[0].blob) if ordered else 40
    folders: list[tuple[bytes, list[tuple[bytes, bytes]]]] = [(b"", [])]

    def shut() -> None:
        name, entries = folders.pop()
        # Git sorts a folder as if its name ended with a slash.
        folders[-1][1].append((name + b"/", b"40000 " + name + b"\0" + _tree(entries, width)))

    for row in ordered:
        *above, name = row.path.split(b"/")
        shared = 0
        while shared < min(len(above), len(folders) - 1) and folders[shared + 1][0] == above[shared]:
            shared += 1
        while len(folders) - 1 > shared:
            shut()
        folders.extend((folder, []) for folder in above[shared:])
        folders[-1][1].append((name, row.mode + b" " + name + b"\0" + bytes.fromhex(row.blob.decode())))
    while len(folders) > 1:
        shut()
    return _tree(folders[0][1], width).hex()


def _tree(entries: list[tuple[bytes, bytes]], width: int) -> bytes:
    return hash_object(b"tree", b"".join(entry for _name, entry in sorted(entries)), width)


def hash_object(kind: bytes, body: bytes, width: int = 40) -> bytes:
    """Return the id of a git object, as bytes; `width` is that of ids in hex."""
    data = kind + b" %d\0" % len(body) + body
    if width == 64:
        return hashlib.sha256(data).digest()
    return hashlib.sha1(data).digest()  # noqa: S324  # git's own


def walked(root: str, paths: Iterable[str]) -> Iterator[Row]:
    """Yield rows for files below `root` (paths with `/`) that no git vouches for: plain hashes of their bytes."""
    for path in paths:
        full = os.path.join(root, path)
        try:
            with open(full, "rb") as file:
                blob = hash_object(b"blob", file.read())
        except OSError:
            continue
        mode = b"100755" if os.access(full, os.X_OK) else b"100644"
        yield Row(os.fsencode(path), mode, b"blob", blob.hex().encode())
