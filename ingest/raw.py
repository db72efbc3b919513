"""Reading the raw files of an upload back from object storage: in blocks, and only the bytes that came in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import storages

BLOCK = 1024 * 1024


class BlobError(Exception):
    """Stored bytes that are gone or not what came in: `code` blob_missing or blob_corrupt, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        """The sentence names the file as the client called it."""
        super().__init__(code, message)
        self.code, self.message = code, message


class StorageAwayError(OSError):
    """The object storage does not answer; each kind of storage has errors of its own, this is what they become."""


def blocks_of(file: dict[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of one raw file (an entry of `Upload.files`). Raises `BlobError`, and `StorageAwayError`."""
    seen = hashlib.sha256()
    try:
        with storages["objects"].open(file["key"]) as stored:
            while block := stored.read(BLOCK):
                seen.update(block)
                yield block
    except FileNotFoundError as error:
        raise BlobError(
            "blob_missing", f"the stored bytes of {file['name']!r} are gone; send the upload again"
        ) from error
    except Exception as error:
        raise StorageAwayError(f"cannot read {file['key']}: {error!r}") from error
    if seen.hexdigest() != file["digest"]:
        raise BlobError(
            "blob_corrupt", f"the stored bytes of {file['name']!r} changed; send the upload again"
        )


def read(file: dict[str, Any]) -> bytes:
    """Return one raw file whole; only for lists and single texts. Raises like `blocks_of`."""
    return b"".join(blocks_of(file))
