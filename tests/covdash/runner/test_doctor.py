"""`doctor` says what is wrong, and the way out; a sick installation ends with status 1."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from covdash import health
from covdash.runner import doctor
from covdash.runner.home import Home

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, settings: Any) -> Iterator[Home]:
    """An installation over outside services, as the test database is one, but with commits that wait for the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
    settings.EMBEDDED_POSTGRES = settings.EMBEDDED_VALKEY = False
    with tempfile.TemporaryDirectory(prefix="cvd-") as folder:
        Path(folder).chmod(0o711)
        settings.HOME = Home(Path(folder, "home"))
        settings.HOME.root.mkdir()
        yield settings.HOME


def wrong(home: Home) -> list[str]:
    return [finding.sentence for finding in doctor.examine(home) if finding.state == "wrong"]


def test_a_sound_installation(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong(home) == []
    call_command("doctor")
    assert "Everything is in order." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("part", "words"),
    [("broker_answers", "uploads are kept, but wait"), ("store_is_writable", "no upload is accepted")],
)
def test_a_service_that_is_away(
    part: str, words: str, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(health, part, lambda: False)
    assert [words in sentence for sentence in wrong(home)] == [True]

    with pytest.raises(SystemExit, match="1"):
        call_command("doctor")
    assert "1 thing to mend" in capsys.readouterr().out


def test_a_database_that_is_away(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "database_answers", lambda: False)

    assert [("does not answer" in sentence) for sentence in wrong(home)] == [True]


def test_a_schema_that_is_behind(home: Home) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    assert [
        ("lacks 1 migrations" in sentence and "manage.py migrate" in sentence) for sentence in wrong(home)
    ] == [True]


def test_commits_that_do_not_wait_for_the_disk(home: Home) -> None:
    """A 202 would be a promise without ground."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert [("synchronous_commit" in sentence) for sentence in wrong(home)] == [True]


def test_a_full_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage(home.root)
    usage = type(real)(100 * 1024**3, 98 * 1024**3, 2 * 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    assert [("make room" in sentence) for sentence in wrong(home)] == [True]


def test_a_wrong_configuration(home: Home, settings: Any) -> None:
    settings.COVDASH_TOKEN_PEPPERS = []

    assert [
        ("COVDASH_TOKEN_PEPPER is not set" in sentence and "covdash.E002" in sentence)
        for sentence in wrong(home)
    ] == [True]


def test_a_cluster_of_another_version(home: Home, settings: Any) -> None:
    settings.EMBEDDED_POSTGRES = True
    home.cluster.mkdir(parents=True)
    (home.cluster / "PG_VERSION").write_text("14\n")

    assert [("pg_upgrade" in sentence) for sentence in wrong(home)] == [True]
