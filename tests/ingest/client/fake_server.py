"""A covdash that is not one: answers the steps of the exchange as it is told, or breaks off, hangs and lies. Loopback, in a thread."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

UPLOAD = "6f1e7c52-7e0b-4a52-9a59-0d9c4e0f7a11"


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Rule = Callable[["Handler", Seen], bool]
"""Answers a request in its own way and says so; else the request is answered as covdash would."""


@dataclass
class Fake:
    """What the server does, and what it saw."""

    url: str = ""
    need_tree: bool = True
    known: set[str] = field(default_factory=set)
    blobs: list[str] = field(default_factory=list)
    part_bytes: int = 32 * 1024 * 1024
    status: dict[str, Any] = field(default_factory=lambda: {"state": "processed", "outcomes": []})
    rules: list[Rule] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    reports: dict[str, bytes] = field(default_factory=dict)
    tree: bytes = b""
    texts: bytes = b""
    parts: dict[str, bytes] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest that came last."""
        return dict(json.loads([one.body for one in self.seen if one.path == "/api/v1/uploads"][-1]))

    def paths(self) -> list[str]:
        """The steps that were taken, in order."""
        return [f"{one.method} {one.path}" for one in self.seen]


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    fake: Fake

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.handle_request()

    do_POST = do_PUT = do_GET  # noqa: N815

    def handle_request(self) -> None:
        """Read the request, unless a rule wants it unread; then answer."""
        seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, b"")
        self.fake.seen.append(seen)
        for rule in self.fake.rules:
            if rule(self, seen):
                return
        seen.body = self.rfile.read(int(seen.headers.get("content-length", "0")))
        self.exchange(seen)

    def say(self, status: int, document: Any = None, *, body: bytes = b"", **headers: str) -> None:
        """Answer, and hang up."""
        if document is not None:
            body = json.dumps(document).encode()
            headers.setdefault("Content-Type", "application/json")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def refuse(
        self, status: int, code: str, message: str = "It is refused.", hint: str = "", **headers: str
    ) -> None:
        """Answer as covdash refuses."""
        self.say(status, {"error": {"code": code, "message": message, "hint": hint}}, **headers)

    def cut(self) -> None:
        """Break the connection off, so that the other side sees a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True

    def need(self) -> dict[str, Any]:
        """What is missing."""
        wanted = [one["sha256"] for one in self.fake.manifest["reports"]]
        have = self.fake.known | set(self.fake.reports)
        tree = bool(self.fake.manifest["tree"]) and self.fake.need_tree and not self.fake.tree
        return {"tree": tree, "reports": [one for one in wanted if one not in have]}

    def exchange(self, seen: Seen) -> None:
        """Answer as covdash does."""
        fake, step = self.fake, seen.path.partition("?")[0].removeprefix(f"/api/v1/uploads/{UPLOAD}")
        page = f"{fake.url}/p/acme/pay/-/upload/{UPLOAD}"
        if seen.path == "/api/v1/uploads":
            limits = {"report_bytes": 10**9, "part_bytes": fake.part_bytes}
            self.say(
                201,
                {
                    "id": UPLOAD,
                    "url": page,
                    "status_url": f"{fake.url}{seen.path}/{UPLOAD}",
                    "need": self.need(),
                    "limits": limits,
                },
            )
        elif step == "/done":
            need = self.need()
            if need["tree"] or need["reports"]:
                self.say(409, {"error": {"code": "incomplete", "message": "Not all is here."}, "need": need})
            else:
                self.say(202, {"id": UPLOAD, "url": page, "state": "received"})
        elif step == "" and seen.method == "GET":
            left = [] if fake.texts else fake.blobs
            self.say(200, {**fake.status, "id": UPLOAD, "need": {"blobs": left}})
        elif step == "/blobs":
            fake.texts += gzip.decompress(seen.body)
            self.say(200, {"stored": 1, "rejected": []})
        elif seen.method == "PUT":
            self.take(seen, step)
        elif seen.path == "/healthz":
            self.say(200, {"state": "ok"})
        else:
            self.refuse(404, "not_found")

    def take(self, seen: Seen, step: str) -> None:
        """Take a body, or a part of one."""
        fake, body = self.fake, seen.body
        if "content-range" in seen.headers:
            place, _, total = seen.headers["content-range"].removeprefix("bytes ").partition("/")
            start = int(place.split("-")[0])
            have = fake.parts.get(step, b"")[:start]
            assert len(have) == start
            fake.parts[step] = body = have + body
            if len(body) < int(total):
                self.say(202, {"state": "incomplete", "received": len(body)})
                return
        raw = gzip.decompress(body)
        if step == "/tree":
            fake.tree = raw
        else:
            assert step == f"/reports/{hashlib.sha256(raw).hexdigest()}"
            fake.reports[hashlib.sha256(raw).hexdigest()] = raw
        self.say(201, {"state": "stored"})


@contextmanager
def running() -> Iterator[Fake]:
    """Start a server; it ends with the block."""
    fake = Fake()
    handler = type("Own", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def for_step(
    end: str, answer: Callable[[Handler, Seen], None], *, times: int = 10**9, read: bool = True
) -> Rule:
    """Return a rule for the first `times` requests whose path ends with `end`; unread when `read` is false."""
    left = [times]

    def rule(handler: Handler, seen: Seen) -> bool:
        if not seen.path.endswith(end) or left[0] <= 0:
            return False
        left[0] -= 1
        if read:
            seen.body = handler.rfile.read(int(seen.headers.get("content-length", "0")))
        answer(handler, seen)
        return True

    return rule


def hang(seconds: float) -> Callable[[Handler, Seen], None]:
    """Return an answer that does not come in time."""

    def answer(handler: Handler, _seen: Seen) -> None:
        threading.Event().wait(seconds)
        handler.cut()

    return answer
