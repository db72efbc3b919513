"""Carry-forward over ten commits with renamed, edited and deleted files: right lines, nothing poisoned, origin shown.

Every line of the scratch repository says in its text whether the unit tests run it, so that a carried line can be checked against the
text it lies on now: a state that moved to another line would be seen at once.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.coverage.tree import walk
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.loading import loader
from covdash.reports.models import CommitReport
from covdash.sources import tree_lists
from covdash.sources.store import blob_id
from ingest import assemble
from tests.factories.uploads import Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

Files = dict[str, str]
START = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = {"flags": [{"name": "unit", "carry_forward": True, "max_age_days": 20}]}


def text(name: str, *, lines: int = 9) -> str:
    """A file whose odd lines are run by the unit tests; every third line is code of nobody."""
    words = ("comment", "run", "never")
    return "".join(f"{name} {n} {words[n % 3]}\n" for n in range(lines))


def unit_report(files: Mapping[str, str]) -> bytes:
    """What the unit tests cover: lines that say `run`, and miss: those that say `never`."""
    found: dict[str, dict[int, int]] = {}
    for path, content in files.items():
        if path == "lint.cfg":
            continue
        states = {n: line.split()[-1] for n, line in enumerate(content.splitlines(), 1)}
        found[path] = {n: int(word == "run") for n, word in states.items() if word in ("run", "never")}
    return lcov(found)


class Repository:
    """A git repository as its uploads tell of it: `trees` are the ids of its git trees, whose lists of files are kept."""

    def __init__(self, **facts: Any) -> None:
        self.job = Job(project(is_public=True, **({"settings": SETTINGS} | facts)))
        self.place = Place(self.job.project.slug)
        self.files: Files = {}
        self.trees: list[str] = []
        self.made = 0

    def commit(self, *, days: int = 1, **facts: Any) -> dict[str, Any]:
        """Make the next commit of `files`; returns the fields of its uploads."""
        self.made += 1
        blobs = {path: blob_id(content.encode()) for path, content in self.files.items()}
        tree = hashlib.sha1(repr(sorted(blobs.items())).encode()).hexdigest()  # as git does
        self.trees.append(tree)
        # As the uploader sends it; that a list is checked against its id is tested with `tree_lists`.
        listed = tree_lists.Reading(tree)
        listed.paths = [path.encode() for path in sorted(blobs)]
        listed.blobs = bytearray(b"".join(blobs[path] for path in sorted(blobs)))
        tree_lists.keep(project_id=self.job.project.pk, reading=listed)
        at = START + timedelta(days=self.made * days)
        parent = sha(self.made - 1) if self.made > 1 else None
        return {
            "commit": sha(self.made),
            "parent": parent,
            "tree": tree,
            "committed_at": at.isoformat(),
        } | facts

    def lint(self, said: dict[str, Any], *, without: str = "") -> None:
        """The job that runs for every commit, with the texts of the repository."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for path, content in self.files.items():
                if path != without:
                    archive.writestr(path, content)
        parts = [
            ("file", "lint.info", lcov({"lint.cfg": {1: 1}})),
            ("sources", "sources.zip", out.getvalue()),
        ]
        turn(self.job.send_form(parts, job="lint", flags="lint", **said))

    def unit(self, said: dict[str, Any]) -> None:
        """The job whose results are carried forward."""
        turn(self.job.send(unit_report(self.files), job="unit", flags="unit", **said))

    def api(self, path: str) -> Any:
        answer = self.job.client.get(f"/api/v1/projects/{self.job.project.slug}/{path}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def carried(self) -> dict[str, Any]:
        """What the newest commit says of the flag `unit`."""
        (found,) = self.api(f"commits/{sha(self.made)}")["carried"]
        return dict(found)

    def states(self) -> dict[str, dict[str, int]]:
        """Path -> text of the line -> hits, in the report of `unit` of the newest commit; no line lies on a text it is not of."""
        whole = CommitReport.objects.get(commit__sha=sha(self.made), flag="unit", project=self.job.project)
        found: dict[str, dict[str, int]] = {}
        for path in paths_of(whole):
            shown = self.api(f"commits/{sha(self.made)}/files/{path}?flag=unit")
            lines = self.files[path].splitlines()
            found[path] = {lines[int(line) - 1]: hits for line, hits in shown["lines"].items()}
            for words, hits in found[path].items():
                assert words.split()[-1] == ("run" if hits else "never"), (path, words, hits)
        return found

    def page(self, path: str = "") -> str:
        answer = self.job.client.get(path or self.place.tree(commit=sha(self.made)))
        assert answer.status_code == 200
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def paths_of(report: CommitReport) -> Iterator[str]:
    """The measured files of a report."""
    for path, entry in walk(loader(report.project_id), bytes(report.root)):
        if entry.digest:
            yield path


@pytest.fixture
def repository() -> Repository:
    """A repository whose git trees the server knows, with one commit that has a unit report."""
    made = Repository()
    made.files = {f"src/{name}.py": text(name) for name in "abcdef"} | {"lint.cfg": "rules\n"}
    said = made.commit()
    made.lint(said)
    made.unit(said)
    return made


def measured(name: str) -> set[str]:
    return {line for line in text(name).splitlines() if "comment" not in line}


def test_ten_commits(repository: Repository) -> None:  # noqa: PLR0915 - ten commits are one story
    files = repository.files
    origin = sha(1)

    # 2: nothing changed.
    repository.lint(repository.commit())
    assert (repository.carried()["kept"], repository.carried()["sha"]) == (6, origin)
    assert repository.states() == {f"src/{name}.py": {
        line: int("run" in line) for line in measured(name)} for name in "abcdef"}  # fmt: skip
    assert "unit carried forward from 00000000 , 1 day" in repository.page()

    # 3: lines are put before, between and instead of others.
    lines = files["src/a.py"].splitlines(keepends=True)
    files["src/a.py"] = "".join(
        ["new never\n", *lines[:4], "new run\n", *lines[4:7], "a 7 changed\n", lines[8]]
    )
    repository.lint(repository.commit())
    assert (repository.carried()["kept"], repository.carried()["changed"]) == (5, 1)
    found = repository.states()["src/a.py"]
    assert set(found) == measured("a") - {"a 7 run"}
    assert found["a 8 never"] == 0

    # 4: a file is renamed, without a change.
    files["lib/b.py"] = files.pop("src/b.py")
    repository.lint(repository.commit())
    assert repository.carried()["renamed"] == 1
    assert set(repository.states()["lib/b.py"]) == measured("b")
    assert "src/b.py" not in repository.states()

    # 5: a file is deleted.
    del files["src/c.py"]
    repository.lint(repository.commit())
    assert repository.carried()["deleted"] == 1
    assert "src/c.py" not in repository.states()

    # 6: a file changes and its text was never sent: it is left out, and said so.
    files["src/d.py"] = "put before all\n" + files["src/d.py"]
    repository.lint(repository.commit(), without="src/d.py")
    assert repository.carried()["reasons"] == [
        {"path": "src/d.py", "reason": "its text changed, and not both texts are known"}
    ]
    assert "src/d.py" not in repository.states()
    words = repository.page(repository.place.commit_page(sha(6)))
    assert "1 file of unit left out" in words
    assert "src/d.py : its text changed, and not both texts are known" in words

    # 7: the name of the deleted file comes back with another text; another file is emptied of what was measured.
    files["src/c.py"] = "c other text\n"
    files["src/e.py"] = "only new\n"
    repository.lint(repository.commit())
    assert {reason["path"] for reason in repository.carried()["reasons"]} == {"src/c.py", "src/e.py"}
    assert set(repository.states()) == {
        "src/a.py",
        "lib/b.py",
        "src/d.py",
        "src/f.py",
    }  # the text of d is known now

    # 8: two files change places: each is followed.
    files["src/f.py"], files["lib/b.py"] = files["lib/b.py"], files["src/f.py"]
    repository.lint(repository.commit())
    assert set(repository.states()["src/f.py"]) == measured("b")
    assert set(repository.states()["lib/b.py"]) == measured("f")

    # 9: a file is renamed and edited at once; still from the first commit, never from one that carried itself.
    files["lib/moved.py"] = "new run\n" + files.pop("src/a.py")
    repository.lint(repository.commit())
    assert set(repository.states()["lib/moved.py"]) == measured("a") - {"a 7 run"}
    assert (repository.carried()["sha"], repository.carried()["flag"]) == (origin, "unit")
    flag = next(flag for flag in repository.api(f"commits/{sha(9)}")["flags"] if flag["name"] == "unit")
    assert flag["carried"]["sha"] == origin
    words = repository.page(repository.place.commit_page(sha(9)))
    assert "unit carried forward from 00000000, 8 days" in words
    whole = repository.api(f"commits/{sha(9)}")
    assert whole["totals"]["lines"]["total"] == flag["totals"]["lines"]["total"] + 1

    # 10: the flag arrives itself: nothing of the carried part remains.
    said = repository.commit()
    repository.lint(said)
    assert repository.carried()["sha"] == origin
    repository.unit(said)
    assert repository.api(f"commits/{sha(10)}")["carried"] == []
    report = CommitReport.objects.get(project=repository.job.project, commit__sha=sha(10), flag="")
    assert (report.uploads, report.carried) == (2, [])
    alone = Repository(settings={})
    alone.files = dict(files)
    again = alone.commit(tree=said["tree"])
    alone.unit(again)
    alone.lint(again)
    bare = CommitReport.objects.get(project=alone.job.project, flag="")
    assert bytes(report.root) == bytes(bare.root)
    assert "carried forward" not in repository.page()


def test_a_carried_line_has_no_exact_count(repository: Repository) -> None:
    repository.lint(repository.commit())
    shown = repository.api(f"commits/{sha(2)}/files/src/a.py?flag=unit")
    assert (shown["counted"], shown["exact"]) == (True, False)
    assert repository.api(f"commits/{sha(1)}/files/src/a.py?flag=unit")["exact"] is True


def test_a_flag_that_is_too_old_is_not_carried(repository: Repository) -> None:
    repository.lint(repository.commit(days=11))
    assert repository.api(f"commits/{sha(2)}")["carried"] == []


def test_flags_that_are_not_configured_are_not_carried(repository: Repository) -> None:
    repository.unit(repository.commit())
    assert [flag["name"] for flag in repository.api(f"commits/{sha(2)}")["flags"]] == ["unit"]


def test_a_client_may_ask_for_it(repository: Repository) -> None:
    said = repository.commit()
    repository.unit(said)
    commit = Commit.objects.get(project=repository.job.project, sha=sha(2))
    for asked in (["lint"], ["all"]):
        Commit.objects.filter(pk=commit.pk).update(completeness={**commit.completeness, "carry": asked})
        assemble.run(commit.pk)
        assert repository.carried()["flag"] == "lint"
        assert Commit.objects.get(pk=commit.pk).completeness["carry"] == asked
    Commit.objects.filter(pk=commit.pk).update(completeness={})
    assemble.run(commit.pk)
    assert repository.api(f"commits/{sha(2)}")["carried"] == []


def test_without_a_parent_the_newest_report_of_the_base_branch_is_taken(repository: Repository) -> None:
    repository.lint(repository.commit(parent=None, branch="feature/x"))
    assert repository.carried()["sha"] == sha(1)


def test_a_report_of_an_ancestor_that_changes_is_taken_over_while_the_commit_is_collecting(
    repository: Repository,
) -> None:
    repository.lint(repository.commit())
    before = repository.api(f"commits/{sha(2)}")
    assert before["state"] == "collecting"
    first = {
        "commit": sha(1),
        "tree": repository.trees[0],
        "committed_at": (START + timedelta(days=1)).isoformat(),
    }
    more = lcov({"src/a.py": {3: 1}})
    turn(repository.job.send(more, job="unit two", flags="unit", **first))
    for number in assemble.stale_commits():
        assemble.run(number)
    after = repository.api(f"commits/{sha(2)}")
    assert after["totals"]["lines"]["covered"] == before["totals"]["lines"]["covered"] + 1

    Commit.objects.filter(project=repository.job.project).update(complete_at=START)
    turn(repository.job.send(lcov({"src/a.py": {6: 1}}), job="unit three", flags="unit", **first))
    for number in assemble.stale_commits():
        assemble.run(number)
    assert repository.api(f"commits/{sha(2)}")["root"] == after["root"]


def test_without_any_text_everything_is_carried_unchecked_and_marked() -> None:
    """A project that sends reports only: nobody knows what changed, so the page says that nobody checked."""
    found = Repository()
    found.files = {"src/a.py": text("a")}
    said = found.commit(tree=None)
    found.unit(said)
    turn(found.job.send(lcov({"x.py": {1: 1}}), job="lint", flags="lint", **found.commit(tree=None)))
    assert (found.carried()["unchecked"], found.carried()["kept"]) == (1, 0)
    assert "1 unchecked" in found.page(found.place.commit_page(sha(2)))


def test_texts_and_lists_of_uploads_are_enough() -> None:
    """Without a git tree: the texts of the uploads say what is the same, their lists of files what was deleted."""
    found = Repository()
    found.files = {f"src/{name}.py": text(name) for name in "abc"}
    said = found.commit(tree=None)
    found.lint(said)
    found.unit(said)
    del found.files["src/b.py"]
    found.files["src/a.py"] = "first\n" + found.files["src/a.py"]
    said = found.commit(tree=None)
    found.lint(said)
    assert (found.carried()["kept"], found.carried()["changed"], found.carried()["unchecked"]) == (1, 1, 1)
    listed = "\n".join(found.files).encode()
    parts = [("file", "x.info", lcov({"lint.cfg": {1: 1}})), ("files", None, listed)]
    turn(found.job.send_form(parts, job="listed", flags="lint", **said))
    assert (found.carried()["kept"], found.carried()["changed"], found.carried()["deleted"]) == (1, 1, 1)
    assert set(found.states()["src/a.py"]) == measured("a")


def test_pages_of_a_carried_report_take_no_more_statements(
    repository: Repository, client: Client, django_assert_max_num_queries: Any
) -> None:
    repository.lint(repository.commit())
    with django_assert_max_num_queries(8):
        assert client.get(repository.place.tree(commit=sha(2))).status_code == 200
    with django_assert_max_num_queries(14):
        assert client.get(repository.place.commit_page(sha(2))).status_code == 200
