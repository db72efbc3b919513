"""The tables are what the models say, and the two large ones are partitioned by project."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("table", ["reports_coverage_object", "reports_change_point"])
def test_large_tables_are_hash_partitioned_by_project(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_partkeydef(%s::regclass)", [table])
        assert cursor.fetchone() == ("HASH (project_id)",)
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        assert cursor.fetchone() == (16,)


@pytest.mark.parametrize(
    "table", ["reports_coverage_object_00", "reports_coverage_object_15", "sources_sourceobject"]
)
def test_bytes_that_are_compressed_are_not_compressed_again(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'data'", [table]
        )
        assert cursor.fetchone() == ("e",)
