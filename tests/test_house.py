"""The floor that all other tests stand on."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_postgresql_18() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        row = cursor.fetchone()
    assert row is not None
    assert int(row[0]) >= 180000


def test_the_cache_is_a_real_valkey() -> None:
    cache.set("floor", "here", 10)
    assert cache.get("floor") == "here"


def test_objects_come_back_byte_for_byte() -> None:
    name = storages["objects"].save("floor/x", ContentFile(b"\x00\xff"))
    with storages["objects"].open(name) as stored:
        assert stored.read() == b"\x00\xff"
