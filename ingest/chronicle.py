"""What the uploads of a commit say about the commit, and its place on git branches: facts, heads, pull requests, change points.

All facts are functions of the set of uploads, so that their order of arrival does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from covdash.projects.models import Branch, BranchCommit, Commit, PullRequest
from covdash.reports import trends
from covdash.reports.models import Upload

NOW = Now()
_FACTS = {"parent": "parent_sha", "author": "author", "message": "message"}
"""What an upload declares -> the column of the commit."""


def update(commit: Commit, *, flags: Iterable[str], lock: Callable[[int], object]) -> None:
    """Settle everything along the git branches of `commit`, whose facts are noted.

    `flags` are those whose report may have changed; `lock` takes the lock of a git branch, always in the order of their numbers.
    """
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


def note_facts(commit: Commit) -> None:
    """Write time, parent, author and message of the commit, as its uploads declare them; forks are heard where nobody else speaks."""
    columns = ("fork", "received_at", *(f"declared__{name}" for name in ("committed_at", *_FACTS)))
    rows = list(Upload.objects.filter(commit=commit).order_by("identity").values_list(*columns))
    said = [row[1:] for row in rows if not row[0]] or [row[1:] for row in rows]
    if not said:
        return
    times = [min(_time(committed_at), received) for received, committed_at, *_ in said if committed_at]
    facts: dict[str, Any] = {
        # Nobody said when: then it is as old as its first upload.
        "committed_at": min(times or [received for received, *_ in said]),
    }
    for place, name in enumerate(_FACTS.values(), start=2):
        facts[name] = next((row[place] for row in said if row[place]), "")
    if any(getattr(commit, name) != value for name, value in facts.items()):
        Commit.objects.filter(pk=commit.pk).update(**facts)
        for name, value in facts.items():
            setattr(commit, name, value)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _point_head(branch_id: int) -> None:
    """Let the head of a git branch be its newest commit with a report; one that only a fork reported on, if there is no other."""
    reported = BranchCommit.objects.filter(branch_id=branch_id, commit__reports__flag="")
    ours = Exists(Upload.objects.filter(commit_id=OuterRef("commit_id"), fork=""))
    for commits in (reported.filter(ours), reported):
        newest = commits.order_by("-at", "-commit_id").values_list("commit_id", flat=True).first()
        if newest is not None:
            break
    Branch.objects.filter(pk=branch_id).exclude(head_id=newest).update(head_id=newest)


def _point_pulls(commit: Commit) -> None:
    """Let the head of a pull request be the newest commit of its uploads, and its base what that commit's uploads say.

    A fork without a token is heard only where nobody else has spoken of the pull request.
    """
    numbers = (
        Upload.objects.filter(commit=commit).exclude(pull=None).values_list("pull_id", flat=True).distinct()
    )
    for pull_id in sorted(number for number in numbers if number is not None):
        uploads = Upload.objects.filter(pull_id=pull_id)
        if uploads.filter(fork="").exists():
            uploads = uploads.filter(fork="")
        newest = uploads.order_by("-commit__committed_at", "-commit_id").values_list("commit_id", flat=True)[
            0
        ]
        said = list(uploads.filter(commit_id=newest).order_by("identity").values_list("declared", flat=True))
        facts: dict[str, Any] = {"head_id": newest}
        for word in ("base", "title"):
            if told := next((declared[word] for declared in said if declared.get(word)), ""):
                facts[word] = told
        PullRequest.objects.filter(pk=pull_id).update(**facts)
