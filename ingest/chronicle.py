"""What the uploads of a commit say about the commit, and its place on git branches: facts, heads, pull requests, change points.

All facts are functions of the set of uploads, so that their order of arrival does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models.functions import Now

from covdash.projects.models import Branch, BranchCommit, Commit, PullRequest
from covdash.reports import trends
from covdash.reports.models import Upload

NOW = Now()


def update(commit: Commit, *, flags: Iterable[str], lock: Callable[[int], object]) -> None:
    """Settle the facts of `commit` and everything along its git branches.

    `flags` are those whose report may have changed; `lock` takes the lock of a git branch, always in the order of their numbers.
    """
    _settle(commit)
    flags = sorted(flags)
    for link in BranchCommit.objects.filter(commit=commit).order_by("branch_id"):
        lock(link.branch_id)
        old, new = (link.at, commit.pk), (commit.committed_at, commit.pk)
        if old != new:
            BranchCommit.objects.filter(pk=link.pk).update(at=commit.committed_at)
        for flag in flags:
            for position in dict.fromkeys((old, new)):
                trends.rebuild(
                    project_id=commit.project_id, branch_id=link.branch_id, flag=flag, position=position
                )
        _point_head(link.branch_id)
    _point_pulls(commit)


def _settle(commit: Commit) -> None:
    """Write time, parent, author and message of the commit, as its uploads declare them."""
    rows = Upload.objects.filter(commit=commit).order_by("identity").values_list("declared", "received_at")
    said = [(declared, received_at) for declared, received_at in rows]
    if not said:
        return
    times = [min(_time(declared), received) for declared, received in said if declared.get("committed_at")]
    facts: dict[str, Any] = {
        # Nobody said when: then it is as old as its first upload.
        "committed_at": min(times or [received for _, received in said]),
        "parent_sha": _first(said, "parent"),
        "author": _first(said, "author"),
        "message": _first(said, "message"),
    }
    if any(getattr(commit, name) != value for name, value in facts.items()):
        Commit.objects.filter(pk=commit.pk).update(**facts)
        for name, value in facts.items():
            setattr(commit, name, value)


def _first(said: Iterable[tuple[dict[str, str], datetime]], name: str) -> str:
    return next((declared[name] for declared, _ in said if declared.get(name)), "")


def _time(declared: dict[str, str]) -> datetime:
    return datetime.fromisoformat(declared["committed_at"]).astimezone(UTC)


def _point_head(branch_id: int) -> None:
    """Let the head of a git branch be its newest commit with a report."""
    reported = BranchCommit.objects.filter(branch_id=branch_id, commit__reports__flag="")
    newest = reported.order_by("-at", "-commit_id").values_list("commit_id", flat=True).first()
    Branch.objects.filter(pk=branch_id).exclude(head_id=newest).update(head_id=newest)


def _point_pulls(commit: Commit) -> None:
    """Let the head of a pull request be the newest commit of its uploads, and its base what that commit's uploads say."""
    numbers = (
        Upload.objects.filter(commit=commit).exclude(pull=None).values_list("pull_id", flat=True).distinct()
    )
    for pull_id in sorted(number for number in numbers if number is not None):
        uploads = Upload.objects.filter(pull_id=pull_id)
        newest = uploads.order_by("-commit__committed_at", "-commit_id").values_list("commit_id", flat=True)[
            0
        ]
        said = uploads.filter(commit_id=newest).order_by("identity").values_list("declared", flat=True)
        base = next((declared["base"] for declared in said if declared.get("base")), "")
        facts: dict[str, Any] = {"head_id": newest} | ({"base": base} if base else {})
        PullRequest.objects.filter(pk=pull_id).update(**facts)
