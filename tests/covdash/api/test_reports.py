"""The API says the same as the pages: totals by metric, state, per flag, directories, lines and arms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects.models import Commit
from covdash.projects.registry import create_project
from covdash.reports.loading import nodes
from covdash.reports.models import Upload
from covdash.sources.models import SourceObject
from tests.covdash.reports.stock import Stock, lines, rich

ROOT = "/api/v1/projects/acme/platform/shop"
FILES = {"src/a.py": rich(), "src/deep/b c#?.py": lines(0, 4), "top.py": lines(1, counted=False)}


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    """Ada, signed in."""
    client.force_login(ada)
    return client


@pytest.fixture
def commit(stock: Stock) -> Commit:
    """A commit with `FILES` under the flag `unit`, and a file without a report."""
    commit = stock.commit()
    stock.upload(commit, FILES, flags=["unit"], sources={"src/a.py": "one\ntwo\nthree\n", "src/new.py": "x"})
    stock.upload(commit, {"src/a.py": lines(1, 9, 0)}, flags=["e2e"])
    stock.assemble(commit)
    return commit


def test_a_commit(
    stock: Stock, commit: Commit, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        answer = reader.get(f"{ROOT}/commits/{commit.sha[:8]}")

    found = answer.json()
    assert found["commit"] == {
        "sha": commit.sha,
        "parent": "",
        "title": "Change 1",
        "author": "Ada",
        "committed_at": "2026-01-05T13:00:00Z",
        "branches": ["main"],
    }
    assert (found["state"], found["flag"], found["before"]) == ("complete", "", None)
    assert found["totals"] == {
        "lines": {"covered": 5, "total": 6},
        "branches": {"covered": 2, "total": 4},
        "functions": {"covered": 1, "total": 2},
    }
    assert found["files"] == {"measured": 3, "needs_sources": 0, "unmeasured": 1}
    assert found["uploads"] == {"processed": 2, "failed": 0, "waiting": 0, "superseded": 0}
    assert {flag["name"]: flag["totals"]["lines"] for flag in found["flags"]} == {
        "e2e": {"covered": 2, "total": 3},
        "unit": {"covered": 4, "total": 6},
    }
    unit = reader.get(f"{ROOT}/commits/{commit.sha}?flag=unit").json()
    assert unit["totals"]["lines"] == {"covered": 4, "total": 6}
    assert unit["root"] != found["root"]


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ((), "empty"),
        (("failed",), "failed"),
        (("received", "failed"), "waiting"),
        (("processing",), "waiting"),
    ],
)
def test_a_commit_without_a_report_says_why(
    states: tuple[str, ...], state: str, stock: Stock, reader: Client
) -> None:
    commit = stock.commit()
    for upload in states:
        stock.upload(commit, {}, state=upload)

    found = reader.get(f"{ROOT}/commits/{commit.sha}").json()

    assert (found["state"], found["totals"], found["root"]) == (state, None, None)
    assert reader.get(f"{ROOT}/commits/{commit.sha}/tree").json()["error"]["code"] == "no_report"


def test_a_report_that_is_still_assembled(stock: Stock, commit: Commit, reader: Client) -> None:
    stock.upload(commit, {}, state="received")

    assert reader.get(f"{ROOT}/commits/{commit.sha}").json()["state"] == "collecting"


def test_commits_are_listed_with_what_they_are_compared_with(
    stock: Stock, commit: Commit, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    later = stock.report({"src/a.py": lines(1, 1, 1)})
    with django_assert_max_num_queries(6):
        found = reader.get(f"{ROOT}/commits?branch=main").json()

    assert [row["commit"]["sha"] for row in found["items"]] == [later.sha, commit.sha]
    assert found["items"][0]["before"]["sha"] == commit.sha
    assert found["items"][0]["before"]["totals"]["lines"] == {"covered": 5, "total": 6}
    assert found["next"] is None
    assert reader.get(f"{ROOT}/commits?branch=nowhere").json()["items"] == []


def test_a_directory(
    commit: Commit, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    nodes.clear()
    with django_assert_max_num_queries(8):
        found = reader.get(f"{ROOT}/commits/{commit.sha}/tree?path=src").json()

    assert (found["path"], found["commit"], found["flag"]) == ("src/", commit.sha, "")
    assert found["totals"]["lines"] == {"covered": 4, "total": 5}
    entries = [(entry["path"], entry["type"], entry["measured"]) for entry in found["entries"]]
    assert entries == [
        ("src/deep/", "directory", True),
        ("src/a.py", "file", True),
        ("src/new.py", "file", False),
    ]
    assert found["entries"][1]["totals"]["branches"] == {"covered": 2, "total": 4}
    root = reader.get(f"{ROOT}/commits/{commit.sha}/tree").json()
    assert [entry["name"] for entry in root["entries"]] == ["src", "top.py"]
    flagged = reader.get(f"{ROOT}/commits/{commit.sha}/tree?flag=e2e").json()
    assert flagged["totals"] == {"lines": {"covered": 2, "total": 3}}


def test_a_file(
    commit: Commit, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    nodes.clear()
    with django_assert_max_num_queries(10):
        cold = reader.get(f"{ROOT}/commits/{commit.sha}/files/src/a.py").json()
    with django_assert_max_num_queries(8):
        found = reader.get(f"{ROOT}/commits/{commit.sha}/files/src/a.py").json()

    assert found == cold
    assert found == {
        "path": "src/a.py",
        "commit": commit.sha,
        "flag": "",
        "flags": [],
        "totals": {
            "lines": {"covered": 3, "total": 3},
            "branches": {"covered": 2, "total": 4},
            "functions": {"covered": 1, "total": 2},
        },
        "lines": {"1": 7, "2": 9, "3": 2},
        "partial": [1, 3],
        "branches": {
            "1": {
                "covered": 1,
                "total": 2,
                "arms": [
                    {"key": "0,0", "name": "arm 0 of block 0", "hits": 5},
                    {"key": "0,1", "name": "arm 1 of block 0", "hits": 0},
                ],
            },
            "3": {"covered": 1, "total": 2, "arms": [{"key": "0,0", "name": "arm 0 of block 0", "hits": 2}]},
        },
        "functions": [
            {"name": "main", "start": 1, "end": 2, "hits": 7},
            {"name": "<unused>", "start": 3, "end": 3, "hits": 0},
        ],
        "measured": True,
        "counted": True,
        "exact": True,
        "needs_sources": False,
        "has_source": True,
    }
    unit = reader.get(f"{ROOT}/commits/{commit.sha}/files/src/a.py?flag=unit").json()
    assert unit["lines"] == {"1": 7, "2": 0, "3": 2}


def test_names_from_uploads_survive_the_address(stock: Stock, reader: Client) -> None:
    nasty = [
        "a b", "100%.py", "q?.py", "h#.py", "plus+.py", "<script>.py", "línea/ü.py", "a&b=c;d", "é/-/x", "\u202eabc", "co\nmma",
        "files/commits/x",
    ]  # fmt: skip
    commit = stock.report({path: lines(1, 0) for path in nasty})

    for path in nasty:
        address = "".join(f"%{byte:02X}" if chr(byte) not in "/-" else chr(byte) for byte in path.encode())
        found = reader.get(f"{ROOT}/-/commits/{commit.sha}/files/{address}").json()
        assert (found.get("path"), found.get("lines")) == (path, {"1": 1, "2": 0})


def test_a_file_that_no_report_mentions(commit: Commit, reader: Client) -> None:
    found = reader.get(f"{ROOT}/commits/{commit.sha}/files/src/new.py").json()

    assert (found["measured"], found["has_source"], found["totals"], found["lines"]) == (False, True, {}, {})
    assert not found["needs_sources"]
    assert SourceObject.objects.count() == 2


@pytest.mark.parametrize(
    ("rest", "code", "field"),
    [
        ("commits/00000000", "unknown_commit", "sha"),
        ("commits/{sha}?flag=nope", "unknown_flag", "flag"),
        ("commits/{sha}/tree?path=nope", "unknown_directory", "path"),
        ("commits/{sha}/tree?path=top.py", "unknown_directory", "path"),
        ("commits/{sha}/tree?flag=nope", "unknown_flag", "flag"),
        ("commits/{sha}/files/src", "unknown_file", "path"),
        ("commits/{sha}/files/nope.py", "unknown_file", "path"),
        ("trend?branch=nope", "unknown_branch", "branch"),
        ("uploads?commit=00000000", "unknown_commit", "sha"),
        ("uploads/8c7b6a50-0000-4000-8000-000000000000", "unknown_upload", "upload_id"),
        ("nothing", "not_found", None),
        ("commits/xyz", "not_found", None),
    ],
)
def test_what_is_not_there_is_said(
    rest: str, code: str, field: str | None, commit: Commit, reader: Client
) -> None:
    answer = reader.get(f"{ROOT}/{rest.format(sha=commit.sha)}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("field")) == (404, code, field)
    assert error["message"].endswith(".")


def test_a_flag_that_says_nothing_of_a_place(stock: Stock, commit: Commit, reader: Client) -> None:
    """It is empty, or not measured, as long as the commit has the place; a tag does not outlive that."""
    at = f"{ROOT}/commits/{commit.sha}"
    answers = {
        address: tagged(reader, address)
        for address in (f"{at}/tree?flag=e2e&path=src/deep", f"{at}/files/src/deep/b%20c%23%3F.py?flag=e2e")
    }
    directory, file = (answer.json() for answer in answers.values())

    assert (directory["path"], directory["flag"]) == ("src/deep/", "e2e")
    assert (directory["entries"], directory["totals"], directory["unplaced"]) == ([], {}, None)
    assert directory["files"] == {"measured": 0, "needs_sources": 0, "unmeasured": 0}
    assert (file["path"], file["flag"], file["measured"], file["exact"]) == (
        "src/deep/b c#?.py", "e2e", False, False,
    )  # fmt: skip
    assert (file["lines"], file["totals"]) == ({}, {})
    assert reader.get(f"{at}/files/src/a.py?flag=e2e").json()["measured"]
    for address, answer in answers.items():
        assert tagged(reader, address, answer["ETag"]).status_code == 304

    Upload.objects.filter(commit=commit, flags=["unit"]).update(state="failed")
    stock.assemble(commit)

    for address, answer in answers.items():
        assert tagged(reader, address, answer["ETag"]).status_code == 404


@pytest.mark.parametrize(
    ("rest", "code", "field"),
    [
        ("trend?metric=line", "bad_metric", "metric"),
        ("trend?from=yesterday", "bad_time", "from"),
        ("trend?to=2026-13-01", "bad_time", "to"),
        ("uploads?state=done", "bad_state", "state"),
        ("commits?after=zzz", "bad_cursor", "after"),
        ("branches?after=%7B%7D", "bad_cursor", "after"),
    ],
)
def test_what_makes_no_sense_is_refused(
    rest: str, code: str, field: str, commit: Commit, reader: Client
) -> None:
    answer = reader.get(f"{ROOT}/{rest}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (400, code, field)


def tagged(reader: Client, address: str, tag: str = "") -> Any:
    """GET with `If-None-Match`."""
    return reader.get(address, headers={"If-None-Match": tag} if tag else {})


def test_an_answer_that_did_not_change_is_not_sent_again(
    stock: Stock, commit: Commit, reader: Client
) -> None:
    addresses = [
        f"{ROOT}/{rest}"
        for rest in (
            "",
            "commits",
            f"commits/{commit.sha}",
            f"commits/{commit.sha}/tree",
            "trend",
            "branches",
            "uploads",
        )
    ]
    addresses.append(f"{ROOT}/commits/{commit.sha}/files/src/a.py")
    tags = {address: tagged(reader, address)["ETag"] for address in addresses}
    for address, tag in tags.items():
        again = tagged(reader, address, tag)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert again["Cache-Control"] == "private, no-cache"
        assert tagged(reader, address, f'"other", W/{tag}').status_code == 304
        assert tagged(reader, address, '"other"').status_code == 200

    stock.upload(commit, {"src/a.py": lines(1, 1, 1)})
    stock.assemble(commit)
    stock.report({"src/a.py": lines(1, 1, 1)})

    for address, tag in tags.items():
        assert tagged(reader, address, tag).status_code == 200, address


def test_slugs_may_look_like_verbs(ada: User, client: Client) -> None:
    """The slug ends at the first known address, and always at a lone `-`."""
    client.force_login(ada)
    made = {}
    for slug in ("acme", "acme/commits", "acme/commits/tree", "trend", "acme/-x-"):
        stock = Stock(create_project(slug=slug, owner=ada))
        made[slug] = stock.report({"a.py": lines(1)}, f"of/{slug}").sha
        for address in (f"/api/v1/projects/{slug}/-/branches", f"/api/v1/projects/{slug}/branches"):
            assert [b["name"] for b in client.get(address).json()["items"]] == [f"of/{slug}"], address
        assert client.get(f"/api/v1/projects/{slug}/-/").json()["slug"] == slug
        assert (
            client.get(f"/api/v1/projects/{slug}/-/commits").json()["items"][0]["commit"]["sha"] == made[slug]
        )
        assert client.get(f"/api/v1/projects/{slug}/commits/{made[slug]}/tree").json()["path"] == ""
    assert client.get("/api/v1/projects/acme/commits").json()["items"][0]["commit"]["sha"] == made["acme"]
