"""Change points hold the totals of every path where they changed along a git branch, whatever happened in whatever order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, build, file_entry
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.reports import store, trends
from covdash.reports.models import ChangePoint, CommitReport
from tests.covdash.reports.test_store import tree_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
Files = dict[str, list[int]]


class Line:
    """A git branch under test, with the operations that the pipe does on it."""

    def __init__(self) -> None:
        self.project = Project.objects.create(slug=f"acme/{Project.objects.count()}")
        self.branch = Branch.objects.create(project=self.project, name="main")

    def report(self, number: int, files: Files, *, day: int | None = None) -> None:
        """Write the report of commit `number` and rebuild."""
        at = START + timedelta(days=number if day is None else day)
        commit, _ = Commit.objects.get_or_create(
            project=self.project, sha=f"{number:040x}", defaults={"committed_at": at}
        )
        link, _ = BranchCommit.objects.get_or_create(branch=self.branch, commit=commit, defaults={"at": at})
        tree, objects = tree_of(files)
        store.write(project_id=self.project.pk, trees=[tree], objects=objects)
        CommitReport.objects.update_or_create(
            project=self.project,
            commit=commit,
            flag="",
            defaults={"root": tree.root.digest, "totals": tree.root.totals},
        )
        self.move(link, at)

    def move(self, link: BranchCommit, at: datetime) -> None:
        """Give a commit another time, as a declared time that arrives late does."""
        old = link.at
        BranchCommit.objects.filter(pk=link.pk).update(at=at)
        for moment in dict.fromkeys((old, at)):
            self.rebuild((moment, link.commit_id))

    def drop(self, number: int) -> None:
        """Take the report of a commit away."""
        commit = Commit.objects.get(project=self.project, sha=f"{number:040x}")
        CommitReport.objects.filter(commit=commit).delete()
        self.rebuild((BranchCommit.objects.get(commit=commit).at, commit.pk))

    def rebuild(self, position: trends.Position) -> None:
        trends.rebuild(project_id=self.project.pk, branch_id=self.branch.pk, flag="", position=position)

    def points(self) -> dict[str, list[tuple[int, tuple[int, int] | None]]]:
        """Path -> [(day, lines)] in order."""
        found: dict[str, list[tuple[int, tuple[int, int] | None]]] = {}
        rows = (
            ChangePoint.objects.filter(project=self.project)
            .order_by("at", "commit_id")
            .select_related("path")
        )
        for row in rows:
            lines = row.totals.get("lines") if row.totals else None
            found.setdefault(row.path.path, []).append(
                ((row.at - START).days, tuple(lines) if lines else None)
            )
        return found


def naive(history: Sequence[tuple[int, Files]]) -> dict[str, list[tuple[int, tuple[int, int] | None]]]:
    """The definition: totals of every file and folder at every commit, kept where they differ from the commit before."""
    last: dict[str, tuple[int, int]] = {}
    found: dict[str, list[tuple[int, tuple[int, int] | None]]] = {}
    for day, files in sorted(history, key=lambda item: item[0]):
        now: dict[str, tuple[int, int]] = {"": (0, 0)} if not files else {}
        for path, hits in files.items():
            parts = path.split("/")
            places = ["", *("/".join(parts[:n]) + "/" for n in range(1, len(parts))), path]
            for place in places:
                covered, total = now.get(place, (0, 0))
                now[place] = (covered + sum(hit > 0 for hit in hits), total + len(hits))
        for place in sorted(now.keys() | last.keys()):
            if now.get(place) != last.get(place):
                found.setdefault(place, []).append((day, now.get(place)))
        last = now
    return found


def random_files(chance: random.Random) -> Files:
    return {
        f"{'ab'[n % 2]}/{'xy'[n % 3 == 0]}/f{n}.c": [chance.randrange(2) for _ in range(4)]
        for n in range(5)
        if chance.random() < 0.8
    } or {"z.c": [1]}


@pytest.mark.parametrize("seed", range(6))
def test_points_are_what_the_definition_says_after_any_history(seed: int) -> None:
    """Reports come in any order, are replaced, moved in time and taken away."""
    chance = random.Random(seed)
    line, history = Line(), dict[int, tuple[int, Files]]()
    for _ in range(25):
        number, act = chance.randrange(8), chance.random()
        if act < 0.15 and number in history:
            line.drop(number)
            del history[number]
            continue
        if act < 0.3 and number in history:
            day = 10 + number + 10 * chance.randrange(3)
            line.move(
                BranchCommit.objects.get(commit__sha=f"{number:040x}", branch=line.branch),
                START + timedelta(days=day),
            )
            history[number] = (day, history[number][1])
            continue
        files = random_files(chance)
        day = history[number][0] if number in history else _day(line, number)
        line.report(number, files, day=day)
        history[number] = (day, files)
        assert line.points() == naive(list(history.values()))
    assert line.points() == naive(list(history.values()))


def _day(line: Line, number: int) -> int:
    link = BranchCommit.objects.filter(branch=line.branch, commit__sha=f"{number:040x}").first()
    return (link.at - START).days if link else number


def test_a_commit_that_changes_nothing_has_no_point() -> None:
    line = Line()
    for number in range(3):
        line.report(number, {"a/b.c": [1, 0]})
    assert {path: len(points) for path, points in line.points().items()} == {"": 1, "a/": 1, "a/b.c": 1}


def test_flags_have_lines_of_their_own() -> None:
    line = Line()
    line.report(1, {"a.c": [1]})
    commit = Commit.objects.get()
    tree, objects = tree_of({"b.c": [0]})
    store.write(project_id=line.project.pk, trees=[tree], objects=objects)
    CommitReport.objects.create(
        project=line.project, commit=commit, flag="unit", root=tree.root.digest, totals=tree.root.totals
    )
    trends.rebuild(
        project_id=line.project.pk,
        branch_id=line.branch.pk,
        flag="unit",
        position=(BranchCommit.objects.get().at, commit.pk),
    )
    assert set(ChangePoint.objects.filter(flag="unit").values_list("path__path", flat=True)) == {"", "b.c"}
    assert set(ChangePoint.objects.filter(flag="").values_list("path__path", flat=True)) == {"", "a.c"}


def test_files_that_no_report_measures_and_the_unplaced_rest_have_no_points() -> None:
    entries: dict[str, Entry] = {
        "doc.md": file_entry("doc.md", b"", b"s" * 20, Totals()),
        UNPLACED: file_entry(UNPLACED, b"d" * 20, b"", Totals.of(branches=(1, 2))),
        "a.c": file_entry("a.c", b"e" * 20, b"", Totals.of(lines=(1, 2))),
    }
    tree = build(entries)
    found = trends.points(
        lambda digests: {digest: tree.entries(digest) for digest in digests}, None, tree.root
    )
    assert set(found) == {"", "a.c"}
    root = found[""]
    assert root is not None
    assert root.get("branches") == (1, 2)
