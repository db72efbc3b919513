"""Durable object storage on a file system: what `save` returned survives a power cut.

Django's own file storage never calls fsync, so a 202 given after it would be a promise without ground. Bytes go to a
hidden file in the same folder, are fsynced, linked to their final name, and the folder is fsynced after that.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage


class DurableFileSystemStorage(FileSystemStorage):
    """File storage that has reached the disk when `save` returns. Objects are immutable; a name is never overwritten."""

    def _save(self, name: str, content: File[Any]) -> str:
        folder = Path(self.path(name)).parent
        self._make_folder(folder)
        hidden = folder / f".{secrets.token_hex(16)}.part"
        try:
            with hidden.open("xb") as target:
                for chunk in content.chunks():
                    target.write(chunk.encode() if isinstance(chunk, str) else chunk)
                target.flush()
                os.fsync(target.fileno())
            if self.file_permissions_mode is not None:
                hidden.chmod(self.file_permissions_mode)
            while True:
                try:
                    # A link fails where a rename would silently replace what another writer has just put there.
                    os.link(hidden, self.path(name))
                    break
                except FileExistsError:
                    name = self.get_available_name(name)
        finally:
            hidden.unlink(missing_ok=True)
        sync_folder(folder)
        return str(name).replace("\\", "/")

    def settle(self, name: str) -> None:
        """Make sure that an object which somebody else has just put there is on disk, too. Raises `OSError`."""
        sync_folder(Path(self.path(name)).parent)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for path in reversed(missing):
            path.mkdir(mode=self.directory_permissions_mode or 0o777, exist_ok=True)
            # The name of a new folder lives in its parent.
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in `folder` to disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in storage: its name, bytes, and when it was written."""

    name: str
    size: int
    at: datetime


def folders(objects: Storage, folder: str) -> list[str]:
    """Return the names of the folders in `folder`."""
    try:
        return sorted(objects.listdir(folder)[0])
    except FileNotFoundError:
        return []


def listed(objects: Storage, folder: str) -> Iterator[Stored]:
    """Yield what lies below `folder`, hidden files of writers that were killed too.

    A bucket tells names, sizes and times in one answer for a thousand objects, which Django's interface cannot: it would ask for each.
    """
    bucket = getattr(objects, "bucket", None)
    if bucket is not None:
        place = str(getattr(objects, "location", "")).strip("/")
        before = f"{place}/" if place else ""
        for one in bucket.objects.filter(Prefix=f"{before}{folder}/"):
            yield Stored(one.key.removeprefix(before), one.size, one.last_modified)
        return
    root = Path(objects.path(""))
    for path in sorted((root / folder).rglob("*")):
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode):
            yield Stored(
                path.relative_to(root).as_posix(), found.st_size, datetime.fromtimestamp(found.st_mtime, UTC)
            )
