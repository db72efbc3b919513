"""Makes deliveries the way a CI job does: through the HTTP door, with a real token; and turns the pipe by hand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.test import Client

from covdash.projects import tokens
from covdash.projects.models import Project
from covdash.reports.models import Upload
from ingest import assemble, process

SHA = "1" * 40
_numbers = itertools.count(1)


def sha(number: int) -> str:
    """Return a commit id made of a number."""
    return f"{number:040x}"


def project(slug: str = "", **facts: Any) -> Project:
    """Make a project."""
    return Project.objects.create(slug=slug or f"acme/project-{next(_numbers)}", **facts)


class Job:
    """A CI job of one project: holds a token and sends uploads."""

    def __init__(self, owner: Project | None = None) -> None:
        self.project = owner or project()
        self.secret = tokens.mint(project=self.project, name="ci").secret
        self.client = Client()

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self.secret}"}

    def post(
        self,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "text/plain",
        **fields: Any,
    ) -> Any:
        """Send a raw body, the fields in the query string."""
        query = {"commit": SHA, "branch": "main"} | fields
        return self.client.post(
            "/api/v1/uploads",
            data=body,
            content_type=content_type,
            query_params={key: value for key, value in query.items() if value is not None},
            headers=self.headers | dict(headers or {}),
        )

    def form(
        self,
        parts: Sequence[tuple[str, str | None, bytes]],
        *,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Any:
        """Send multipart: `parts` are (name, file name or None, content); fields come first."""
        said = {"commit": SHA, "branch": "main"} | fields
        texts = [(key, None, str(value).encode()) for key, value in said.items() if value is not None]
        body, content_type = multipart([*texts, *parts])
        return self.client.post(
            "/api/v1/uploads",
            data=body,
            content_type=content_type,
            headers=self.headers | dict(headers or {}),
        )

    def send(self, body: bytes, **fields: Any) -> Upload:
        """Send a raw body that must be accepted; returns its row."""
        answer = self.post(body, **fields)
        assert answer.status_code == 202, answer.content
        return Upload.objects.get(pk=answer.json()["id"])

    def send_form(self, parts: Sequence[tuple[str, str | None, bytes]], **fields: Any) -> Upload:
        """Send a form that must be accepted; returns its row."""
        answer = self.form(parts, **fields)
        assert answer.status_code == 202, answer.content
        return Upload.objects.get(pk=answer.json()["id"])

    def status(self, upload: Upload | str) -> Any:
        """Ask for the state of an upload."""
        return self.client.get(f"/api/v1/uploads/{getattr(upload, 'pk', upload)}", headers=self.headers)


def multipart(
    parts: Sequence[tuple[str, str | None, bytes]], boundary: str = "xxBOUNDARYxx"
) -> tuple[bytes, str]:
    """Return body and content type of a form, byte by byte as curl writes it."""
    out: list[bytes] = []
    for name, filename, content in parts:
        shown = f'; filename="{filename}"' if filename is not None else ""
        kind = "\r\nContent-Type: application/octet-stream" if filename is not None else ""
        out.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{shown}{kind}\r\n\r\n'.encode()
        )
        out.append(content + b"\r\n")
    out.append(f"--{boundary}--\r\n".encode())
    return b"".join(out), f"multipart/form-data; boundary={boundary}"


def turn(*uploads: Upload) -> None:
    """Do what a worker does for these uploads, and for those that have to be read again."""
    waiting = [upload.pk for upload in uploads]
    while waiting:
        commit = process.run(UUID(str(waiting.pop(0))))
        if commit is not None:
            waiting += assemble.run(commit)


def lcov(files: Mapping[str, Mapping[int, int]]) -> bytes:
    """Return an LCOV report: path -> line -> hits."""
    out = ["TN:"]
    for path, lines in files.items():
        out.append(f"SF:{path}")
        out += [f"DA:{line},{hits}" for line, hits in lines.items()]
        out.append("end_of_record")
    return "\n".join(out).encode() + b"\n"
