"""Plays our own uploader: announces, sends what is needed, says done; and makes git trees without git."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from covdash.reports.models import Upload
from tests.factories.uploads import SHA, Job

ADDRESS = "/api/v1/uploads"


def blob_of(text: bytes) -> str:
    """Return the git blob id of a text."""
    return hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()


class GitTree:
    """The tree of some files, as git would store and list it."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.id = self._id_of({name.encode(): text for name, text in files.items()})
        rows = sorted((name.encode(), blob_of(text)) for name, text in files.items())
        self.list = b"".join(b"100644 blob %s\t%s\0" % (blob.encode(), name) for name, blob in rows)

    def _id_of(self, files: Mapping[bytes, bytes]) -> str:
        below: dict[bytes, dict[bytes, bytes]] = {}
        entries: dict[bytes, bytes] = {}
        for path, text in files.items():
            head, slash, rest = path.partition(b"/")
            if slash:
                below.setdefault(head, {})[rest] = text
            else:
                entries[head] = b"100644 " + head + b"\0" + bytes.fromhex(blob_of(text))
        for name, inside in below.items():
            entries[name + b"/"] = b"40000 " + name + b"\0" + bytes.fromhex(self._id_of(inside))
        body = b"".join(entries[name] for name in sorted(entries))
        return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


class Uploader:
    """Our own uploader in one CI job; without a job it has no token."""

    def __init__(self, job: Job | None = None, *, address: str = "127.0.0.1") -> None:
        self.client = Client(REMOTE_ADDR=address)
        self.headers = job.headers if job else {}

    def manifest(
        self, reports: Mapping[str, bytes], tree: GitTree | None = None, **more: Any
    ) -> dict[str, Any]:
        """Return a manifest of `reports`; `fields` and other keys as given."""
        fields = {"commit": SHA, "branch": "main"} | more.pop("fields", {})
        return {
            "version": 1,
            "client": "covdash-upload/0.1.0 (python 3.11.7, linux)",
            "project": "",
            "fields": fields,
            "ci": {"name": "plain git", "origins": {"commit": "git"}},
            "reports": [
                {
                    "path": path,
                    "size": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "kind": "coverage",
                }
                for path, data in reports.items()
            ],
            "tree": {"id": tree.id, "files": len(tree.files)} if tree else None,
        } | more

    def announce(self, manifest: Mapping[str, Any], *, key: str | None = None) -> Any:
        """Send a manifest."""
        return self.client.post(
            ADDRESS,
            data=json.dumps(manifest),
            content_type="application/json",
            headers=self.headers | ({"Idempotency-Key": key} if key else {}),
        )

    def put(self, number: str, what: str, body: bytes, *, packed: bool = True, **headers: str) -> Any:
        """Send bytes to `/uploads/<number>/<what>`."""
        return self.client.put(
            f"{ADDRESS}/{number}/{what}",
            data=gzip.compress(body, mtime=0) if packed else body,
            content_type="application/octet-stream",
            headers=self.headers | ({"Content-Encoding": "gzip"} if packed else {}) | headers,
        )

    def part(
        self, number: str, what: str, body: bytes, first: int, last: int, total: int | None = None
    ) -> Any:
        """Send bytes `first` to `last` of a packed body."""
        return self.client.put(
            f"{ADDRESS}/{number}/{what}",
            data=body[first : last + 1],
            content_type="application/octet-stream",
            headers=self.headers
            | {"Content-Encoding": "gzip", "Content-Range": f"bytes {first}-{last}/{total or len(body)}"},
        )

    def done(self, number: str) -> Any:
        """Say that all is sent."""
        return self.client.post(f"{ADDRESS}/{number}/done", headers=self.headers)

    def status(self, number: object) -> Any:
        """Ask for the state."""
        return self.client.get(f"{ADDRESS}/{number}", headers=self.headers)

    def send(self, reports: Mapping[str, bytes], tree: GitTree | None = None, **more: Any) -> Upload:
        """Do the whole exchange, sending what the server asks for; returns the upload."""
        answer = self.announce(self.manifest(reports, tree, **more))
        assert answer.status_code in (200, 201), answer.content
        said = answer.json()
        if said["need"]["tree"]:
            assert tree is not None
            assert self.put(said["id"], "tree", tree.list).status_code == 200
        wanted = {hashlib.sha256(data).hexdigest(): data for data in reports.values()}
        for digest in said["need"]["reports"]:
            assert self.put(said["id"], f"reports/{digest}", wanted[digest]).status_code in (200, 201)
        ended = self.done(said["id"])
        assert ended.status_code == 202, ended.content
        return Upload.objects.get(pk=ended.json()["id"])


def frames(*texts: bytes) -> bytes:
    """Return the body of `PUT blobs`."""
    return b"".join(f"{blob_of(text)} {len(text)}\n".encode() + text for text in texts)
