"""A CI job that speaks Codecov, byte by byte as the captured requests of codecov-cli 11.3.1."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from covdash.projects.models import Project
from tests.factories.uploads import SHA, Job

OPTIONS = {"command": "do-upload", "enterprise_url": "http://127.0.0.1", "version": "cli-11.3.1"}


def packed(
    files: Mapping[str, bytes], *, network: list[str] | None = None, key: str = "coverage_files"
) -> bytes:
    """Return the body of the PUT, as the client writes it."""
    body: dict[str, Any] = {
        "report_fixes": {"format": "legacy", "value": {"src/a.go": {"eof": None, "lines": [2, 4]}}},
        "network_files": [*(network or []), ""],
        key: [
            {"filename": name, "format": "base64+compressed", "data": text_of(data), "labels": ""}
            for name, data in files.items()
        ],
        "metadata": {},
    }
    return json.dumps(body).encode()


def text_of(data: bytes) -> str:
    """Return bytes as the client packs them."""
    return base64.b64encode(zlib.compress(data)).decode()


class Codecov:
    """The client."""

    def __init__(self, owner: Project | None = None, *, slug: str = "acme::::demo") -> None:
        self.job = Job(owner)
        self.project = self.job.project
        self.client = Client()
        self.token: str | None = self.job.secret
        self.root = f"/upload/github/{slug}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"} if self.token else {}

    def post(
        self, path: str, said: Mapping[str, Any] | bytes, *, headers: Mapping[str, str] | None = None
    ) -> Any:
        """POST JSON; `path` is below the repository unless it begins with a slash."""
        body = (
            said
            if isinstance(said, bytes)
            else json.dumps({"cli_args": OPTIONS, "version": "11.3.1", **said})
        )
        address = path if path.startswith("/") else f"{self.root}/{path}"
        return self.client.post(
            address,
            data=body,
            content_type="application/json",
            headers=self.headers | {"User-Agent": "codecov-cli/11.3.1"} | dict(headers or {}),
        )

    def create_commit(self, sha: str = SHA, **said: Any) -> Any:
        return self.post(
            "commits", {"branch": "main", "commitid": sha, "parent_commit_id": None, "pullid": None, **said}
        )

    def announce(self, sha: str = SHA, **said: Any) -> Any:
        """`upload-coverage`, its first request."""
        return self.post(
            "upload-coverage", facts() | {"branch": "main", "code": "default", "commitid": sha} | said
        )

    def put(self, answer: Any, body: bytes) -> Any:
        """The second request: to the address in the answer, without a token."""
        address = urlsplit(answer.json()["raw_upload_location"]).path
        return Client().put(address, data=body, content_type="")

    def send(
        self, files: Mapping[str, bytes], *, network: list[str] | None = None, sha: str = SHA, **said: Any
    ) -> Any:
        """Both requests, which must be accepted."""
        answer = self.announce(sha, **said)
        assert answer.status_code == 201, answer.content
        stored = self.put(answer, packed(files, network=network))
        assert stored.status_code == 200, stored.content
        return answer


def facts() -> dict[str, Any]:
    """What every upload says."""
    return {
        "ci_service": "local", "ci_url": None, "env": {}, "flags": [], "job_code": None, "name": None,
        "file_not_found": False, "report_payload_bytes": 626,
    }  # fmt: skip
