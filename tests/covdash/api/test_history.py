"""Trends, git branches and uploads through the API, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.reports import comparisons
from covdash.reports.models import CommitReport, Upload
from covdash.reports.queries import branches, commits, projects, uploads
from tests.covdash.reports.stock import Stock, lines, rich

ROOT = "/api/v1/projects/acme/platform/shop"


@pytest.fixture
def reader(client: Client, ada: User) -> Client:
    """Ada, signed in."""
    client.force_login(ada)
    return client


def test_a_trend(stock: Stock, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    first = stock.report({"src/a.py": rich()})
    stock.report({"src/a.py": rich()})
    third = stock.report({"src/a.py": lines(1, 1, 1)}, flags=["unit"])
    with django_assert_max_num_queries(6):
        found = reader.get(f"{ROOT}/trend").json()

    assert (found["branch"], found["path"], found["flag"]) == ("main", "", "")
    assert [(point["sha"], point["at"]) for point in found["points"]] == [
        (first.sha, "2026-01-05T13:00:00Z"),
        (third.sha, "2026-01-05T15:00:00Z"),
    ]
    assert found["points"][0]["totals"]["branches"] == {"covered": 2, "total": 4}
    assert found["points"][1]["totals"] == {"lines": {"covered": 3, "total": 3}}
    only = reader.get(f"{ROOT}/trend?metric=lines&branch=main&path=src/a.py").json()
    assert [point["totals"] for point in only["points"]] == [
        {"lines": {"covered": 2, "total": 3}},
        {"lines": {"covered": 3, "total": 3}},
    ]
    assert reader.get(f"{ROOT}/trend?path=src").json()["path"] == "src/"
    assert len(reader.get(f"{ROOT}/trend?flag=unit").json()["points"]) == 1
    assert reader.get(f"{ROOT}/trend?path=nothing").json()["points"] == []


def test_a_window_of_a_trend(stock: Stock, reader: Client) -> None:
    """A date alone means the whole day, at both ends."""
    stock.report({"a.py": lines(1, 0)})
    stock.report({"a.py": lines(1, 1)})

    def times(query: str) -> list[str]:
        return [point["at"] for point in reader.get(f"{ROOT}/trend?{query}").json()["points"]]

    both = ["2026-01-05T13:00:00Z", "2026-01-05T14:00:00Z"]
    assert times("from=2026-01-05&to=2026-01-05") == both
    assert times("to=2026-01-05T13:30:00Z") == both[:1]
    assert times("from=2026-01-05T13:30:00%2B00:00") == ["2026-01-05T13:30:00Z", both[1]]
    assert times("from=2026-01-06") == ["2026-01-06T00:00:00Z"]
    assert times("to=2026-01-04") == []


def test_uploads(stock: Stock, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    commit = stock.report({"a.py": lines(1, 0)}, flags=["unit"])
    Upload.objects.update(
        outcomes=[
            {"name": "x.xml", "state": "failed", "code": "truncated", "message": "Ends.", "where": "byte 4"}
        ],
        paths={"matched": 3, "unmatched_count": 1},
    )
    stock.upload(commit, {}, state="failed")
    with django_assert_max_num_queries(5):
        found = reader.get(f"{ROOT}/uploads?state=processed&commit={commit.sha}").json()

    (upload,) = found["items"]
    assert (upload["commit"], upload["branch"], upload["flags"]) == (commit.sha, "main", ["unit"])
    assert (upload["state"], upload["totals"]) == ("processed", {"lines": {"covered": 1, "total": 2}})
    assert upload["outcomes"][0]["where"] == "byte 4"
    assert upload["paths"] == {"matched": 3, "rewritten": 0, "ambiguous": 0, "unmatched": 1, "ignored": 0}
    assert reader.get(f"{ROOT}/uploads/{upload['id']}").json() == upload
    assert len(reader.get(f"{ROOT}/uploads").json()["items"]) == 2


def test_uploads_of_some_days(stock: Stock, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both days are included, to their last moment; the next page keeps them."""
    monkeypatch.setattr(uploads, "PAGE", 1)
    commit = stock.commit()
    came = {}
    for at in ("2026-03-01T23:59:59.999", "2026-03-02T00:00", "2026-03-03T23:59:59.999", "2026-03-04T00:00"):
        upload = stock.upload(commit, {"a.py": lines(1)})
        Upload.objects.filter(pk=upload.pk).update(received_at=f"{at}Z")
        came[str(upload.pk)] = at[:10]

    def days(query: str) -> list[str]:
        following, found = f"{ROOT}/uploads?{query}", []
        while following:
            answer = reader.get(following).json()
            found += [came[item["id"]] for item in answer["items"]]
            following = answer["next"]
        return found

    assert days("from=2026-03-02&to=2026-03-03") == ["2026-03-03", "2026-03-02"]
    assert days("from=2026-03-03&state=processed") == ["2026-03-04", "2026-03-03"]
    assert days("to=2026-03-01") == ["2026-03-01"]
    assert days("from=2026-03-04&to=2026-03-01") == []
    assert len(days("from=0001-01-01&to=9999-12-31")) == len(days("from=&to=")) == 4


@pytest.mark.parametrize("word", ["from", "to"])
@pytest.mark.parametrize("said", ["yesterday", "2026-02-30", "2026-03-01T12:00", "2026"])
def test_what_is_no_day_is_refused(stock: Stock, reader: Client, word: str, said: str) -> None:
    answer = reader.get(f"{ROOT}/uploads?{word}={said}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (400, "bad_time", word)
    assert error["message"].endswith(" is no day.")
    assert error["hint"] == "2026-08-21, a day in UTC"


def test_branches(stock: Stock, reader: Client) -> None:
    stock.report({"a.py": lines(1, 0)})
    side = stock.report({"a.py": lines(1, 1)}, "feature/a b")

    found = reader.get(f"{ROOT}/branches").json()["items"]

    assert [(branch["name"], branch["default"], branch["commits"]) for branch in found] == [
        ("main", True, 1),
        ("feature/a b", False, 1),
    ]
    assert (found[1]["head"]["sha"], found[1]["totals"]) == (side.sha, {"lines": {"covered": 2, "total": 2}})
    assert [b["name"] for b in reader.get(f"{ROOT}/branches?q=FEAT").json()["items"]] == ["feature/a b"]


def test_branches_tell_how_far_they_are_from_the_default_one(
    stock: Stock, reader: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(comparisons.app, "send_task", lambda *_, **__: None)
    base = stock.report({"a.py": lines(1, 0)}, sources={"a.py": "a\nb\n"})
    stock.report({"a.py": lines(1, 0)}, parent=base.sha, sources={"a.py": "a\nb\n"})
    side = stock.report({"a.py": lines(1, 0, 1, 0)}, "x", parent=base.sha, sources={"a.py": "a\nb\nc\nd\n"})
    stock.commit("empty")

    def found() -> dict[str, Any]:
        with django_assert_max_num_queries(2 + 2 + 2):
            return {item["name"]: item for item in reader.get(f"{ROOT}/branches").json()["items"]}

    first = found()
    assert (first["x"]["patch"], first["x"]["ahead"], first["x"]["behind"]) == (None, 1, 1)
    assert first["x"]["unknown"] == {"patch": "not_compared"}
    assert first["main"]["unknown"] == {"patch": "default", "ahead": "default", "behind": "default"}
    assert first["empty"]["unknown"] == dict.fromkeys(("patch", "ahead", "behind"), "no_report")
    roots = [CommitReport.objects.get(commit=commit).root for commit in (base, side)]
    comparisons.make(project_id=stock.project.pk, base_root=roots[0], head_root=roots[1], head_commit=side.pk)
    assert found()["x"]["patch"] == {
        "base": base.sha,
        "changed": 2,
        "measured": 2,
        "covered": 1,
        "partial": 0,
        "files_not_compared": 0,
    }


def test_following_next_reads_every_page(
    stock: Stock, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        stock.report({"a.py": lines(1, 0)}, f"b/{n}")
        stock.report({"a.py": lines(1, 1)}, "main")
    for query in (branches, commits, projects, uploads):
        monkeypatch.setattr(query, "PAGE", 2)

    for address, total in (
        (f"{ROOT}/branches?q=b/", 5),
        (f"{ROOT}/commits?branch=main", 5),
        (f"{ROOT}/uploads", 10),
    ):
        seen: list[object] = []
        following: str | None = address
        while following:
            found = reader.get(following).json()
            assert 1 <= len(found["items"]) <= 2
            seen += [item for item in found["items"] if item not in seen]
            following = found["next"]
        assert len(seen) == total, address


def test_a_trend_by_period(
    stock: Stock, reader: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """With a grain every report is told, or the last of each period, and not only the changes."""
    for day, hits in ((5, (1, 0)), (5, (1, 0)), (7, (1, 1)), (14, (1, 1))):
        stock.report(
            {"src/a.py": lines(*hits)}, at=datetime(2026, 1, day, 12, stock.made, tzinfo=UTC), flags=["unit"]
        )

    def covered(query: str) -> list[int]:
        points = reader.get(f"{ROOT}/trend?metric=lines&{query}").json()["points"]
        return [point["totals"]["lines"]["covered"] for point in points]

    with django_assert_max_num_queries(6):
        assert covered("grain=commit") == [1, 1, 2, 2]
    assert covered("grain=day&flag=unit") == [1, 2, 2]
    assert covered("grain=week&path=src") == [2, 2]
    assert covered("grain=month&to=2026-01-06") == [1]
    assert reader.get(f"{ROOT}/trend?grain=year").json()["error"]["code"] == "bad_grain"
    assert reader.get(f"{ROOT}/trend?grain=day&component=x").json()["error"]["code"] == "unknown_component"
