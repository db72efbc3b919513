"""The page of the API tells of every address, from the schema alone, and needs no script."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from covdash.api import reference

pytestmark = pytest.mark.django_db


def test_every_operation_of_the_schema_is_on_the_page(client: Client) -> None:
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert reverse("api_docs") == "/api/v1/docs"
    operations = [operation for group in reference.groups() for operation in group.operations]
    assert {"uploads_create", "uploads_status"} <= {operation.anchor for operation in operations}
    for operation in operations:
        assert f'id="{operation.anchor}"' in page
        assert operation.path in page
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page


def test_the_fields_of_an_upload_are_explained() -> None:
    operations = {
        operation.anchor: operation for group in reference.groups() for operation in group.operations
    }
    form = next(part for part in operations["uploads_create"].parts if "multipart" in part.title)
    rows = {row.name: row for row in form.rows}
    assert rows["commit"].required
    assert {"flags", "job", "attempt", "files", "sources", "file"} <= rows.keys()
    assert all(row.text for row in form.rows)
    status = next(part for part in operations["uploads_status"].parts if part.title == "Answer 200")
    assert {"state", "outcomes[].state", "paths.matched", "error.code"} <= {row.name for row in status.rows}
