"""The reports of one commit, whole and per flag: the fold over the uploads that count, and what is taken over from other commits.

Taken over are flags that did not arrive (`carry.py`), and, where no upload counts at all, the report of a commit of equal content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from django.db.models import Q

from covdash.coverage.merge import fold
from covdash.coverage.tree import DIRECTORY, Entry, Tree, decode_node
from covdash.projects.configuration import Configuration
from covdash.projects.models import Commit
from covdash.reports import store
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import CommitReport
from ingest import carry, chronicle, components

_SAVED = ("root", "totals", "uploads", "carried", *components.COUNTED)


class Member(Protocol):
    """An upload that counts. `folded` is 0 while the report does not know it."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Its flags."""

    @property
    def tree(self) -> str:
        """The git tree that was tested, "" for that of the commit; all uploads that count tested the same."""

    @property
    def folded(self) -> int:
        """The revision that the report knows."""

    @property
    def entry(self) -> Entry:
        """The root of its tree."""


class Fold:
    """The reports of `commit` as they should be. `of` is the sha of the commit whose report stands for it, or "".

    `changed` says, after `write`, whether any stored report differs from before. Made under the lock of the commit.
    """

    def __init__(self, commit: Commit, members: Sequence[Member], configuration: Configuration) -> None:
        """Find out what the reports are made of; one SQL statement, and those of `carry.wanted`."""
        self.commit = commit
        self.members = members
        self.old = {report.flag: report for report in CommitReport.objects.filter(commit=commit)}
        self.flags = {flag for member in members for flag in member.flags}
        self._copied = [] if members else _stand_in(commit)
        self.of = self._copied[0].commit.sha if self._copied else ""
        is_chosen = bool(self._copied) and self._copied[0].commit_id == commit.report_of_id
        self.why = ("chosen" if is_chosen else "same_tree") if self.of else ""
        # Where nothing arrived and nobody said that this is all, there is no report yet that something could join.
        carries = bool(members) or (commit.done_at is not None and not self.of)
        self.sources = carry.wanted(commit, configuration, self.flags) if carries else []
        self.changed = False
        self._book = components.rulebook_of(configuration)
        self._nodes: dict[bytes, bytes] = {}
        self._objects: dict[bytes, bytes] = {}

    def is_outdated(self) -> bool:
        """Say whether the stored reports take over something else than they should."""
        if self._copied or self.commit.completeness.get("of"):
            return {row.flag: _content(row) for row in self._copied} != {
                flag: _content(row) for flag, row in self.old.items()
            }
        whole = self.old.get("")
        return not carry.same(self.sources, whole.carried if whole else [])

    def write(self, *, grown: bool) -> set[str]:
        """Write one report per flag and the one of all; returns the flags whose trends have to be looked at.

        `grown`: uploads only joined. By the laws of merge, joining the new ones to the old report gives the same as folding all.
        """
        rows = [_row(self.commit, row.flag, row, row.uploads, row.carried) for row in self._copied]
        if not rows and (self.members or self.sources):
            rows = self._made(grown=grown and not self.commit.completeness.get("of"))
        # One of the trees has the nodes of all of them.
        trees = [Tree(_entry(row), self._nodes if at == 0 else {}) for at, row in enumerate(rows)]
        store.write(project_id=self.commit.project_id, trees=trees, objects=self._objects)
        for row in rows:
            self._book.fill(row, load=self._load)
        self._save(rows)
        return {row.flag for row in rows} | self.old.keys()

    def _made(self, *, grown: bool) -> list[CommitReport]:
        folded: dict[frozenset[bytes], Tree] = {}
        rows: list[CommitReport] = []

        def joined(entries: list[Entry]) -> Tree:
            key = frozenset(entry.digest for entry in entries)
            if key not in folded:
                folded[key], objects = fold(entries, load=self._load, load_objects=self._load_objects)
                self._nodes |= folded[key].nodes
                self._objects |= objects
            return folded[key]

        for flag in sorted(self.flags):
            mine = [member for member in self.members if flag in member.flags]
            root = self._cut(joined(self._entries(flag, mine, grown=grown)), flag)
            rows.append(_row(self.commit, flag, root, len(mine)))
        own = joined(self._entries("", self.members, grown=grown and not self.sources))
        roots = [own.root] if self.members else []
        facts = []
        for part in self._take_over(own):
            flag = part.fact["flag"]
            root = self._cut(part.tree or Tree(part.root), flag)
            roots.append(root)
            facts.append(part.fact)
            rows.append(_row(self.commit, flag, root, 0, [part.fact]))
        rows.append(_row(self.commit, "", joined(roots).root, len(self.members), facts))
        return rows

    def _cut(self, tree: Tree, flag: str) -> Entry:
        """Return the root of the tree of a flag with only the files that count for it."""
        cut = self._book.cut(tree, flag, load=self._load)
        self._nodes |= cut.nodes
        return cut.root

    def _entries(self, flag: str, members: Sequence[Member], *, grown: bool) -> list[Entry]:
        """Return the roots whose fold is the report of `flag`."""
        before = self.old.get(flag)
        is_own = before is not None and before.uploads and not before.carried
        if grown and before is not None and is_own and self._book.has_paths_of(before):
            return [_entry(before), *(member.entry for member in members if not member.folded)]
        return [member.entry for member in members]

    def _take_over(self, own: Tree) -> list[carry.Carried]:
        if not self.sources:
            return []
        tree = next((member.tree for member in self.members), "") or self.commit.tree
        head = carry.head_of(self.commit, own.root, self._load, tree=tree)
        taken: list[carry.Carried] = []
        for source in self.sources:
            old = self.old.get(source.flag)
            part = carry.take_over(
                self.commit, source, head, load=self._load, load_objects=self._load_objects,
                old=old if old is not None and self._book.has_paths_of(old) else None,
            )  # fmt: skip
            self._nodes |= part.tree.nodes if part.tree else {}
            self._objects |= part.objects
            taken.append(part)
        return taken

    def _load(self, digests: list[bytes]) -> Mapping[bytes, tuple[Entry, ...]]:
        """Load nodes, those too that are not stored yet."""
        new = {digest: decode_node(self._nodes[digest]) for digest in digests if digest in self._nodes}
        return {**new, **loader(self.commit.project_id)([digest for digest in digests if digest not in new])}

    def _load_objects(self, digests: list[bytes]) -> Mapping[bytes, bytes]:
        new = {digest: self._objects[digest] for digest in digests if digest in self._objects}
        return {
            **new,
            **load_objects(self.commit.project_id)([digest for digest in digests if digest not in new]),
        }

    def _save(self, rows: Iterable[CommitReport]) -> None:
        """Insert, update or delete only what differs, so that `updated_at` tells the truth."""
        vanished = set(self.old)
        for row in rows:
            vanished.discard(row.flag)
            before = self.old.get(row.flag)
            if before is None:
                row.save(force_insert=True)
            elif any(getattr(before, name) != getattr(row, name) for name in _SAVED):
                changed = {name: getattr(row, name) for name in _SAVED}
                CommitReport.objects.filter(pk=before.pk).update(**changed, updated_at=chronicle.NOW)
            else:
                continue
            self.changed = True
        if vanished:
            CommitReport.objects.filter(commit=self.commit, flag__in=vanished).delete()
            self.changed = True


def _stand_in(commit: Commit) -> list[CommitReport]:
    """Return the reports of the commit that stands for one without uploads: the one that was chosen, else one of the same git tree."""
    others = Commit.objects.filter(project_id=commit.project_id).exclude(pk=commit.pk)
    others = others.filter(reports__flag="", reports__uploads__gt=0, thinned_at=None)
    number = None
    if commit.report_of_id is not None:
        chosen = others.filter(pk=commit.report_of_id).exclude(completeness__of=commit.sha)
        number = chosen.values_list("pk", flat=True).first()
    if number is None and commit.tree:
        # A commit whose own report is borrowed lends nothing.
        own = others.filter(Q(completeness__of="") | ~Q(completeness__has_key="of"))
        alike = own.filter(tree=commit.tree, complete_at__isnull=False)
        number = alike.order_by("-complete_at", "-pk").values_list("pk", flat=True).first()
    if number is None:
        return []
    return list(CommitReport.objects.filter(commit_id=number).select_related("commit").order_by("flag"))


def _row(
    commit: Commit,
    flag: str,
    of: Entry | CommitReport,
    uploads: int,
    carried: Sequence[Mapping[str, object]] = (),
) -> CommitReport:
    digest = of.digest if isinstance(of, Entry) else bytes(of.root)
    return CommitReport(
        project_id=commit.project_id,
        commit=commit,
        flag=flag,
        root=digest,
        totals=of.totals,
        uploads=uploads,
        carried=list(carried),
    )


def _entry(row: CommitReport) -> Entry:
    """Return the root of a report."""
    return Entry("", DIRECTORY, bytes(row.root), b"", row.totals)


def _content(row: CommitReport) -> tuple[object, ...]:
    return bytes(row.root), row.totals, row.uploads, row.carried
