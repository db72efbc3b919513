"""Logs carry no secrets, and what a stranger sends cannot forge an event."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from covdash.logs import HIDDEN, Json, Line

SECRETS = [
    "cvdu_whcmcC1Zsk25pZIFizXpLAjZQRpMY9T23stwkX",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWJ5dGVz",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "glpat-abcdefghijklmnopqrst",
    "Bearer abcdefghijklmnopqrstuvwxyz",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
]


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "covdash.test", "levelname": "INFO", "msg": message})
    made.__dict__.update(fields)
    return made


@pytest.mark.parametrize("style", [Line("%(message)s"), Json()])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_hidden(style: logging.Formatter, secret: str) -> None:
    """In the message and in a field, whoever wrote it."""
    line = style.format(record(f"before {secret} after", note=f"also {secret}"))

    assert secret.splitlines()[-1] not in line
    assert HIDDEN in line
    assert "before" in line


@pytest.mark.parametrize("style", [Line("%(message)s"), Json()])
def test_the_password_in_an_address_is_hidden(style: logging.Formatter) -> None:
    line = style.format(record("cannot reach postgresql://covdash:hush@db.example/name"))

    assert "hush" not in line
    assert "db.example" in line


@pytest.mark.parametrize("name", ["password", "access_token", "Authorization", "cookie", "client_secret"])
def test_a_field_with_a_telling_name_is_hidden(name: str) -> None:
    event = json.loads(Json().format(record("signed in", **{name: "plain words", "user": "ada"})))

    assert event[name] == HIDDEN
    assert event["user"] == "ada"


def test_a_line_break_stays_inside_its_event() -> None:
    """One event is one line of JSON, whatever a file or a branch is called."""
    line = Json().format(record("report", path='a\n{"level": "critical"}'))

    assert "\n" not in line
    assert json.loads(line)["path"] == 'a\n{"level": "critical"}'


def test_an_exception_is_told() -> None:
    try:
        int("cvdu_whcmcC1Zsk25pZIFizXpLAjZQRpMY9T23stwkX")
    except ValueError:
        line = Json().format(record("failed", exc_info=sys.exc_info()))

    assert "ValueError" in json.loads(line)["exception"]
    assert "cvdu_" not in line
