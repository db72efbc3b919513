"""What an upload is filed under: the rows of its commit, git branch and pull request, and how many a project may have of them.

Forks that send without a token have git branches of their own (`owner:branch`, which git itself forbids), are counted apart from
everybody else, and never choose the default branch: what they send can neither name nor crowd out what is not theirs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from covdash.problems import Problem
from covdash.projects.models import Branch, Commit, Project, PullRequest
from ingest.envelope import Envelope

MAX_UPLOADS = 2000
"""Uploads of one commit: its report is a fold over all of them."""
MAX_FLAGS = 200
"""Flags of one commit."""
MAX_NEW_BRANCHES = 1000
"""Git branches of one project that may appear within a day."""
FORK_UPLOADS, FORK_FLAGS, FORK_BRANCHES = 100, 20, 200
"""The same for what forks send without a token; counted apart, so that they cannot use up what is ours."""
FOREIGN = ":"
"""What the name of a git branch of another repository holds, and no other can."""
_MAIN_BRANCHES = ("main", "master")

_NEW_COMMIT = (
    "INSERT INTO projects_commit (project_id, sha, parent_sha, author, message, committed_at) "
    "VALUES (%s, %s, %s, %s, %s, COALESCE(%s, transaction_timestamp())) ON CONFLICT DO NOTHING RETURNING id, committed_at"
)
_NEW_LINK = (
    "INSERT INTO projects_branchcommit (branch_id, commit_id, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)


def within_limits(commit: Commit, envelope: Envelope) -> None:
    """Raise `Problem` when one more upload would make the report of a commit endless: it is a fold over all, once for every flag."""
    most, most_flags = (FORK_UPLOADS, FORK_FLAGS) if envelope.fork else (MAX_UPLOADS, MAX_FLAGS)
    uploads = commit.uploads.exclude(fork="") if envelope.fork else commit.uploads.filter(fork="")
    if uploads.count() >= most:
        raise Problem(
            429,
            "too_many_uploads",
            f"The commit has {most} uploads already.",
            hint="Put several reports into one upload.",
            field="commit",
        )
    if envelope.flags:
        flags = {flag for flags in uploads.values_list("flags", flat=True).distinct() for flag in flags}
        if len(flags.union(envelope.flags)) > most_flags:
            raise Problem(
                429,
                "too_many_flags",
                f"The uploads of the commit would have more than {most_flags} flags.",
                hint="Use flags for kinds of tests; the job has a field of its own.",
                field="flags",
            )


def may_come(project: Project, envelope: Envelope) -> None:
    """Raise `Problem` when an upload with these fields would be refused for its number, before any byte of it is sent."""
    commit = Commit.objects.filter(project=project, sha=envelope.commit).first()
    if commit is not None:
        within_limits(commit, envelope)
    if not Branch.objects.filter(project=project, name=envelope.branch).exists():
        _room_for_a_branch(project, envelope)


def commit_of(project: Project, envelope: Envelope) -> tuple[Commit, bool]:
    """Return the commit and whether this upload made it; `assemble` settles its facts from all its uploads."""
    words: list[Any] = [
        project.pk, envelope.commit, envelope.parent, envelope.author, envelope.message, envelope.committed_at,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_NEW_COMMIT, words)
        made = cursor.fetchone()
    if made is None:
        return Commit.objects.get(project=project, sha=envelope.commit), False
    return Commit(pk=made[0], project=project, sha=envelope.commit, committed_at=made[1]), True


def link(branch: Branch, commit: Commit) -> bool:
    """Put the commit on the git branch; says whether it was not there before."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW_LINK, [branch.pk, commit.pk, commit.committed_at])
        return bool(cursor.rowcount)


def branch_of(project: Project, envelope: Envelope) -> Branch:
    """Return the git branch. The first of a project becomes its default; `main` or `master` does when it appears."""
    name = envelope.branch
    found = Branch.objects.filter(project=project, name=name).first()
    if found is not None:
        return found
    _room_for_a_branch(project, envelope)
    Branch.objects.bulk_create([Branch(project=project, name=name)], ignore_conflicts=True)
    open_to = Q(default_branch="")
    if name in _MAIN_BRANCHES:
        open_to |= ~Q(default_branch__in=_MAIN_BRANCHES[: _MAIN_BRANCHES.index(name) + 1])
    if not envelope.fork:
        Project.objects.filter(open_to, pk=project.pk).update(default_branch=name)
    return Branch.objects.get(project=project, name=name)


def _room_for_a_branch(project: Project, envelope: Envelope) -> None:
    most = FORK_BRANCHES if envelope.fork else MAX_NEW_BRANCHES
    recent = Branch.objects.filter(project=project, created_at__gt=Now() - timedelta(days=1))
    foreign = Q(name__contains=FOREIGN)
    if recent.filter(foreign if FOREIGN in envelope.branch else ~foreign).count() >= most:
        raise Problem(
            429,
            "too_many_branches",
            f"The project has seen {most} new git branches within a day.",
            hint="Check that the field branch holds the name of the branch, not of the build.",
            field="branch",
        )


def pull_of(project: Project, envelope: Envelope) -> PullRequest | None:
    """Return the pull or merge request that the upload names."""
    if envelope.pull is None:
        return None
    PullRequest.objects.bulk_create(
        [PullRequest(project=project, number=envelope.pull, base=envelope.base)], ignore_conflicts=True
    )
    return PullRequest.objects.get(project=project, number=envelope.pull)
