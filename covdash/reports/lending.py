"""Letting the report of one commit stand for another of equal content, as after a squash merge; and taking that back.

`Commit.report_of` says it, and the pipe makes the report of it where no upload of the commit itself counts. Such a commit may have no
upload whose revision could say that there is work, so its `complete_at` is emptied and its quiet period ends now: the sweep looks at
collecting reports until they are settled.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.utils import timezone

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects.models import Branch, BranchCommit, Commit
from covdash.reports.corrections import CorrectionError, ask_for_report
from covdash.reports.models import CommitReport, Upload

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@transaction.atomic
def lend(*, project_id: int, of: str, to: str, branch: str = "", actor: User | None) -> None:
    """Let the report of the commit `of` (sha) stand for `to` (sha); a commit that no upload named is made, on the git branch `branch`.

    Raises `CorrectionError` (unknown_commit, no_report, bad_sha, same_commit, has_borrowers, own_uploads,
    unknown_branch, thinned).
    """
    to = to.strip().lower()
    source = _commit(project_id, of)
    if source is None:
        raise CorrectionError("unknown_commit", "There is no such commit in this project.", "of")
    if source.report_of_id is not None:
        source = Commit.objects.select_for_update(of=("self",), no_key=True).get(pk=source.report_of_id)
    if not CommitReport.objects.filter(commit=source, flag="").exists():
        raise CorrectionError("no_report", "The commit has no report that could stand for another.", "of")
    if not _SHA.fullmatch(to):
        raise CorrectionError("bad_sha", "Give the whole commit id: 40 (or 64) hexadecimal digits.", "sha")
    if to == source.sha:
        raise CorrectionError("same_commit", "That is the commit whose report it is.", "sha")
    borrower = _commit(project_id, to) or _made(project_id, to, branch)
    _require_whole(source, "of")
    _require_whole(borrower, "sha")
    if borrower.stands_for.exists():
        raise CorrectionError(
            "has_borrowers",
            "The report of that commit stands for others itself; take that back first.",
            "sha",
        )
    if Upload.objects.filter(commit=borrower, counted=True).exists():
        raise CorrectionError(
            "own_uploads", "That commit has a report of its own uploads; leave those out first.", "sha"
        )
    if branch:
        _link(project_id, borrower, branch)
    if borrower.report_of_id == source.pk:
        return
    before = borrower.report_of.sha if borrower.report_of else ""
    _change(borrower, source)
    trail.note(
        project_id=project_id,
        actor=actor,
        action="commit.borrow",
        target=borrower.sha,
        of=source.sha,
        before=before,
    )
    ask_for_report(borrower.pk)


@transaction.atomic
def take_back(*, project_id: int, sha: str, actor: User | None) -> None:
    """Let a commit have the report of its own uploads again. Raises `CorrectionError` (unknown_commit, not_borrowed)."""
    borrower = _commit(project_id, sha)
    if borrower is None:
        raise CorrectionError("unknown_commit", "There is no such commit in this project.", "sha")
    _require_whole(borrower, "sha")
    if borrower.report_of is None:
        raise CorrectionError("not_borrowed", "The commit has its own report already.", "sha")
    of = borrower.report_of.sha
    _change(borrower, None)
    trail.note(project_id=project_id, actor=actor, action="commit.own_report", target=borrower.sha, of=of)
    ask_for_report(borrower.pk)


def _require_whole(commit: Commit, field: str) -> None:
    if commit.thinned_at is not None:
        raise CorrectionError(
            "thinned",
            f"Files and lines of {commit.sha[:8]} were removed, as the retention of the project says: its numbers are final.",
            field,
        )


def _change(borrower: Commit, source: Commit | None) -> None:
    """Write whose report stands for the commit, whose row is locked, and that its report has to be looked at."""
    judged = {**borrower.completeness, "until": timezone.now().isoformat()}
    Commit.objects.filter(pk=borrower.pk).update(report_of=source, complete_at=None, completeness=judged)


def _commit(project_id: int, sha: str) -> Commit | None:
    return (
        Commit.objects.select_for_update(of=("self",), no_key=True)
        .select_related("report_of")
        .filter(project_id=project_id, sha=sha)
        .first()
    )


def _made(project_id: int, sha: str, branch: str) -> Commit:
    """Return a commit that nobody named before. Nobody said when it was made, so it is as old as this deed."""
    if not branch:
        raise CorrectionError(
            "unknown_branch", "No upload named that commit, so say on which git branch it is.", "branch"
        )
    Commit.objects.bulk_create(
        [Commit(project_id=project_id, sha=sha, committed_at=timezone.now())], ignore_conflicts=True
    )
    return Commit.objects.select_for_update(no_key=True).get(project_id=project_id, sha=sha)


def _link(project_id: int, commit: Commit, branch: str) -> None:
    found = Branch.objects.filter(project_id=project_id, name=branch).first()
    if found is None:
        raise CorrectionError(
            "unknown_branch", f"No upload named a git branch {branch[:80]!r} yet.", "branch"
        )
    BranchCommit.objects.bulk_create(
        [BranchCommit(branch=found, commit=commit, at=commit.committed_at)], ignore_conflicts=True
    )
