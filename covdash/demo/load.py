"""Loading the demo: projects and tokens by the commands, everything else through the ingest API, as CI jobs would.

Rows are read only to leave out what is there already. Progress goes to a `Screen`; nothing is printed elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Protocol

from django.core.management import call_command

from covdash.demo.client import Client
from covdash.demo.history import Commit, read
from covdash.demo.project import Delivery, Project, deliveries, runs
from covdash.projects.models import Project as ProjectRow
from covdash.reports.models import Upload

BUILDERS = 2
PAUSE = 0.4


class Screen(Protocol):
    """Where progress is shown: `line` stays, `status` is overwritten by whatever comes next."""

    def line(self, text: str) -> None:
        """Show a line for good."""

    def status(self, text: str) -> None:
        """Show how far it is."""


@dataclass(slots=True)
class Loaded:
    """What a run has done. `waiting` are the uploads whose processing was not seen to end."""

    sent: int = 0
    states: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[Client, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Plan:
    project: Project
    commits: tuple[Commit, ...]
    missing: tuple[Commit, ...]
    client: Client


def load(projects: Iterable[Project], *, url: str, screen: Screen, patience: float) -> Loaded:
    """Send whatever of `projects` the server at `url` does not have yet, and wait until it is processed.

    Waits at most `patience` seconds after the last upload. Raises `client.RefusedError` when the server refuses.
    """
    loaded = Loaded()
    plans = [plan for project in projects if (plan := _plan(project, url, screen))]
    with ThreadPoolExecutor(BUILDERS, thread_name_prefix="demo") as builders:
        made = builders.map(_make, [(plan.project, commit) for plan in plans for commit in plan.missing])
        try:
            for plan in plans:
                _send(plan, made, loaded, screen)
        except BaseException:
            builders.shutdown(wait=False, cancel_futures=True)
            raise
    _wait(loaded, screen, patience)
    return loaded


def _plan(project: Project, url: str, screen: Screen) -> _Plan | None:
    row = ProjectRow.objects.filter(slug=project.slug).first()
    if row is None:
        call_command("create_project", project.slug, public=project.is_public, stdout=StringIO())
        row = ProjectRow.objects.get(slug=project.slug)
    # the dates hang on the day of the first load, so that a later load makes the same reports
    commits = read(project.name, until=row.created_at)
    known = set(Upload.objects.filter(project=row).values_list("commit__sha", "job", "attempt"))
    if known and not {sha for sha, _, _ in known} & {commit.sha for commit in commits}:
        screen.line(f"{project.slug} is a project of your own; the demo leaves it alone")
        return None
    missing = tuple(
        commit
        for commit in commits
        if {(commit.sha, run.job.title, run.attempt) for run in runs(project, commit)} - known
    )
    if not missing:
        screen.line(f"{project.slug}: all of its {len(commits)} commits are here already")
        return None
    token = StringIO()
    call_command("create_token", project.slug, name="demo", stdout=token)
    return _Plan(project, commits, missing, Client(url.rstrip("/"), token.getvalue().strip()))


def _make(task: tuple[Project, Commit]) -> list[Delivery]:
    """Make what the jobs of a commit send; the last of them says that this is all."""
    *others, last = deliveries(*task)
    return [*others, replace(last, fields=(*last.fields, ("complete", "1")))]


def _send(plan: _Plan, made: Iterator[list[Delivery]], loaded: Loaded, screen: Screen) -> None:
    slug, uploads = plan.project.slug, 0
    for number, _ in enumerate(plan.missing, 1):
        for delivery in next(made):
            loaded.waiting.append((plan.client, plan.client.send(delivery)))
            uploads += 1
        screen.status(f"{slug}: {number} of {len(plan.missing)} commits, {uploads} uploads")
    loaded.sent += uploads
    branches = len({commit.branch for commit in plan.missing})
    on = f"{branches} git branches" if branches > 1 else "one git branch"
    screen.line(f"{slug}: {uploads} uploads of {len(plan.missing)} commits on {on}")


def _wait(loaded: Loaded, screen: Screen, patience: float) -> None:
    end = time.monotonic() + patience
    while loaded.waiting and time.monotonic() < end:
        client, upload = loaded.waiting[0]
        state = client.state(upload)
        if state in ("processed", "failed"):
            loaded.states[state] = loaded.states.get(state, 0) + 1
            del loaded.waiting[0]
            screen.status(f"processed: {sum(loaded.states.values())} of {loaded.sent} uploads")
        else:
            time.sleep(PAUSE)
