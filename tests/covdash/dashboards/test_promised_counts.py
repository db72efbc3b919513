"""A count that is a door leads to as many rows, over all pages: how the crawl of `tests/reliability` holds a running covdash to it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from urllib.parse import urljoin

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines
from tests.reliability.crawl import Links

PLACE = Place("acme/platform/shop")


def rows_behind(client: Client, address: str) -> int:
    """Return how many rows a list has on all of its pages."""
    rows = 0
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        page = Links()
        page.feed(answer.content.decode())
        rows += page.rows or 0
        address = urljoin(address, page.next) if page.next else ""
    return rows


def doors(client: Client, address: str, to: str) -> list[tuple[str, int]]:
    """Return the (address, count) of the counted links of a page that lead to `to`."""
    page = Links()
    page.feed(client.get(address).content.decode())
    return [(href, int(count)) for href, count in page.found if count is not None and to in href]


def upload_at(stock: Stock, days: int, number: int = 1, **columns: object) -> list[Upload]:
    """Failed uploads that came at the first moment of a day, so many days ago, in UTC."""
    commit = stock.commit()
    made = [stock.upload(commit, {}, state="failed") for _ in range(number)]
    at = datetime.combine(timezone.now().date() - timedelta(days=days), time.min, UTC)
    Upload.objects.filter(pk__in=[one.pk for one in made]).update(received_at=at, **columns)
    return made


@pytest.fixture
def failures(stock: Stock) -> Stock:
    """62 uploads failed within seven days and are nobody's past; others are older, replaced, left out, deleted, or came through."""
    stock.report({"a.py": lines(1, 0)}, at=timezone.now() - timedelta(days=20))
    newer = Upload.objects.get()
    head = stock.report({"a.py": lines(1, 1)}, at=timezone.now() - timedelta(days=3))
    upload_at(stock, 0)
    upload_at(stock, 1, 60)
    upload_at(stock, 6)
    upload_at(stock, 7)
    upload_at(stock, 40)
    upload_at(stock, 2, superseded_by=newer)
    upload_at(stock, 2, excluded_at=timezone.now())
    upload_at(stock, 2, deleted_at=timezone.now())
    upload_at(stock, 2, state="processed")
    stock.upload(head, {}, state="received")
    return stock


@pytest.mark.parametrize("page", ["/", "/?part=rows", "/o/acme/"])
def test_failed_uploads_of_the_projects_list(failures: Stock, ada: User, client: Client, page: str) -> None:
    client.force_login(ada)

    (door,) = doors(client, page, "/uploads")

    assert door == (
        PLACE.uploads(state="failed", from_=f"{timezone.now().date() - timedelta(days=6)}"),
        62,
    )
    assert rows_behind(client, door[0]) == 62
    table = client.get(door[0].replace("/uploads?", "/uploads.csv?"))
    assert b"".join(table.streaming_content).count(b"\n") == 1 + 62  # type: ignore[attr-defined]
    assert client.get("/api/v1/projects").json()["items"][0]["failed_uploads"] == 62


def test_failed_uploads_of_a_review(failures: Stock, ada: User, client: Client) -> None:
    """Both ends of its period count: its last day is in it, the day it begins after is not."""
    client.force_login(ada)
    until = timezone.now().date() - timedelta(days=1)
    Upload.objects.filter(received_at__date=until - timedelta(days=6)).update(
        received_at=F("received_at") - timedelta(microseconds=1)
    )

    (door,) = doors(client, PLACE.review(until=f"{until}", weeks=1), "/uploads")

    assert (
        door[1] == 61
    )  # sixty yesterday and one five days before; that of seven days ago came a moment too early
    assert rows_behind(client, door[0]) == 61


@pytest.mark.parametrize("state", ["failed", "superseded", "excluded"])
def test_an_upload_is_listed_under_the_word_it_shows(
    failures: Stock, ada: User, client: Client, state: str
) -> None:
    client.force_login(ada)
    word = {"failed": "failed", "superseded": "replaced", "excluded": "left out"}[state]

    page = client.get(PLACE.uploads(state=state)).content.decode()

    rows = page.count("data-row>")
    assert rows == {"failed": 40, "superseded": 1, "excluded": 1}[state]
    body = page[page.index("<tbody>") :]
    assert body.count(f"</svg>{word}</span>") == rows


def test_days_are_named_kept_and_left(failures: Stock, ada: User, client: Client) -> None:
    client.force_login(ada)
    text = client.get(PLACE.uploads(from_="2020-02-01", to="2020-02-29", state="failed")).content.decode()

    assert "Received from 2020-02-01 to 2020-02-29, in UTC." in text
    assert "No upload of these days is in this state." in text
    assert f'href="{PLACE.uploads(state="failed")}"' in text
    kept = PLACE.uploads(state="processed", from_="2020-02-01", to="2020-02-29").replace("&", "&amp;")
    assert f'href="{kept}"' in text
    nonsense = client.get(PLACE.uploads(from_="0001-01-01", to="soon")).content.decode()
    assert "Ignored: from=0001-01-01, to=soon" in nonsense
    assert "Received from" not in nonsense
