"""What an upload is told besides what it brought: the files of its git tree, and what other uploads of the commit brought of both.

An upload that brought a list of files (or texts, which name files too) uses its own. One that did not uses the list of the tree that
was tested, if that is known, else the lists of the other uploads. Only uploads of the same tested tree tell each other something, as
files and lines of another tree are other ones; and what a fork sent without a token is told to that fork alone. So that the order of
arrival changes nothing, the upload remembers the digest of what it was told, and is read again when that changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from covdash.coverage.tree import walk
from covdash.projects.models import Commit
from covdash.reports.loading import loader
from covdash.reports.models import Upload
from covdash.sources import tree_lists

_SOURCES = frozenset({"sources", "source"})
_TELLING = _SOURCES | {"files"}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One upload of the commit, as far as it tells something: its raw files by role, and the root of its tree once it is processed.

    `tree` is the git tree that was tested, `fork` the foreign git branch of a sender without a token. `listed` names the list of files
    that it announced, which is that of the tree, or has the files of submodules, too.
    """

    id: UUID
    files: list[dict[str, Any]]
    root: bytes | None
    tree: str
    fork: str
    listed: str

    def with_role(self, role: str) -> list[dict[str, Any]]:
        """Return its raw files of that role."""
        return [file for file in self.files if file["role"] == role]

    @property
    def tells(self) -> bool:
        """Whether it brought anything that others can use."""
        return any(file["role"] in _TELLING for file in self.files)

    @property
    def has_sources(self) -> bool:
        """Whether it brought texts and they are stored."""
        return self.root is not None and any(file["role"] in _SOURCES for file in self.files)


@dataclass(frozen=True, slots=True)
class Told:
    """What one upload is told: `tree` is the git tree whose list is known ("" if none is), `others` those of the same tree."""

    project_id: int
    tree: str
    others: tuple[Neighbour, ...]

    def digest(self) -> bytes:
        """Return the digest of all of it: lists at once, texts as soon as they are stored."""
        told = {f"tree {self.tree}"} if self.tree else set()
        for one in self.others:
            told.update(f"files {file['digest']}" for file in one.with_role("files"))
            if one.has_sources:
                told.update(
                    f"{file['role']} {file['name']} {file['digest']}"
                    for file in one.files
                    if file["role"] in _SOURCES
                )
        return hashlib.sha256("\n".join(sorted(told)).encode("utf-8", "surrogatepass")).digest()

    def listed(self) -> dict[str, bytes]:
        """Return path -> git blob id of the files of the tree; empty when its list is not known."""
        return (tree_lists.read(project_id=self.project_id, tree=self.tree) if self.tree else None) or {}

    def sources(self) -> dict[str, bytes]:
        """Return path -> git blob id of the texts that other uploads brought; of two texts the same one always wins."""
        found: dict[str, bytes] = {}
        for one in self.others:
            if one.root is None or not one.has_sources:
                continue
            for path, blob in self._texts(one.root):
                found[path] = max(found.get(path, b""), blob)
        return found

    def _texts(self, root: bytes) -> Iterator[tuple[str, bytes]]:
        for path, entry in walk(loader(self.project_id), root):
            if entry.source:
                yield path, entry.source


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A commit with all its uploads, in a fixed order. `known` are the trees whose lists are kept."""

    project_id: int
    tree: str
    uploads: tuple[Neighbour, ...]
    known: frozenset[str]

    def tell(self, upload_id: UUID, *, tree: str, fork: str) -> Told:
        """Return what an upload is told that tested `tree` ("": that of the commit)."""
        own = tree or self.tree
        near = [one for one in self.uploads if (one.tree or self.tree) == own and one.fork == fork]
        mine = [one.listed for one in near if one.id == upload_id]
        lists = (*mine, own, *sorted({one.listed for one in near}))
        others = (one for one in near if one.id != upload_id and one.tells)
        return Told(self.project_id, next((one for one in lists if one in self.known), ""), tuple(others))


def around(commit: Commit) -> Surroundings:
    """Return the surroundings of the uploads of a commit. Two SQL statements."""
    rows = Upload.objects.filter(commit_id=commit.pk).order_by("pk")
    found = [
        Neighbour(pk, files, bytes(root) if root else None, tree, fork, listed or "")
        for pk, files, root, tree, fork, listed in rows.values_list(
            "pk", "files", "root", "tree", "fork", "declared__list"
        )
    ]
    trees = {commit.tree, *(one.tree for one in found), *(one.listed for one in found)} - {""}
    known = tree_lists.known(project_id=commit.project_id, trees=trees) if trees else frozenset[str]()
    return Surroundings(commit.project_id, commit.tree, tuple(found), known)
