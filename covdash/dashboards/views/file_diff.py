"""What `?diff=` of the file page asks for: the report that the file is shown against, or why there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache

from django.http import HttpRequest

from covdash.dashboards.views import scope, words
from covdash.projects.facts import ProjectFact
from covdash.reports.facts import CommitFact, ReportFact
from covdash.reports.queries import commits

OFFERED = 60
"""Seconds after which the report that a diff is offered against is looked up again."""


@dataclass(frozen=True, slots=True)
class Against:
    """The report `base` that the address `ref` names, through the flag that is looked at; without one `commit`, which has none such.

    `offered` is the report that a diff is offered against instead.
    """

    ref: str
    base: ReportFact | None = None
    commit: CommitFact | None = None
    of_flag: bool = False
    """Whether the commit has a report, and only the flag lacks one."""
    offered: ReportFact | None = None

    @property
    def report(self) -> ReportFact | None:
        """The report that the page names: it is shown against that one, or offers to be."""
        return self.base or self.offered

    @property
    def ignored(self) -> tuple[str, ...]:
        """What the address says when nobody knows what is meant."""
        return (f"diff={self.ref[:60]}",) if self.ref and not (self.base or self.commit) else ()

    @property
    def is_pinned(self) -> bool:
        """Whether the address names a commit, and no git branch, whose head moves."""
        return self.base is None or self.base.commit.sha.startswith(self.ref.lower())


def read(request: HttpRequest, seen: scope.Scope) -> Against:
    """Return what `?diff=` asks for. One SQL statement, some more where there is no such report."""
    project, flag, ref = seen.project, seen.place.flag, words.text(request, "diff")
    if found := base(request, seen):
        return Against(ref, found)
    whole = commits.named(project=project, ref=ref) if ref and flag else None
    commit = whole.commit if whole else commits.resolve(project=project, ref=ref)
    wanted = _Head(
        project.id, seen.report.commit.id, flag, int(time.time() // OFFERED), project, seen.report.commit
    )
    return Against(ref, None, commit, whole is not None, _offered(wanted))


@dataclass(frozen=True, slots=True)
class _Head:
    """A commit whose diff is offered, through a flag, within a minute: equal ones are one key of a cache."""

    project_id: int
    commit_id: int
    flag: str
    minute: int
    project: ProjectFact = field(compare=False)
    commit: CommitFact = field(compare=False)


@lru_cache(maxsize=512)
def _offered(head: _Head) -> ReportFact | None:
    """Return the report that a commit is compared with everywhere: that of its parent, where there is one.

    Each file of the commit offers it, so it is looked up once a minute and not once a page.
    """
    return commits.previous(project=head.project, commit=head.commit, flag=head.flag)


def base(request: HttpRequest, seen: scope.Scope) -> ReportFact | None:
    """Return the report that `?diff=` names, through the flag that is looked at. One SQL statement, none without the word."""
    ref = words.text(request, "diff")
    return commits.named(project=seen.project, ref=ref, flag=seen.place.flag) if ref else None


def left_out(request: HttpRequest) -> dict[str, str]:
    """Return the words of the address that a diff has no place for."""
    return {
        word: value[:60] for word in ("without", "col", "history") if (value := words.text(request, word))
    }
