"""Health pages, and the answer when the database is away."""

from __future__ import annotations

import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from covdash import health


@pytest.mark.django_db
def test_ready_tells_this_machine_what_it_looked_at(client: Client) -> None:
    assert client.get("/readyz").json() == {
        "ready": True, "database": True, "schema": True, "objects": True, "broker": True,
    }  # fmt: skip


@pytest.mark.django_db
def test_ready_tells_strangers_nothing_else(client: Client) -> None:
    assert client.get("/readyz", REMOTE_ADDR="192.0.2.7").json() == {"ready": True}
    assert client.get("/readyz", headers={"X-Forwarded-For": "192.0.2.7"}).json() == {"ready": True}


def test_healthz_asks_no_service(client: Client) -> None:
    """Without the mark `django_db` any question to the database is an error."""
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_without_a_broker_it_is_degraded_and_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are safe without the broker; taking the server out of service would lose them."""
    monkeypatch.setattr(health, "broker_answers", lambda: False)
    answer = client.get("/readyz", REMOTE_ADDR="192.0.2.7")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "degraded": True})


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["database_answers", "schema_matches", "store_is_writable"])
def test_what_uploads_need_makes_it_unready(
    part: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, part, lambda: False)

    assert client.get("/readyz").status_code == 503


def after(error: Exception, path: str) -> HttpResponse:
    """Return the answer to a request whose view raised `error`."""

    def view(_request: HttpRequest) -> HttpResponse:
        raise error

    request = RequestFactory().get(path)
    request.resolver_match = None
    return convert_exception_to_response(view)(request)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("path", ["/api/v1/uploads", "/projects"])
def test_a_database_that_is_away_is_a_503_with_a_time(path: str, error: Exception) -> None:
    """Never a 500: clients send again after a 503."""
    answer = after(error, path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert (b'"code": "unavailable"' in answer.content) == path.startswith("/api/")


def test_any_other_failure_is_a_500_without_details() -> None:
    page = after(ValueError("a secret detail"), "/projects")
    api = after(ValueError("a secret detail"), "/api/v1/uploads")

    assert (page.status_code, api.status_code) == (500, 500)
    assert b"secret detail" not in page.content + api.content
