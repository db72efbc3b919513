"""The page of operators: closed to everybody else, it tells queue, times, causes and sizes, and nothing of a report."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client

from covdash import signs
from covdash.accounts.models import User
from covdash.audit.models import AuditEntry
from covdash.projects.models import Membership, Project
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines


def operator() -> User:
    return User.objects.create_superuser("olga", "olga@example.org")


def test_others_get_404(stock: Stock, ada: User, client: Client) -> None:
    assert client.get("/ops/").status_code == 404
    client.force_login(ada)
    assert client.get("/ops/").status_code == 404
    assert "/ops/" not in client.get("/").content.decode()


def test_parts_of_the_page_have_addresses(client: Client, ada: User) -> None:
    addresses = ("/ops/queue", "/ops/storage")
    assert {client.get(address).status_code for address in addresses} == {404}
    client.force_login(ada)
    assert {client.get(address).status_code for address in addresses} == {404}
    client.force_login(operator())
    for address in addresses:
        answer = client.get(address, follow=True)
        ((where, status),) = answer.redirect_chain
        assert status == 302
        assert where == f"/ops/#{address[5:]}"
        assert f'id="{address[5:]}"' in answer.content.decode()


def test_an_operator_sees_the_queue_and_what_failed(
    stock: Stock, client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    head = stock.commit()
    stock.upload(head, {"a.py": lines(1)})
    failed = stock.upload(head, {}, state="failed")
    waiting = stock.upload(head, {}, state="received")
    Upload.objects.filter(pk=failed.pk).update(error_code="truncated", received_at=Now())
    Upload.objects.filter(pk=waiting.pk).update(queued_at=Now() - timedelta(minutes=9))
    client.force_login(operator())

    monkeypatch.setattr(signs, "_said", -signs.ALIVE)
    cache.delete("workers")

    with django_assert_max_num_queries(12):
        text = client.get("/ops/").content.decode()

    assert "No worker is up, and the oldest upload waits for 9 min" in text
    signs.alive("celery@one")
    text = client.get("/ops/").content.decode()
    assert "The oldest upload waits for 9 min" in text
    assert "by celery@one; nothing was taken up today" in text
    assert "<code>truncated</code>" in text
    assert "The file ends in the middle." in text
    assert stock.project.slug in text
    assert "a.py" not in text


def test_a_cause_leads_to_the_last_upload_that_has_it(stock: Stock, client: Client) -> None:
    """Only where the operator may read the project, and never to an upload that was deleted."""
    olga = operator()
    head = stock.commit()
    outcomes = [{"name": "a", "state": "failed", "code": "truncated"}]
    older, last = (stock.upload(head, {"a.py": lines(n)}) for n in (1, 2))
    deleted = stock.upload(head, {}, state="failed")
    Upload.objects.filter(pk__in=(older.pk, last.pk)).update(outcomes=outcomes, received_at=Now())
    Upload.objects.filter(pk=older.pk).update(received_at=Now() - timedelta(hours=30))
    Upload.objects.filter(pk=deleted.pk).update(
        error_code="truncated", received_at=Now(), deleted_at=Now(), excluded_at=Now()
    )
    client.force_login(olga)
    door = f'<a href="/p/{stock.project.slug}/-/upload/{last.pk}">'

    text = client.get("/ops/").content.decode()
    assert door not in text
    assert f"<bdi>{stock.project.slug}</bdi>" in text
    Membership.objects.create(project=stock.project, user=olga, role=Membership.Role.MEMBER)

    text = client.get("/ops/").content.decode()
    assert door in text
    assert '<td class="number">1</td><td class="number">2</td>' in text, "the deleted one counts nowhere"
    assert client.get(f"/p/{stock.project.slug}/-/upload/{last.pk}").status_code == 200


def test_an_empty_installation_has_a_page(client: Client, db: None) -> None:
    client.force_login(operator())

    text = client.get("/ops/").content.decode()

    assert "nothing waits" in text
    assert "No failure" in text
    assert 'data-poll="/ops/?part=now"' in client.get("/ops/?part=now").content.decode()


def test_times_are_told_by_format(stock: Stock, client: Client) -> None:
    head = stock.commit()
    upload = stock.upload(head, {"a.py": lines(1)})
    Upload.objects.filter(pk=upload.pk).update(
        outcomes=[{"name": "a", "state": "parsed", "format": "lcov"}],
        received_at=Now(),
        started_at=Now() - timedelta(seconds=3),
        processed_at=Now(),
    )
    client.force_login(operator())

    assert "lcov</th>" in client.get("/ops/").content.decode()


def test_a_cause_is_read_again_by_an_operator_alone(stock: Stock, client: Client, ada: User) -> None:
    head = stock.commit()
    whole, part, other, old, gone = (stock.upload(head, {"a.py": lines(n)}) for n in range(5))
    recent = Upload.objects.filter(pk__in=[whole.pk, part.pk, other.pk, gone.pk])
    recent.update(received_at=Now())
    Upload.objects.filter(pk__in=[whole.pk, old.pk, gone.pk]).update(state="failed", error_code="truncated")
    Upload.objects.filter(pk=part.pk).update(outcomes=[{"name": "a", "state": "failed", "code": "truncated"}])
    Upload.objects.filter(pk=old.pk).update(received_at=Now() - timedelta(days=8))
    Upload.objects.filter(pk=gone.pk).update(deleted_at=Now(), excluded_at=Now())
    client.force_login(ada)
    assert client.post("/ops/again", {"code": "truncated"}).status_code == 404
    client.force_login(operator())
    assert client.get("/ops/again").status_code == 405

    text = client.post("/ops/again", {"code": "truncated"}, follow=True).content.decode()

    assert "2 uploads will be read again" in text
    assert set(Upload.objects.filter(state="received").values_list("pk", flat=True)) == {whole.pk, part.pk}
    deed = AuditEntry.objects.get(action="upload.reprocess_cause")
    assert (deed.project, deed.detail) == (stock.project, {"uploads": 2, "code": "truncated"})
    text = client.post("/ops/again", {"code": "truncated"}, follow=True).content.decode()
    assert "No upload of the last seven days failed for this cause" in text


def test_a_project_is_paused_and_says_so(stock: Stock, client: Client, ada: User) -> None:
    stock.report({"a.py": lines(1)})
    slug, root = stock.project.slug, f"/p/{stock.project.slug}/"
    client.force_login(ada)
    assert client.post("/ops/pause", {"slug": slug, "paused": "1"}).status_code == 404
    tag = client.get(root)["ETag"]
    olga = operator()
    client.force_login(olga)

    text = client.post("/ops/pause", {"slug": slug, "paused": "1"}, follow=True).content.decode()

    assert f"Uploads of {slug} are taken and wait." in text
    assert f'Resume<span class="visually-hidden"> {slug}</span>' in text
    again = client.post("/ops/pause", {"slug": slug, "paused": "1"}, follow=True).content.decode()
    assert f"Nothing changed: {slug} is paused already, or is gone." in again
    client.force_login(ada)
    page = client.get(root, headers={"If-None-Match": tag})
    assert "An operator lets the uploads of this project wait" in page.content.decode()
    client.force_login(olga)
    text = client.post("/ops/pause", {"slug": slug}, follow=True).content.decode()
    assert f"Uploads of {slug} are processed again." in text
    assert not Project.objects.filter(paused_at__isnull=False).exists()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "project.pause",
        "project.resume",
    ]


def test_slow_pages_are_named(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(operator())
    cache.delete(signs._today())
    assert "No page took a second or more." in client.get("/ops/").content.decode()
    monkeypatch.setattr(signs, "SLOW", 0.0)

    client.get("/")
    client.get("/")

    row = r"<code>projects</code></th><td class=\"number\">2</td>"
    assert re.search(row, client.get("/ops/").content.decode())
