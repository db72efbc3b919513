"""What is fine and what is wrong with an installation, in words. Each finding names the way out; nothing is changed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from covdash import health
from covdash.bootstrap import OLDEST, ROOT, RUN_LOCK, fresh
from covdash.checks import check_serving
from covdash.runner import account, ground, leftovers, postgres, valkey
from covdash.runner.home import Home

LITTLE_SPACE = 1024**3
LITTLE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: `state` is `fine`, `note` (nothing to do now) or `wrong`."""

    state: str
    sentence: str


def examine(home: Home) -> Iterator[Finding]:
    """Yield the findings, from the ground up."""
    yield _python()
    yield _packages()
    yield from _home(home)
    running = _running(home)
    if running:
        yield Finding("fine", f"covdash is running: {running}.")
    elif not (settings.EMBEDDED_POSTGRES or settings.EMBEDDED_VALKEY):
        yield Finding("fine", "Database and broker are outside services; web, worker and beat are run apart.")
    else:
        yield Finding(
            "note", "covdash is not running on this data home; start it with `python3 manage.py up`."
        )
    yield from _programs(home)
    yield from _configuration()
    yield from _database(running)
    yield _broker(running)
    yield _objects()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return Finding("wrong", f"Python {found} is too old; run covdash with Python 3.11 or newer.")
    return Finding("fine", f"Python {found}.")


def _packages() -> Finding:
    folder = Path(sys.prefix)
    if fresh(folder, ROOT / RUN_LOCK):
        return Finding("fine", f"The packages of {RUN_LOCK} are installed in {folder}.")
    return Finding("note", f"The packages come from {folder}, which covdash did not make from {RUN_LOCK}.")


def _home(home: Home) -> Iterator[Finding]:
    runner = None
    try:
        runner = account.for_servers()
    except LookupError as error:
        yield Finding("wrong", f"PostgreSQL does not run as root, and {error}.")
    if not home.root.is_dir():
        yield Finding("note", f"The data home {home.root} does not exist yet; the first `up` makes it.")
        return
    if home.too_long():
        yield Finding(
            "wrong",
            f"The path of the data home {home.root} is too long for a socket; use a shorter --data DIR.",
        )
    if not os.access(home.root, os.W_OK | os.X_OK):
        yield Finding(
            "wrong",
            f"The data home {home.root} is not writable for this account; correct it, or use --data DIR.",
        )
        return
    yield Finding("fine", f"The data home is {home.root}.")
    if runner is not None and (blocked := runner.reaches(home.postgres)) is not None:
        yield Finding(
            "wrong",
            f"The account {runner.name}, which runs PostgreSQL, may not enter {blocked}: chmod o+x {blocked}.",
        )
    usage = shutil.disk_usage(home.root)
    room = f"{usage.free / 1024**3:.1f} GiB of {usage.total / 1024**3:.1f} GiB are free on its disk"
    if usage.free < LITTLE_SPACE or usage.free < LITTLE_SHARE * usage.total:
        yield Finding("wrong", f"Only {room}: uploads will be refused; make room or move the data home.")
    else:
        yield Finding("fine", f"{room[0].upper()}{room[1:]}.")


def _running(home: Home) -> str:
    """Return who holds the lock of the data home; empty when nobody does."""
    if not home.lock.exists():
        return ""
    try:
        leftovers.probe(home)
    except leftovers.HomeTakenError as error:
        return error.holder
    except OSError:
        return ""
    return ""


def _programs(home: Home) -> Iterator[Finding]:
    if settings.EMBEDDED_POSTGRES:
        try:
            have = postgres.version_of_cluster(home)
            need = postgres.major(postgres.programs())
        except postgres.PostgresError as error:
            yield Finding("wrong", str(error))
        else:
            if have and have != need:
                yield Finding("wrong", postgres.other_version(home, have, need))
            else:
                yield Finding("fine", f"The embedded PostgreSQL {need} can be started.")
    if settings.EMBEDDED_VALKEY:
        try:
            valkey.installed()
        except valkey.ValkeyError as error:
            yield Finding("wrong", str(error))
        else:
            yield Finding("fine", "The embedded Valkey can be started.")


def _configuration() -> Iterator[Finding]:
    good = True
    for message in check_serving():
        good = False
        yield Finding(
            "wrong" if message.is_serious() else "note", f"{message.msg} {message.hint} ({message.id})"
        )
    if (
        settings.EMBEDDED_POSTGRES
        and not ground.is_loopback(settings.ADDRESS.hostname or "")
        and os.geteuid() == 0
    ):
        yield Finding(
            "note", "covdash runs as root and serves a network; an account of its own would be safer."
        )
    if good:
        yield Finding("fine", f"The configuration is in order; covdash is reached at {settings.COVDASH_URL}.")


def _database(running: str) -> Iterator[Finding]:
    where = "in the data home" if settings.EMBEDDED_POSTGRES else "of DATABASE_URL"
    if settings.EMBEDDED_POSTGRES and not running:
        return
    if not health.database_answers():
        yield Finding("wrong", f"The PostgreSQL {where} does not answer: {_why()}")
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit')"
        )
        version, synchronous = cursor.fetchone() or (0, "")
    if version < postgres.OLDEST_MAJOR * 10_000:
        yield Finding(
            "wrong",
            f"PostgreSQL {version // 10_000} is too old; covdash needs {postgres.OLDEST_MAJOR} or newer.",
        )
    if synchronous == "off":
        yield Finding(
            "wrong",
            "synchronous_commit is off: an accepted upload could be lost; switch it on in PostgreSQL.",
        )
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding("wrong", f"The database lacks {missing} migrations; run `python3 manage.py migrate`.")
    else:
        yield Finding(
            "fine", f"The PostgreSQL {where} answers (version {version // 10_000}) and its schema is current."
        )


def _why() -> str:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return f"{' '.join(str(error).split())}. Check that it runs and that the address and the password are right."
    return "a simple question took longer than a second; look at its load."


def _broker(running: str) -> Finding:
    where = "in the data home" if settings.EMBEDDED_VALKEY else "of REDIS_URL"
    if settings.EMBEDDED_VALKEY and not running:
        return Finding("note", "The broker runs with `up`.")
    if health.broker_answers():
        return Finding("fine", f"The broker {where} answers.")
    return Finding(
        "wrong", f"The broker {where} does not answer: uploads are kept, but wait; check that it runs."
    )


def _objects() -> Finding:
    bucket = settings.STORAGES["objects"]["OPTIONS"].get("bucket_name")
    where = f"bucket {bucket}" if bucket else f"folder {settings.OBJECTS_ROOT}"
    if not bucket and not settings.OBJECTS_ROOT.parent.exists():
        return Finding("note", f"The {where} for objects does not exist yet.")
    if health.store_is_writable():
        return Finding("fine", f"Objects can be written to the {where}.")
    return Finding(
        "wrong",
        f"Objects cannot be written to the {where}: no upload is accepted; check its rights and its keys.",
    )
