"""Each answer carries the id of its request, which stands in the lines of the log, too; the page of a failure shows it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client

from covdash.dashboards.views import help as help_views
from covdash.logs import REQUEST, Json, Line


@pytest.fixture(params=[Json(), Line("%(message)s")], ids=["json", "line"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged, in both styles."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of a house whose help page breaks."""

    def fail(*_: object) -> HttpResponse:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(help_views, "render", fail)
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/help", "/nowhere", "/healthz", "/api/v1/nowhere", "/%00"])
def test_every_answer_has_its_own(client: Client, path: str) -> None:
    first, second = (client.get(path)["X-Request-ID"] for _ in range(2))

    assert len(first) == 12
    assert first != second
    assert REQUEST.get() == ""


@pytest.mark.django_db
def test_a_failure_names_the_line_of_the_log(broken: Client, log: io.StringIO) -> None:
    answer = broken.get("/help")

    number = answer["X-Request-ID"]
    assert answer.status_code == 500
    assert f"<code>{number}</code>" in answer.content.decode()
    (line,) = [line for line in log.getvalue().splitlines() if "Internal Server Error: /help" in line]
    if line.startswith("{"):
        assert json.loads(line)["request_id"] == number
        assert "broken on purpose" in json.loads(line)["exception"]
    else:
        assert f"request_id={number}" in log.getvalue()


@pytest.mark.django_db
def test_what_a_view_logs_has_it_and_what_else_is_logged_has_not(
    client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(request: HttpRequest, *_: object) -> HttpResponse:
        logging.getLogger("covdash.test").warning("inside")
        return HttpResponse()

    monkeypatch.setattr(help_views, "render", told)
    number = client.get("/help")["X-Request-ID"]
    logging.getLogger("covdash.test").warning("outside")

    inside, outside = (
        next(line for line in log.getvalue().splitlines() if word in line) for word in ("inside", "outside")
    )
    assert number in inside
    assert "request_id" not in outside


@pytest.mark.django_db
def test_a_database_that_is_away_says_it_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> HttpResponse:
        raise OperationalError("gone")

    monkeypatch.setattr(help_views, "render", away)
    client.raise_request_exception = False
    answer = client.get("/help")

    assert answer.status_code == 503
    assert answer.content.decode().endswith(f"Request {answer['X-Request-ID']}\n")
