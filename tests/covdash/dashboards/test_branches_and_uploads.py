"""The lists of git branches and of uploads: what they show, to whom, at which cost."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects.models import Branch, Project
from covdash.reports import comparisons
from covdash.reports.models import CommitReport, Upload
from tests.covdash.reports.stock import Stock, lines
from tests.factories.uploads import Job, lcov, sha, turn

ROOT = "/p/acme/platform/shop/-"
MAX_QUERIES = 8
NASTY = "feature/<script>alert(1)</script>#?% \u202e+&x"


@pytest.fixture
def job(project: Project) -> Job:
    """A CI job of the project."""
    return Job(project)


@pytest.fixture
def member(client: Client, ben: User) -> Client:
    """A browser in which ben is signed in."""
    client.force_login(ben)
    return client


def names(text: str) -> list[str]:
    return re.findall(r"data-row><bdi>(.*?)</bdi>", text)


@pytest.mark.parametrize("page", ["branches", "uploads"])
def test_strangers_find_nothing(client: Client, project: Project, cleo: User, page: str) -> None:
    assert client.get(f"{ROOT}/{page}").status_code == 404
    client.force_login(cleo)
    assert client.get(f"{ROOT}/{page}").status_code == 404
    Project.objects.update(is_public=True)
    assert client.get(f"{ROOT}/{page}").status_code == 200


@pytest.mark.parametrize("page", ["branches", "branches?part=rows&q=x", "uploads", "uploads?part=rows"])
def test_pages_are_cheap(
    member: Client, job: Job, page: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(4):
        turn(job.send(lcov({"a.c": {1: number}}), commit=sha(number + 1), branch=f"x{number}"))
    member.get(f"{ROOT}/uploads")

    with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[attr-defined]
        assert member.get(f"{ROOT}/{page}").status_code == 200


def test_branches_are_compared_with_the_default(member: Client, job: Job) -> None:
    turn(job.send(lcov({"a.c": {1: 1, 2: 0}}), commit=sha(1), branch="main"))
    turn(job.send(lcov({"a.c": {1: 1, 2: 1}}), commit=sha(2), branch=NASTY))

    text = member.get(f"{ROOT}/branches").content.decode()

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert f"{ROOT}/branch/feature/%3Cscript%3Ealert%281%29%3C/script%3E%23%3F%25%20%E2%80%AE%2B%26x" in text
    assert "+50.0 pp" in text
    assert "this is the default branch" in text
    assert member.get(f"{ROOT}/branches?q=MAI&part=rows").content.decode().count("data-row") == 1
    assert "No git branch matches" in member.get(f"{ROOT}/branches?q=nothing").content.decode()


@pytest.fixture
def patched(stock: Stock) -> Stock:
    """Two git branches that left main a commit ago, one of which was compared; one from nowhere, one without a report."""
    base = stock.report({"a.c": lines(1, 1, 1, 0)}, sources={"a.c": "a\nb\nc\nd\n"})
    stock.report({"a.c": lines(1, 1, 1, 1)}, parent=base.sha, sources={"a.c": "a\nb\nc\nd\n"})
    head = stock.report(
        {"a.c": lines(1, 0, 0, 0, 2, None)},
        "x",
        parent=base.sha,
        sources={"a.c": "a\nb\nnew\nd\nlast\n# end\n"},
    )
    stock.report({"a.c": lines(0)}, "y", parent=base.sha, sources={"a.c": "a\n"})
    stock.report({"a.c": lines(1)}, "z", parent="f" * 40)
    stock.commit("empty")
    roots = [CommitReport.objects.get(commit=commit).root for commit in (base, head)]
    comparisons.make(project_id=stock.project.pk, base_root=roots[0], head_root=roots[1], head_commit=head.pk)
    return stock


def cells(text: str, name: str) -> list[str]:
    """Return the cells of the row of a git branch as plain text."""
    row = re.search(rf"<tr>(?:(?!</tr>).)*data-row><bdi>{name}</bdi>.*?</tr>", text, re.DOTALL)
    assert row
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
        for cell in re.findall(r"<td.*?</td>", row[0], re.DOTALL)
    ]


def test_branches_show_their_patch_and_how_far_they_are(
    member: Client, patched: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons.app, "send_task", lambda *_, **__: None)
    text = member.get(f"{ROOT}/branches").content.decode()

    assert cells(text, "x")[3:5] == [
        "50.0 % 1 / 2 lines 3 changed, 2 measured, 1 covered",
        "1 ahead, 1 behind",
    ]
    assert f'href="{ROOT}/compare?head=x"' in text
    assert "along first parents only: a merge counts as one commit" in text
    assert cells(text, "y")[3] == "- not compared yet: look again in a moment"
    assert cells(text, "z")[4] == "- not all commits between it and main are known"
    assert cells(text, "empty")[3:5] == ["- no report yet"] * 2
    assert cells(text, "main")[3:5] == ["- this is the default branch"] * 2
    page = member.get(f"{ROOT}/compare?head=x").content.decode()
    assert "1 of 2</span> measured new lines ran" in page
    assert "3 new or changed lines" in page


def test_two_hundred_branches_keep_the_budget_of_a_list(
    member: Client,
    patched: Stock,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    monkeypatch.setattr(comparisons.app, "send_task", lambda *_, **__: None)
    head = Branch.objects.get(name="x").head
    names = [f"feature/team-{n % 7}/a-rather-long-name-of-a-branch-{n}" for n in range(200)]
    Branch.objects.bulk_create(Branch(project=patched.project, name=name, head=head) for name in names)
    address, pages = f"{ROOT}/branches", 0

    while address:
        with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[attr-defined]
            page = member.get(address).content
        assert len(gzip.compress(page, 6)) <= 20_000
        assert len(re.findall(rb"<[a-z]", page)) <= 3000
        following = re.search(rb'href="(\?after=[^"]+)" rel="next"', page)
        address, pages = f"{ROOT}/branches{following[1].decode()}" if following else "", pages + 1
    assert pages == 5


def test_an_empty_project_says_what_would_be_here(member: Client) -> None:
    assert "No git branches yet" in member.get(f"{ROOT}/branches").content.decode()
    assert "No uploads yet" in member.get(f"{ROOT}/uploads").content.decode()
    assert "No upload failed" in member.get(f"{ROOT}/uploads?state=failed").content.decode()


def test_uploads_say_how_far_they_are_and_why_not(member: Client, job: Job) -> None:
    turn(job.send(lcov({"a.c": {1: 1, 2: 0}}), commit=sha(1), name="<i>unit</i>"))
    turn(job.send(b"\x7fELF no report at all", commit=sha(2), name="broken"))

    text = member.get(f"{ROOT}/uploads").content.decode()

    # A test is one transaction, in which all uploads arrive at the same time: their order is open.
    assert sorted(names(text)) == ["&lt;i&gt;unit&lt;/i&gt;", "broken"]
    assert "50.0 %" in text
    assert "data-poll" not in text
    assert names(member.get(f"{ROOT}/uploads?state=failed").content.decode()) == ["broken"]
    assert names(member.get(f"{ROOT}/uploads?state=processed").content.decode()) == [
        "&lt;i&gt;unit&lt;/i&gt;"
    ]
    assert "Ignored: state=odd" in member.get(f"{ROOT}/uploads?state=odd").content.decode()


def test_unfinished_work_is_followed_with_the_same_filter(member: Client, job: Job) -> None:
    job.send(lcov({"a.c": {1: 1}}))

    text = member.get(f"{ROOT}/uploads?state=received").content.decode()

    assert f'data-poll="{ROOT}/uploads?state=received&amp;part=rows"' in text


def test_a_long_list_goes_on(member: Client, job: Job, project: Project) -> None:
    first = job.send(lcov({"a.c": {1: 1}}))
    rows = [
        Upload(
            project=project, commit=first.commit, branch=first.branch, name=f"n{n}", identity=bytes([n] * 32)
        )
        for n in range(60)
    ]
    Upload.objects.bulk_create(rows)

    text = member.get(f"{ROOT}/uploads").content.decode()
    following = re.search(r'href="(\?after=[^"]+)" rel="next"', text)
    assert following
    rest = member.get(f"{ROOT}/uploads{following.group(1)}").content.decode()

    assert len(names(text)) == 40
    assert len(names(rest)) == 21
    assert not set(names(text)) & set(names(rest))
