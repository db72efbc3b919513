"""The raw files of an upload, as the CI job sent them, for members who want to look at them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import IO, Any

from django.core.files.storage import storages

from covdash.projects.facts import ProjectFact
from covdash.reports.models import Upload


@dataclass(frozen=True, slots=True)
class RawFile:
    """One raw file: its name as sent, its size, and its bytes, open, to be read once and closed."""

    name: str
    size: int
    content: IO[Any]


def find(*, project: ProjectFact, upload_id: uuid.UUID, number: int) -> RawFile | None:
    """Return the file `number` (from 0) of an upload, or None when it is not there, or not any more. One SQL statement."""
    found = Upload.objects.filter(project_id=project.id, pk=upload_id, deleted_at=None)
    files = found.values_list("files", flat=True).first()
    if not files or not 0 <= number < len(files):
        return None
    file = files[number]
    try:
        content = storages["objects"].open(file["key"])
    except FileNotFoundError:
        return None
    return RawFile(file["name"] or f"file-{number}", file["size"], content)
