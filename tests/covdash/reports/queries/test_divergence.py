"""How far git branches went from the default one: the commits between, and the patch that the comparison page would show."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import DjangoAssertNumQueries

from covdash.coverage.differential import Patch
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.reports import comparisons, tasks
from covdash.reports.divergence_facts import DivergenceFact
from covdash.reports.models import Comparison, Upload
from covdash.reports.queries import branches, commits, compare, divergence
from tests.covdash.reports.stock import START, Stock, lines

Fact = Callable[[], ProjectFact]
OLD, NEW = "a\nb\nc\nd\n", "a\nb\nnew\nd\nlast\n"
FILES = {"a.py": lines(1, 1, 1, 0)}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """The tasks that were asked for; `work` does them."""
    rung: list[tuple[str, list[Any]]] = []
    cache.clear()
    monkeypatch.setattr(comparisons.app, "send_task", lambda name, args, **_: rung.append((name, args)))
    return rung


def work(rung: list[tuple[str, list[Any]]]) -> None:
    names = {comparisons.COMPARE: tasks.compare, comparisons.COMPARE_EACH: tasks.compare_each}
    while rung:
        name, args = rung.pop(0)
        names[name](*args)


def apart(project: ProjectFact, **options: Any) -> dict[str, DivergenceFact]:
    return divergence.of_branches(
        project=project, branches=branches.listing(project=project).items, **options
    )


def test_a_branch_is_ahead_and_behind_and_its_patch_is_made_by_a_task(
    stock: Stock, fact: Fact, worker: list[Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = stock.report(FILES, sources={"a.py": OLD})
    left = stock.report(FILES, parent=root.sha, sources={"a.py": OLD})
    first = stock.commit("feature/x", parent=left.sha)
    stock.report({"a.py": lines(1, 0, 0, 0, 2)}, "feature/x", parent=first.sha, sources={"a.py": NEW})
    newer = stock.report(FILES, parent=left.sha, sources={"a.py": OLD})
    stock.report(FILES, parent=newer.sha, sources={"a.py": OLD})
    project = fact()

    with django_assert_num_queries(1 + 2):
        found = apart(project)

    assert found["feature/x"] == DivergenceFact(
        None, 0, left.sha, ahead=2, behind=2, unknown={"patch": "not_compared"}
    )
    assert found["main"].unknown == dict.fromkeys(("patch", "ahead", "behind"), "default")
    assert [name for name, _ in worker] == [comparisons.COMPARE_EACH]
    assert len(worker[0][1][1]) == 1
    apart(project)
    assert len(worker) == 1, "it was asked a moment ago"
    work(worker)
    known = apart(project)["feature/x"]
    assert known == DivergenceFact(Patch(2, 2, 1), 0, left.sha, ahead=2, behind=2)
    assert not worker
    assert Comparison.objects.count() == 1


def test_a_list_asks_for_nothing_when_told_so(stock: Stock, fact: Fact, worker: list[Any]) -> None:
    base = stock.report(FILES)
    stock.report({"a.py": lines(0)}, "x", parent=base.sha)
    assert apart(fact(), ask=False)["x"].unknown == {"patch": "not_compared"}
    assert not worker


def test_an_equal_report_has_an_empty_patch(stock: Stock, fact: Fact, worker: list[Any]) -> None:
    base = stock.report(FILES)
    stock.report(FILES, "x", parent=base.sha)
    assert apart(fact())["x"] == DivergenceFact(Patch(), 0, base.sha, ahead=1, behind=0)
    assert not worker


def test_files_whose_text_nobody_sent_are_named_and_tried_again_later(
    stock: Stock, fact: Fact, worker: list[Any]
) -> None:
    """One of two was compared; of another branch none: that is no patch of 0 lines."""
    base = stock.report({"a.py": lines(1), "b.py": lines(1)}, sources={"a.py": OLD})
    stock.report({"a.py": lines(0), "b.py": lines(1, 1)}, "some", parent=base.sha, sources={"a.py": NEW})
    stock.report({"b.py": lines(1, 0), "a.py": lines(1)}, "none", parent=base.sha, sources={"a.py": OLD})
    apart(fact())
    work(worker)

    found = apart(fact())

    assert (found["some"].patch, found["some"].uncompared) == (Patch(2), 1)
    assert (found["none"].patch, found["none"].unknown) == (None, {"patch": "no_text"})
    assert not worker
    Comparison.objects.update(made_at=START)
    cache.clear()
    old = apart(fact())
    assert old == found, "what is old is shown until it is made again"
    assert len(worker[0][1][1]) == 2


def test_a_comparison_from_before_there_were_sums_is_made_again(
    stock: Stock, fact: Fact, worker: list[Any]
) -> None:
    base = stock.report(FILES, sources={"a.py": OLD})
    stock.report({"a.py": lines(1, 1)}, "x", parent=base.sha, sources={"a.py": NEW})
    apart(fact())
    work(worker)
    Comparison.objects.update(patch=None)
    cache.clear()

    assert apart(fact())["x"].unknown == {"patch": "not_compared"}
    work(worker)
    assert apart(fact())["x"].patch == Patch(2, 0, 0)


def with_diff(commit: Commit, text: str) -> None:
    """Let the upload of a commit have brought a diff."""
    key = storages["objects"].save(f"raw/diff-{commit.pk}", ContentFile(text.encode()))
    upload = Upload.objects.get(commit=commit)
    sent = {"name": "diff", "key": key, "size": len(text), "digest": f"{commit.pk:064x}", "role": "diff"}
    Upload.objects.filter(pk=upload.pk).update(files=[*upload.files, sent])


def test_equal_reports_with_other_diffs_have_other_patches(
    stock: Stock, fact: Fact, worker: list[Any]
) -> None:
    """Without texts the diff says which lines are new; two commits may have the same report and another diff."""
    head = "--- a/a.py\n+++ b/a.py\n"
    base = stock.report({"a.py": lines(1, 1, 0)})
    one, two, _ = (
        stock.report({"a.py": lines(1, 1, 1, 0)}, name, parent=base.sha) for name in ("one", "two", "three")
    )
    with_diff(one, f"{head}@@ -1,0 +2,1 @@\n+x\n")
    with_diff(two, f"{head}@@ -3,1 +3,2 @@\n-c\n+x\n+y\n")
    apart(fact())
    work(worker)

    found = apart(fact())

    assert found["one"].patch == Patch(1, 1, 1)
    assert found["two"].patch == Patch(2, 2, 1)
    assert found["three"].unknown == {"patch": "no_text"}
    assert not worker
    for name in ("one", "two"):
        assert_as_the_page(fact(), name, found[name])


def test_long_branches_take_the_steps_that_short_ones_leave(
    stock: Stock, fact: Fact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(divergence, "STEPS", 3 * 2 + 5)
    root = stock.report(FILES)
    stock.report(FILES, "main", parent=root.sha)
    for name, number in (("a", 1), ("b", 1), ("long", 6)):
        parent = root
        for _ in range(number - 1):
            parent = stock.commit(name, parent=parent.sha)
        stock.report(FILES, name, parent=parent.sha)

    found = apart(fact())
    assert [found[name].ahead for name in ("a", "b", "long")] == [1, 1, 6]

    monkeypatch.setattr(divergence, "STEPS", 3 * 2 + 4)
    found = apart(fact())
    assert [found[name].ahead for name in ("a", "b", "long")] == [1, 1, None]
    assert found["long"].unknown == dict.fromkeys(("patch", "ahead", "behind"), "too_far")


@pytest.mark.parametrize(
    "case", ["no report", "no default", "lost parent", "no parent", "far", "short trunk", "nothing older"]
)
def test_what_is_not_known_has_a_reason(
    stock: Stock, fact: Fact, worker: list[Any], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    first = stock.report(FILES)
    second = stock.report(FILES, parent=first.sha)
    third = stock.report(FILES, parent=second.sha)
    own = {"a.py": lines(0)}
    if case == "no report":
        stock.commit("x", parent=third.sha)
        wanted = DivergenceFact(unknown=dict.fromkeys(("patch", "ahead", "behind"), "no_report"))
    elif case == "no default":
        stock.report(FILES, "x", parent=third.sha)
        Project.objects.update(default_branch="")
        wanted = DivergenceFact(
            Patch(), 0, third.sha, unknown={"ahead": "no_default", "behind": "no_default"}
        )
    elif case in ("lost parent", "no parent"):
        stock.report(FILES, "x", parent="f" * 40 if case == "lost parent" else "")
        wanted = DivergenceFact(
            Patch(), 0, third.sha, unknown={"ahead": "parents_unknown", "behind": "parents_unknown"}
        )
    elif case == "far":
        monkeypatch.setattr(divergence, "DEPTH", 3)
        middle = stock.commit("x", parent=third.sha)
        for _ in range(3):
            middle = stock.commit("x", parent=middle.sha)
        stock.report(own, "x", parent=middle.sha)
        wanted = DivergenceFact(unknown=dict.fromkeys(("patch", "ahead", "behind"), "too_far"))  # type: ignore[arg-type]
    elif case == "short trunk":
        monkeypatch.setattr(divergence, "DEPTH", 1)
        stock.report(FILES, "x", parent=first.sha)
        wanted = DivergenceFact(Patch(), 0, first.sha, ahead=1, unknown={"behind": "too_far"})
    else:
        stock.report(own, "x", at=START.replace(year=2020))
        wanted = DivergenceFact(
            unknown={"patch": "no_base", "ahead": "parents_unknown", "behind": "parents_unknown"}
        )

    assert apart(fact())["x"] == wanted


def test_a_branch_that_stands_on_the_default_one_is_not_ahead(stock: Stock, fact: Fact) -> None:
    """As after a merge without a merge commit: its head is named by both; the default branch went on."""
    first = stock.report(FILES)
    head = stock.report({"a.py": lines(1)}, "x", parent=first.sha)
    main = Branch.objects.get(name="main")
    BranchCommit.objects.create(branch=main, commit=head, at=head.committed_at)
    stock.report(FILES, parent=head.sha)

    found = apart(fact())["x"]

    assert (found.ahead, found.behind, found.base) == (0, 1, first.sha)


def test_a_circle_of_parents_ends(stock: Stock, fact: Fact) -> None:
    stock.report(FILES)
    one = stock.report(FILES, "x")
    two = stock.report({"a.py": lines(1)}, "x", parent=one.sha)
    Commit.objects.filter(pk=one.pk).update(parent_sha=two.sha)

    assert apart(fact())["x"].unknown == dict.fromkeys(("patch", "ahead", "behind"), "too_far")


def assert_as_the_page(project: ProjectFact, name: str, found: DivergenceFact) -> None:
    """Hold a fact against what the comparison page of the branch shows."""
    head = commits.head(project=project, branch=name)
    assert head is not None
    base = compare.base_of(project=project, head=head.commit)
    if base.report is None:
        assert (found.base, found.unknown["patch"]) == ("", "no_base")
        return
    assert found.base == base.report.commit.sha
    shown = compare.comparison(project=project, base=base.report, head=head)
    assert shown is not None
    if found.patch is None:
        assert found.unknown["patch"] == "no_text"
        assert shown.unknown == len(shown.files)
    else:
        assert (found.patch[:4], found.uncompared) == (shown.patch[:4], shown.unknown)


@pytest.mark.parametrize("seed", range(12))
def test_any_history_is_counted_and_based_as_one_branch_at_a_time(
    stock: Stock, fact: Fact, worker: list[Any], seed: int
) -> None:
    """Against a naive walk and the comparison page; some commits have no report, no known parent, or lie on several branches."""
    dice = random.Random(seed)
    names = ["main", "x", "y", "z/1"]
    texts = {n: "".join(f"line {k}\n" for k in range(n)) for n in range(1, 6)}
    made: list[Commit] = []
    for number in range(24):
        name = dice.choice(names) if number else "main"
        roll = dice.random()
        parent = dice.choice(made[-6:]).sha if made and roll < 0.85 else "e" * 40 if roll < 0.93 else ""
        size = dice.randint(1, 5)
        if number == 0 or dice.random() < 0.7:
            files = {"a.py": lines(*(dice.randint(0, 1) for _ in range(size)))}
            made.append(stock.report(files, name, parent=parent, sources={"a.py": texts[size]}))
        else:
            made.append(stock.commit(name, parent=parent))
        if dice.random() < 0.15:
            other, _ = Branch.objects.get_or_create(project=stock.project, name=dice.choice(names))
            BranchCommit.objects.get_or_create(
                branch=other, commit=made[-1], defaults={"at": made[-1].committed_at}
            )
    project = fact()
    apart(project)
    work(worker)

    found = apart(project)

    by_sha = {commit.sha: commit for commit in made}
    on_main = set(Commit.objects.filter(branches__branch__name="main").values_list("sha", flat=True))

    def line(sha: str) -> list[str]:
        """The commit and its known first parents; no sha is made twice, so there is no circle."""
        shas = [sha]
        while (parent := by_sha[shas[-1]].parent_sha) in by_sha:
            shas.append(parent)
        return shas

    main = Branch.objects.get(name="main").head
    spine = line(main.sha) if main else []
    for branch in Branch.objects.exclude(name="main").exclude(head=None):
        assert branch.head is not None
        own = line(branch.head.sha)
        fact_ = found[branch.name]
        ahead = next((n for n, sha in enumerate(own) if sha in on_main or sha in spine), None)
        assert fact_.ahead == ahead
        if fact_.behind is not None:
            assert fact_.behind == min(spine.index(sha) for sha in own if sha in spine)
        else:
            assert fact_.unknown["behind"] == "parents_unknown"
        assert_as_the_page(project, branch.name, fact_)
