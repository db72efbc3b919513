"""What the rules of a project make of a report: only the paths of a flag, and the totals by component.

Each report keeps the mark of the rules it was made by (`CommitReport.components_digest`), so that a change of the rules is seen
and made good: `recount` does it for the newest commits, in any order and as often as it is rung for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from django.db.models import F
from django.db.models.functions import Now

from covdash.coverage.attention import risk
from covdash.coverage.components import Memory, Rules
from covdash.coverage.globs import matcher
from covdash.coverage.selection import selected
from covdash.coverage.totals import Totals
from covdash.coverage.tree import DIRECTORY, Entry, Load, Tree, decode_node
from covdash.projects import wishes
from covdash.projects.configuration import Configuration, effective
from covdash.projects.models import Branch, BranchCommit, Project
from covdash.reports.loading import loader
from covdash.reports.models import CommitReport, Upload

RECOUNTED = 200
"""Commits of the default branch that are counted anew after a change of the rules, beside the heads of other git branches."""
HEADS = 500
COUNTED = ("components", "components_digest", "risk", "worst", "weights_digest")
"""Columns of a report that follow from its tree and the rules."""
memory = Memory()
"""What directories gave in this process."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a project, ready for use."""

    rules: Rules
    paths: Mapping[str, tuple[str, ...]]
    """Flag -> the patterns of its files, for flags that have some."""
    weights: Mapping[str, int]
    """Component -> weight."""

    @property
    def weights_digest(self) -> str:
        """What a report weighed by these weights is marked with."""
        return sha256(msgspec.json.encode(self.weights, order="sorted")).hexdigest()

    def made(self, report: CommitReport) -> bool:
        """Say whether a report was counted and weighed by these rules."""
        counted = report.components_digest == self.mark(report.flag)
        return counted and report.weights_digest == self.weights_digest

    def mark(self, flag: str) -> str:
        """Return what a report of `flag` made by these rules is marked with: `<components>.<paths>`, "" for no rules at all."""
        parts = (
            self.rules.mark,
            sha256(msgspec.json.encode(self.paths[flag])).hexdigest()[:31] if flag in self.paths else "",
        )
        return ".".join(parts) if any(parts) else ""

    def has_paths_of(self, report: CommitReport) -> bool:
        """Say whether a report was cut down by the same paths that its flag has now."""
        return report.components_digest.partition(".")[2] == self.mark(report.flag).partition(".")[2]

    def cut(self, tree: Tree, flag: str, *, load: Load) -> Tree:
        """Return the tree of a flag with only the files that count for it; stored nodes come from `load`, new ones from `tree`."""
        if flag not in self.paths:
            return tree
        own = selected(tree.root, matcher(self.paths[flag]), load=_both(tree, load))
        return Tree(own.root, tree.nodes | own.nodes)

    def fill(self, report: CommitReport, *, load: Load) -> None:
        """Give a report, whose tree is stored, its totals by component."""
        report.components_digest = self.mark(report.flag)
        root = Entry("", DIRECTORY, bytes(report.root), b"", report.totals)
        found: dict[str, Totals] = self.rules.totals(root, load=load, memory=memory)
        report.components = {name: totals.as_dict() for name, totals in found.items()}
        report.risk, report.worst = risk(report.totals, found, self.weights)
        report.weights_digest = self.weights_digest


def rulebook(project_id: int) -> Rulebook:
    """Return the rules in force. One SQL statement."""
    return rulebook_of(wishes.in_force(project_id=project_id))


def recount(project_id: int) -> list[int]:
    """Count the newest commits anew where other rules made their reports; returns the commits that have to be assembled again.

    Those are the ones with a flag whose paths changed. The head of the default branch comes last: what was broken off is seen there.
    """
    book = rulebook(project_id)
    numbers = _newest(project_id)
    load = loader(project_id)
    again: set[int] = set()
    place = {number: at for at, number in enumerate(numbers)}
    reports = CommitReport.objects.filter(commit_id__in=numbers).exclude(
        flag="", components_digest=book.mark(""), weights_digest=book.weights_digest
    )
    for report in sorted(reports, key=lambda report: (place[report.commit_id], report.flag)):
        if not book.has_paths_of(report):
            again.add(report.commit_id)
        elif not book.made(report):
            book.fill(report, load=load)
            # Where the root is another one by now, the commit was assembled meanwhile.
            CommitReport.objects.filter(pk=report.pk, root=bytes(report.root)).update(
                **{name: getattr(report, name) for name in COUNTED}, updated_at=Now()
            )
    if again:
        Upload.objects.filter(commit_id__in=again).update(revision=F("revision") + 1)
    return sorted(again, key=place.__getitem__)


def stale_projects(limit: int = 100) -> list[int]:
    """Return projects whose default branch has a head that other rules made, for the sweep. Two SQL statements."""
    heads: dict[int, list[CommitReport]] = {}
    with_head = Branch.objects.filter(name=F("project__default_branch")).exclude(head=None)
    reports = CommitReport.objects.filter(commit_id__in=with_head.values("head_id"))
    for report in reports.only("project_id", "flag", "components_digest", "weights_digest"):
        heads.setdefault(report.project_id, []).append(report)
    found: list[int] = []
    columns = ("pk", "settings", "repository_settings")
    for pk, settings, repository in Project.objects.filter(pk__in=heads).values_list(*columns):
        book = rulebook_of(effective(settings=settings, repository=repository).configuration)
        if not all(book.made(report) for report in heads[pk]):
            found.append(pk)
    return found[:limit]


def rulebook_of(found: Configuration) -> Rulebook:
    """Return the rules of a configuration."""
    return Rulebook(
        Rules(found.component_rules()),
        {flag.name: flag.paths for flag in found.flags if flag.paths},
        {component.name: component.weight for component in found.components},
    )


def _newest(project_id: int) -> list[int]:
    """Return the heads of all git branches and the newest commits of the default branch, its head last."""
    branches = Branch.objects.filter(project_id=project_id, head__thinned_at=None).exclude(head=None)
    heads = branches.order_by("-head__committed_at").values_list("head_id", flat=True)[:HEADS]
    here = BranchCommit.objects.filter(
        branch__project_id=project_id,
        branch__name=F("branch__project__default_branch"),
        commit__reports__flag="",
        commit__thinned_at=None,
    )
    newest = list(here.order_by("-at", "-commit_id").values_list("commit_id", flat=True)[:RECOUNTED])
    others = [number for number in heads if number is not None and number not in newest]
    return [*others, *reversed(newest)]


def _both(tree: Tree, load: Load) -> Load:
    """Return a `Load` that knows the nodes built for `tree`, too, stored or not."""

    def found(digests: list[bytes]) -> Mapping[bytes, tuple[Entry, ...]]:
        missing = [digest for digest in digests if digest not in tree.nodes]
        known = dict(load(missing)) if missing else {}
        return known | {digest: decode_node(tree.nodes[digest]) for digest in digests if digest in tree.nodes}

    return found
