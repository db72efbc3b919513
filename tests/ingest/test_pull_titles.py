"""A pull request is called what the uploads of its newest commit call it."""

from __future__ import annotations

from covdash.projects.models import Project, PullRequest
from tests.factories.uploads import Job, lcov, sha, turn


def test_the_title_of_the_newest_commit_stands(project: Project) -> None:
    job = Job(project)
    report = lcov({"a.c": {1: 1}})
    for number, title in enumerate(("Pay twice", "", "Pay <once>"), 1):
        said = {"title": title} if title else {}
        at = f"2026-01-0{number}T00:00:00Z"
        turn(
            job.send(report, commit=sha(number), branch="pay", pull="7", base="main", committed_at=at, **said)
        )
        pull = PullRequest.objects.get(project=project, number=7)
        # whoever names no title does not take one away
        assert pull.title == (title or "Pay twice")
        assert pull.base == "main"
