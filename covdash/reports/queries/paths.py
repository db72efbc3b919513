"""The names that an upload reported, and the files they were looked up in: what a rule is tried on."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.storage import storages

from covdash.coverage import name_pack
from covdash.coverage.name_pack import Group, PackError
from covdash.projects.facts import ProjectFact
from covdash.reports.models import Upload


@dataclass(frozen=True, slots=True)
class Names:
    """All names of an upload by the source roots they were read with; `files` of the repository, none when they were not known."""

    groups: tuple[Group, ...]
    files: tuple[str, ...]


def names(*, project: ProjectFact, upload_id: str) -> Names | None:
    """Return the names of an upload; None when they were not kept, or are gone. `upload_id` is one that exists. One SQL statement."""
    found = Upload.objects.filter(project_id=project.id, pk=upload_id, deleted_at=None)
    kept = found.values_list("paths", flat=True).first() or {}
    if not kept.get("names"):
        return None
    try:
        groups = name_pack.decode(_read(kept["names"]))
        files = name_pack.decode_files(_read(kept["known"])) if kept.get("known") else ()
    except (FileNotFoundError, PackError):
        return None
    return Names(groups, files)


def _read(key: str) -> bytes:
    with storages["objects"].open(key) as stored:
        data: bytes = stored.read()
    return data
