"""Commits of a project and their reports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from covdash.coverage.totals import Totals
from covdash.projects import keeping
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit, Commit
from covdash.reports import cursor, rows, thinning
from covdash.reports.facts import NEWER, CommitFact, CommitRow, FlagFact, Page, ReportFact
from covdash.reports.models import CommitReport, Upload

PAGE = 50
SCANNED = 400
"""So many commits are looked at for a page of drops."""
_SHOWN = {
    "failed": Exists(Upload.objects.filter(rows.STATES["failed"], commit_id=OuterRef("pk"))),
    "no-report": ~Exists(CommitReport.objects.filter(commit_id=OuterRef("pk"), flag="")),
    "thinned": Q(thinned_at__isnull=False),
}
_ANY: Mapping[str, Any] = {}
_REF = re.compile(r"[0-9a-f]{8,64}")


def resolve(*, project: ProjectFact, ref: str) -> CommitFact | None:
    """Return the commit whose sha is or begins with `ref` (8 or more hex digits); None when none or several do. One SQL statement."""
    ref = ref.lower()
    if not _REF.fullmatch(ref):
        return None
    # A range, since the index of a collation other than C answers no LIKE; "g" comes after every hex digit.
    found = Commit.objects.filter(project_id=project.id, sha__gte=ref, sha__lt=f"{ref}g").order_by("sha")
    columns = rows.commit_columns()
    named = list(found.annotate(**columns).values(*columns)[:2])
    if len(named) > 1 and named[0]["commit_sha"] != ref:
        return None
    return rows.commit_fact(named[0]) if named else None


def report(
    *, project: ProjectFact, commit: CommitFact, flag: str = "", or_whole: bool = False
) -> ReportFact | None:
    """Return the report of a commit, whole or of one flag, `or_whole` where the flag has none; None while there is none.

    One SQL statement.
    """
    wanted = (flag, "") if or_whole else (flag,)
    found = CommitReport.objects.filter(project_id=project.id, commit_id=commit.id, flag__in=wanted)
    return max(rows.reports(found), key=_is_of_flag, default=None)


def of_flags(*, project: ProjectFact, commit: CommitFact, flags: Collection[str]) -> tuple[ReportFact, ...]:
    """Return the reports of some flags of a commit. One SQL statement."""
    found = CommitReport.objects.filter(project_id=project.id, commit_id=commit.id, flag__in=flags)
    return tuple(rows.reports(found))


def head(*, project: ProjectFact, branch: str = "", flag: str = "") -> ReportFact | None:
    """Return the report of the newest reported commit of the git branch, of the default branch for "". One SQL statement.

    It is that of `flag` where the commit has one. Without a default branch the newest reported commit of all is the head.
    """
    heads: Any
    if name := branch or project.default_branch:
        heads = Branch.objects.filter(project_id=project.id, name=name).values("head_id")
    else:
        whole = CommitReport.objects.filter(project_id=project.id, flag="")
        heads = whole.order_by("-commit__committed_at", "-commit_id").values("commit_id")[:1]
    found = CommitReport.objects.filter(project_id=project.id, commit_id__in=heads, flag__in=(flag, ""))
    return max(rows.reports(found), key=_is_of_flag, default=None)


def _is_of_flag(one: ReportFact) -> bool:
    return one.flag != ""


def named(*, project: ProjectFact, ref: str, flag: str = "") -> ReportFact | None:
    """Return the report of the commit with the sha `ref`, else of the head of that git branch, else of the one commit that begins so.

    One SQL statement.
    """
    ref, sha = ref.replace("\0", ""), ref.lower()
    wanted = Branch.objects.filter(project_id=project.id, name=ref).values("head_id")
    if is_sha := _REF.fullmatch(sha) is not None:
        of_sha = Commit.objects.filter(project_id=project.id, sha__gte=sha, sha__lt=f"{sha}g")
        wanted = wanted.union(of_sha.values("id"))
    found = rows.reports(CommitReport.objects.filter(project_id=project.id, commit_id__in=wanted, flag=flag))
    alike = [one for one in found if is_sha and one.commit.sha.startswith(sha)]
    exact = [one for one in alike if one.commit.sha == sha]
    of_branch = [one for one in found if one not in alike]
    return next(iter(exact or of_branch or (alike if len(alike) == 1 else ())), None)


def unreported(*, project: ProjectFact, branch: str, head: CommitFact) -> tuple[str, ...]:
    """Return the shas of commits of the git branch that are newer than `head`, newest first, `NEWER` at most. One SQL statement.

    When `head` is the newest with a report, none of them has one: their uploads failed, wait, or never came.
    """
    own = BranchCommit.objects.filter(branch__project_id=project.id, branch__name=branch)
    later = Q(at__gt=head.committed_at) | Q(commit_id__gt=head.id)
    newer = own.filter(later, at__gte=head.committed_at).order_by("-at", "-commit_id")
    return tuple(newer.values_list("commit__sha", flat=True)[:NEWER])


def flags(*, commit: CommitFact) -> tuple[FlagFact, ...]:
    """Return the flags of a commit with their totals, by name. One SQL statement."""
    found = CommitReport.objects.filter(commit_id=commit.id).exclude(flag="").order_by("flag")
    return tuple(
        FlagFact(name, totals, next(iter(rows.carried_facts(carried)), None))
        for name, totals, carried in found.values_list("flag", "totals", "carried")
    )


def previous(
    *, project: ProjectFact, commit: CommitFact, branch: str = "", flag: str = ""
) -> ReportFact | None:
    """Return the report to compare a commit with: of the commit before it, of `flag` if that has it. One SQL statement.

    With `branch`, the newest reported commit before it on that git branch. Without, its parent if that has a report, else the newest
    reported one before it on a git branch of its own, the default branch if it is on that. Commits that retention thinned are left
    out: files cannot be compared with theirs.
    """
    own = Commit.objects.filter(project_id=project.id, pk=commit.id)
    before = own.annotate(before=_before(project, branch, whole={"commit__thinned_at": None})).values(
        "before"
    )
    return next(iter(rows.reports(CommitReport.objects.filter(commit_id__in=before, flag=flag))), None)


def listing(
    *, project: ProjectFact, branch: str = "", after: str = "", author: str = "", show: str = ""
) -> Page[CommitRow]:
    """Return commits, newest first, 50 a page: of a git branch, or of the project for "". Two SQL statements, four for `thins`.

    `author` is text that the name contains. `show` is failed (an upload that counts failed), no-report, thins (the next sweep removes
    its files and lines), thinned, or drop: those are looked for among the newest `SCANNED` from `after` on, so a page may be short or
    empty and go on.
    """
    found = Commit.objects.filter(project_id=project.id)
    at, number = "committed_at", "id"
    if branch:
        found = found.filter(branches__branch__name=branch, branches__branch__project_id=project.id)
        at, number = "branches__at", "branches__commit_id"
    if author:
        found = found.filter(author__icontains=author)
    if show in _SHOWN:
        found = found.filter(_SHOWN[show])
    elif show == "thins":
        found = found.filter(pk__in=list(thinning.due(project.id, keeping.policy(project.id))))
    place = cursor.decode(after, datetime, int)
    if place is not None:
        found = found.filter(rows.older(at, number, *place))
    size = SCANNED if show == "drop" else PAGE
    columns = {**_columns(project, branch), "order": F(at)}
    listed = list(found.order_by(f"-{at}", f"-{number}").annotate(**columns).values(*columns)[: size + 1])
    earlier = _reported(row["before"] for row in listed[:size])
    items = [_row(row, earlier) for row in listed[:size]]
    if show == "drop":
        return _drops(listed, items)
    return rows.page(listed, items, PAGE, "order", "commit_number")


def _drops(listed: list[dict[str, Any]], items: list[CommitRow]) -> Page[CommitRow]:
    """Return the first 50 of `items` that dropped; the page goes on behind the last one that was looked at."""
    at = [number for number, item in enumerate(items) if item.dropped]
    last = at[PAGE - 1] if len(at) > PAGE else len(items) - 1
    more = len(at) > PAGE or len(listed) > len(items)
    after = cursor.encode(listed[last]["order"], listed[last]["commit_number"]) if more else ""
    return Page(tuple(items[number] for number in at[:PAGE]), after)


def row(*, project: ProjectFact, commit: CommitFact, branch: str = "") -> CommitRow | None:
    """Return one commit as the list shows it, with or without a report. Two SQL statements."""
    columns = _columns(project, branch)
    own = Commit.objects.filter(project_id=project.id, pk=commit.id)
    found = own.annotate(**columns).values(*columns).first()
    return None if found is None else _row(found, _reported([found["before"]]))


def _row(row: dict[str, Any], reported: dict[int, tuple[CommitFact, Totals]]) -> CommitRow:
    before, before_totals = reported.get(row["before"], (None, None))
    counts = rows.counts_of(row)
    return CommitRow(
        rows.commit_fact(row),
        row["totals"],
        before,
        before_totals,
        counts["processed"],
        counts["failed"],
        counts["waiting"],
        counts["superseded"],
    )


def _columns(project: ProjectFact, branch: str) -> dict[str, Combinable]:
    whole = CommitReport.objects.filter(commit_id=OuterRef("id"), flag="")
    return {
        **rows.commit_columns(),
        **rows.upload_counts("id"),
        "totals": Subquery(whole.values("totals")),
        "before": _before(project, branch),
    }


def _before(project: ProjectFact, branch: str, whole: Mapping[str, Any] = _ANY) -> Combinable:
    """Return the id of the commit to compare with, as an expression on `Commit`: one descent in an index per row.

    `whole` narrows the reports and commits of git branches that it may be.
    """
    if branch:
        return _newest_before(
            Branch.objects.filter(project_id=project.id, name=branch).values("pk")[:1], whole
        )
    of_parent = CommitReport.objects.filter(
        commit__project_id=project.id, commit__sha=OuterRef("parent_sha"), flag="", **whole
    )
    default = Q(branch__name=project.default_branch)
    own = BranchCommit.objects.filter(commit_id=OuterRef(OuterRef("id"))).order_by(
        Case(When(default, then=0), default=1), "branch_id"
    )
    nearest = _newest_before(own.values("branch_id")[:1], whole)
    return Coalesce(Subquery(of_parent.values("commit_id")[:1]), nearest)


def _newest_before(branch: QuerySet[Any, Any], whole: Mapping[str, Any]) -> Subquery:
    """Return the newest reported commit on `branch` (a query of one id) that is older than the commit of the outer row."""
    older = rows.older("at", "commit_id", OuterRef("committed_at"), OuterRef("id"))
    found = BranchCommit.objects.filter(older, branch_id=Subquery(branch), commit__reports__flag="", **whole)
    return Subquery(found.order_by("-at", "-commit_id").values("commit_id")[:1])


def _reported(numbers: Iterable[int | None]) -> dict[int, tuple[CommitFact, Totals]]:
    """Return the commits with these ids and the totals of their reports. One SQL statement, none for no ids."""
    wanted = {number for number in numbers if number is not None}
    if not wanted:
        return {}
    columns = rows.commit_columns("commit__")
    found = CommitReport.objects.filter(commit_id__in=wanted, flag="").annotate(**columns)
    return {
        row["commit_number"]: (rows.commit_fact(row), row["totals"])
        for row in found.values("totals", *columns)
    }
