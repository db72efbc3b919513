"""Two questions of an operator: does this process answer (`/healthz`), can it serve (`/readyz`).

A broker that is away makes it degraded, not unready: uploads are safe without it, and refusing them would lose them.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass

import kombu
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from covdash.runner.ground import is_loopback

PROBE_SECONDS = 10.0
DATABASE_SECONDS = 1


@dataclass(slots=True)
class _Probe:
    """An answer that is kept for a while; the question costs too much to be asked by every health check."""

    good: bool = False
    until: float = 0.0


_store, _broker, _schema = _Probe(), _Probe(), _Probe()
_asking = threading.Lock()


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 whenever the process answers at all; asks nothing of any service."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, schema and object store are in order, else 503. Details only to this machine."""
    database = database_answers()
    parts = {
        "database": database,
        "schema": database and schema_matches(),
        "objects": store_is_writable(),
        "broker": broker_answers(),
    }
    ready = parts["database"] and parts["schema"] and parts["objects"]
    answer: dict[str, object] = {"ready": ready}
    if ready and not parts["broker"]:
        answer["degraded"] = True
    if is_loopback(request.META.get("REMOTE_ADDR", "")) and "X-Forwarded-For" not in request.headers:
        answer |= parts
    return JsonResponse(answer, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def database_answers() -> bool:
    """Whether PostgreSQL answers a question within a second."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{DATABASE_SECONDS}s'")
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def schema_matches() -> bool:
    """Whether every migration of this version has been applied; a good answer is kept for the life of the process."""
    if not _schema.good and time.monotonic() > _schema.until:
        try:
            executor = MigrationExecutor(connection)
            _schema.good = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return False
        _schema.until = time.monotonic() + 1
    return _schema.good


def store_is_writable() -> bool:
    """Whether an object can be written and removed; asked every ten seconds."""
    with _asking:
        if time.monotonic() > _store.until:
            objects = storages["objects"]
            try:
                name = objects.save(f"probe/{secrets.token_hex(8)}", ContentFile(b"probe"))
                objects.delete(name)
                _store.good = True
            except Exception:  # noqa: BLE001 - every store has errors of its own, and each means no
                _store.good = False
            _store.until = time.monotonic() + PROBE_SECONDS
    return _store.good


def broker_answers() -> bool:
    """Whether the broker takes a connection; asked every ten seconds."""
    with _asking:
        if time.monotonic() > _broker.until:
            options = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
            try:
                with kombu.Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
                    broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
                _broker.good = True
            except Exception:  # noqa: BLE001 - the transports have errors of their own, and each means no
                _broker.good = False
            _broker.until = time.monotonic() + PROBE_SECONDS
    return _broker.good
