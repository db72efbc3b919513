"""What the other uploads of a commit tell an upload: the files of the repository and the texts of its sources.

An upload that brought a list of files (or texts, which name files too) uses its own. One that did not uses those of the whole commit.
So that the order of arrival changes nothing, the upload remembers the digest of what it was told, and is read again when that changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from covdash.coverage.tree import walk
from covdash.reports.loading import loader
from covdash.reports.models import Upload

_SOURCES = frozenset({"sources", "source"})
_TELLING = _SOURCES | {"files"}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One upload of the commit, as far as it tells something: its raw files by role, and the root of its tree once it is processed."""

    id: UUID
    files: list[dict[str, Any]]
    root: bytes | None

    def with_role(self, role: str) -> list[dict[str, Any]]:
        """Return its raw files of that role."""
        return [file for file in self.files if file["role"] == role]

    @property
    def has_sources(self) -> bool:
        """Whether it brought texts and they are stored."""
        return self.root is not None and any(file["role"] in _SOURCES for file in self.files)


def neighbours(commit_id: int) -> list[Neighbour]:
    """Return the uploads of a commit that tell something, in a fixed order. One SQL statement."""
    rows = Upload.objects.filter(commit_id=commit_id).order_by("pk").values_list("pk", "files", "root")
    found = [Neighbour(pk, files, bytes(root) if root else None) for pk, files, root in rows]
    return [one for one in found if any(file["role"] in _TELLING for file in one.files)]


def context_of(upload_id: UUID, all_of_them: Iterable[Neighbour]) -> bytes:
    """Return the digest of what the other uploads tell `upload_id`: lists at once, texts as soon as they are stored."""
    told: set[str] = set()
    for one in all_of_them:
        if one.id == upload_id:
            continue
        told.update(f"files {file['digest']}" for file in one.with_role("files"))
        if one.has_sources:
            told.update(
                f"{file['role']} {file['name']} {file['digest']}"
                for file in one.files
                if file["role"] in _SOURCES
            )
    return hashlib.sha256("\n".join(sorted(told)).encode("utf-8", "surrogatepass")).digest()


def sources_of(project_id: int, upload_id: UUID, all_of_them: Iterable[Neighbour]) -> dict[str, bytes]:
    """Return path -> git blob id of the texts that other uploads brought; of two texts the same one always wins."""
    found: dict[str, bytes] = {}
    for one in all_of_them:
        if one.id == upload_id or one.root is None or not one.has_sources:
            continue
        for path, blob in _texts(project_id, one.root):
            found[path] = max(found.get(path, b""), blob)
    return found


def _texts(project_id: int, root: bytes) -> Iterator[tuple[str, bytes]]:
    for path, entry in walk(loader(project_id), root):
        if entry.source:
            yield path, entry.source
