"""The comparison that is asked for most, made before anybody asks: a new head with where it left the git branch it goes to."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, Commit, PullRequest
from covdash.reports import comparisons, rows
from covdash.reports.loading import root_entry
from covdash.reports.models import CommitReport
from covdash.reports.queries import compare


def make(commit_id: int) -> int:
    """Compare a commit with its base, if it is the head of a git branch or a pull request and its report is complete.

    Returns the number of files that differ; 0 when there was nothing to do. The base is that of the pages.
    """
    branches = Branch.objects.filter(head_id=OuterRef("pk"))
    pulls = PullRequest.objects.filter(head_id=OuterRef("pk"))
    heads = Commit.objects.filter(
        Q(Exists(branches)) | Q(Exists(pulls)), pk=commit_id, complete_at__isnull=False
    )
    commit = heads.select_related("project").first()
    head = next(iter(rows.reports(CommitReport.objects.filter(commit_id=commit_id, flag=""))), None)
    if commit is None or head is None:
        return 0
    project = ProjectFact(
        commit.project.pk, commit.project.slug, commit.project.is_public, commit.project.default_branch
    )
    pulls_of = PullRequest.objects.filter(head_id=commit_id).values_list("base", "base_sha")
    found = [
        compare.base_of(project=project, head=head.commit, branch=branch, declared=sha).report
        for branch, sha in {("", ""), *pulls_of}
    ]
    return sum(
        comparisons.make_once(
            project_id=project.id,
            base_root=root_entry(base).digest,
            head_root=root_entry(head).digest,
            head_commit=commit_id,
        )
        for base in found
        if base
    )
