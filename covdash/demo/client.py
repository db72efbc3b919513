"""A client of the ingest API, as small as a CI script: send a delivery, ask what became of it. Standard library only."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from covdash.demo.project import Delivery

ATTEMPTS = 6
SECONDS = 30
BUSY = (429, 502, 503, 504)
_BOUNDARY = "covdash-demo-3f9c1e7a"


class RefusedError(Exception):
    """The server cannot be reached, or does not take what it was sent; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Client:
    """Speaks to the server at `url` with the upload token of one project."""

    url: str
    token: str

    def send(self, delivery: Delivery) -> str:
        """Send a delivery and return the id of its upload. Raises `RefusedError`."""
        if delivery.configuration:
            return self._exchange(delivery)
        request = Request(f"{self.url}/api/v1/uploads", body(delivery), method="POST")  # noqa: S310 (see `_ask`)
        request.add_header("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
        return str(self._ask(request)["id"])

    def _exchange(self, delivery: Delivery) -> str:
        """Announce a delivery, send the reports that the server lacks, say that it is done."""
        told = json.dumps(manifest(delivery)).encode()
        request = Request(f"{self.url}/api/v1/uploads", told, method="POST")  # noqa: S310 (see `_ask`)
        request.add_header("Content-Type", "application/json")
        request.add_header("Idempotency-Key", hashlib.sha256(told).hexdigest())
        said = self._ask(request)
        reports = {hashlib.sha256(content).hexdigest(): content for _, _, content in delivery.files}
        address = f"{self.url}/api/v1/uploads/{said['id']}"
        for digest in said["need"]["reports"]:
            packed = gzip.compress(reports[digest], mtime=0)
            request = Request(f"{address}/reports/{digest}", packed, method="PUT")  # noqa: S310 (see `_ask`)
            request.add_header("Content-Type", "application/octet-stream")
            request.add_header("Content-Encoding", "gzip")
            self._ask(request)
        return str(self._ask(Request(f"{address}/done", b"", method="POST"))["id"])  # noqa: S310 (see `_ask`)

    def state(self, upload: str) -> str:
        """Return the state of an upload. Raises `RefusedError`."""
        return str(self._ask(Request(f"{self.url}/api/v1/uploads/{upload}"))["state"])  # noqa: S310 (see `_ask`)

    def _ask(self, request: Request) -> dict[str, Any]:
        if not self.url.startswith(("http://", "https://")):
            raise RefusedError(f"{self.url} is no http or https address")
        request.add_header("Authorization", f"Bearer {self.token}")
        # the server is the one of this installation: no proxy stands between
        opener = build_opener(ProxyHandler({}))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with opener.open(request, timeout=SECONDS) as answer:
                    read: dict[str, Any] = json.load(answer)
                    return read
            except HTTPError as error:
                if error.code not in BUSY or attempt == ATTEMPTS:
                    raise RefusedError(
                        f"{request.full_url} answered {error.code}: {_sentence(error)}"
                    ) from error
                time.sleep(_pause(error.headers, attempt))
            except (URLError, OSError) as error:
                if attempt == ATTEMPTS:
                    raise RefusedError(
                        f"{request.full_url} does not answer ({error}); is covdash running?"
                    ) from error
                time.sleep(attempt / 2)
        raise AssertionError("the last attempt returns or raises")


def manifest(delivery: Delivery) -> dict[str, Any]:
    """Return what our own uploader would announce of a delivery."""
    return {
        "version": 1,
        "client": "covdash-demo",
        "project": "",
        # the list of files goes along with the other jobs; here it would be a git tree
        "fields": {name: value for name, value in delivery.fields if name != "files"},
        "ci": {"name": "demo"},
        "reports": [
            {
                "path": name,
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "kind": "coverage",
            }
            for _, name, content in delivery.files
        ],
        "tree": None,
        "configuration": {"path": "covdash.toml", "text": delivery.configuration},
    }


def body(delivery: Delivery) -> bytes:
    """Return a delivery as multipart/form-data, the same bytes each time."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in delivery.fields
    ]
    for name, filename, content in delivery.files:
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])


def _pause(headers: Message, attempt: int) -> float:
    after = headers.get("Retry-After", "")
    return min(float(after), SECONDS) if after.isdigit() else attempt / 2


def _sentence(error: HTTPError) -> str:
    try:
        problem = json.load(error)["error"]
        return f"{problem['message']} {problem.get('hint') or ''}".strip()
    except (ValueError, KeyError, TypeError):
        return error.reason
