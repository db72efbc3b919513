"""A small report, and the shape of a refusal at the door."""

from __future__ import annotations

from typing import Any

from covdash.reports.models import Upload
from tests.factories.uploads import lcov

REPORT = lcov({"src/a.py": {1: 1, 2: 0}})


def error_of(answer: Any, status: int) -> dict[str, str]:
    """Check the shape of a refusal, and that nothing was written; returns the error."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) <= {"code", "message", "hint", "field"}
    assert body["error"]["message"].endswith(".")
    assert not Upload.objects.exists()
    error: dict[str, str] = body["error"]
    return error
