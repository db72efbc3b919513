"""Makes jobs of Coveralls, in each of the encodings that its clients use."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.factories.uploads import SHA, multipart

Body = tuple[bytes, str]
"""A body and its content type."""

TEXT = 'def f(x):\n    if x:\n        return "ü"\n    return 2\n'


def document(token: str | None = None, **facts: Any) -> dict[str, Any]:
    """Return a job of one file with two covered lines of four, and of one without its text."""
    said: dict[str, Any] = {
        "source_files": [
            {
                "name": "src/f.py",
                "source": TEXT,
                "coverage": [3, 3, 0, 0],
                "branches": [2, 0, 3, 0, 2, 0, 4, 1],
            },
            {"name": "src/g.py", "source_digest": "9e107d9d372bb6826bd81d3542a419d6", "coverage": [None, 1]},
        ],
        "git": {
            "branch": "main",
            "head": {"id": SHA, "author_name": "Ada", "author_email": "ada@example.org", "message": "Add f"},
            "remotes": [{"name": "origin", "url": "https://git.example.org/acme/shop.git"}],
        },
        "service_name": "jenkins",
        "config_file": ".coveragerc",
    }
    if token is not None:
        said["repo_token"] = token
    return {key: value for key, value in (said | facts).items() if value is not ...}


def as_file(data: bytes) -> Body:
    """As the client in Python sends it."""
    return multipart([("json_file", "json_file", data)])


def as_gzip(data: bytes) -> Body:
    """As the universal reporter sends it."""
    return multipart([("json_file", "json_file", gzip.compress(data))])


def as_text(data: bytes) -> Body:
    """As coveralls-next sends it."""
    return multipart([("json", None, data)])


def as_form(data: bytes) -> Body:
    """As the client of npm and goveralls send it."""
    return urlencode({"json": data}).encode(), "application/x-www-form-urlencoded"


def as_body(data: bytes) -> Body:
    """As curl sends it."""
    return data, "application/json"


ENCODINGS: dict[str, Callable[[bytes], Body]] = {
    "file": as_file, "gzip": as_gzip, "text": as_text, "form": as_form, "body": as_body,
}  # fmt: skip


def dumped(said: dict[str, Any]) -> bytes:
    """Return a document as it goes over the wire."""
    return json.dumps(said).encode()
