"""Looking for things by name: projects, and in a project files, functions, git branches, commits, pull requests and uploads."""

from __future__ import annotations

import re
from contextlib import suppress
from uuid import UUID

from django.db.models import Q

from covdash.coverage.report import UNPLACED
from covdash.coverage.tree import walk
from covdash.projects import access, pins
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, Commit, PullRequest
from covdash.reports import function_names
from covdash.reports.facts import ReportFact
from covdash.reports.findings import Hit
from covdash.reports.loading import loader, root_entry
from covdash.reports.models import Upload

GROUP = 5
SWITCH = 20
"""Projects to switch to."""
ALL = 200
_HEX = re.compile(r"[0-9a-f]{4,64}\Z")


def projects(*, user: access.Reader, text: str, limit: int = GROUP) -> tuple[Hit, ...]:
    """Return projects that `user` may read whose slug contains `text`, pinned ones first. One SQL statement."""
    found = access.visible(user=user).filter(slug__icontains=text)
    found = found.order_by(pins.pinned_by(user).desc(), "slug")
    return tuple(Hit("project", slug, slug) for slug in found.values_list("slug", flat=True)[:limit])


def files(
    *, project: ProjectFact, report: ReportFact, text: str, limit: int = GROUP
) -> tuple[tuple[Hit, ...], int]:
    """Return the files whose path fits `text` best, and how many fit. One SQL statement a level that is not cached.

    A path fits when it has all letters of `text` in order; whole words, and those at the end, go first.
    """
    wanted = text.casefold().replace(" ", "")
    ranked: list[tuple[int, int, str]] = []
    for path, entry in walk(loader(project.id), root_entry(report).digest):
        folded = path.casefold()
        if entry.name != UNPLACED and _fits(folded, wanted):
            ranked.append((_rank(folded, wanted), len(path), path))
    ranked.sort()
    return tuple(Hit("file", path, path) for _, _, path in ranked[:limit]), len(ranked)


def functions(
    *, project: ProjectFact, report: ReportFact, text: str, limit: int = GROUP
) -> tuple[tuple[Hit, ...], int]:
    """Return the functions whose name fits `text` best, and how many fit.

    SQL statements as `function_names.best`: of 20,000 files that this process did not look into yet ten more, and half a second.
    """
    found, number = function_names.best(project_id=project.id, report=report, text=text, limit=limit)
    hits = (Hit("function", one.path, one.name, f"{one.path}:{one.line}", one.line) for one in found)
    return tuple(hits), number


def _fits(path: str, wanted: str) -> bool:
    """Say whether all letters of `wanted` are in `path`, in order; linear in its length."""
    if wanted in path:
        return True
    letters = iter(path)
    return all(letter in letters for letter in wanted)


def _rank(path: str, wanted: str) -> int:
    name = path.rpartition("/")[2]
    if name.startswith(wanted):
        return 0
    if wanted in name:
        return 1
    return 2 if wanted in path else 3


def branches(*, project: ProjectFact, text: str, limit: int = GROUP) -> tuple[Hit, ...]:
    """Return git branches whose name contains `text`, the lately reported first. One SQL statement."""
    found = Branch.objects.filter(project_id=project.id, name__icontains=text)
    names = found.order_by("-head__committed_at", "name").values_list("name", flat=True)[:limit]
    return tuple(Hit("branch", name, name) for name in names)


def commits(*, project: ProjectFact, text: str, limit: int = GROUP) -> tuple[Hit, ...]:
    """Return commits by the beginning of their sha, or by their message, newest first. One SQL statement."""
    wanted = Q(message__icontains=text)
    if _HEX.match(text.lower()):
        wanted |= Q(sha__gte=text.lower(), sha__lt=f"{text.lower()}g")
    found = Commit.objects.filter(wanted, project_id=project.id).order_by("-committed_at", "-pk")
    return tuple(
        Hit("commit", sha, message.partition("\n")[0] or sha[:8], sha[:8])
        for sha, message in found.values_list("sha", "message")[:limit]
    )


def pulls(*, project: ProjectFact, text: str, limit: int = GROUP) -> tuple[Hit, ...]:
    """Return pull requests by number or title. One SQL statement."""
    number = text.lstrip("#!")
    wanted = Q(title__icontains=text)
    if number.isascii() and number.isdigit() and len(number) < 10:
        wanted |= Q(number=int(number))
    found = PullRequest.objects.filter(wanted, project_id=project.id).order_by("-number")
    return tuple(
        Hit("pull", str(number), title or f"Pull request #{number}", f"#{number}")
        for number, title in found.values_list("number", "title")[:limit]
    )


def uploads(*, project: ProjectFact, text: str, limit: int = GROUP) -> tuple[Hit, ...]:
    """Return uploads by id, name or job, newest first. One SQL statement."""
    wanted = Q(name__icontains=text) | Q(job__icontains=text)
    with suppress(ValueError):
        wanted |= Q(pk=UUID(text))
    found = Upload.objects.filter(wanted, project_id=project.id).order_by("-received_at", "-pk")
    return tuple(
        Hit("upload", str(pk), name or job or str(pk), sha[:8])
        for pk, name, job, sha in found.values_list("pk", "name", "job", "commit__sha")[:limit]
    )
