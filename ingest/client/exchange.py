"""The exchange: the manifest, then only what the server asks for, then done. Every step may be repeated."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple

from ingest.client.manifest import encoded, key_of
from ingest.client.repository import Blob
from ingest.client.wire import Answer, Wire
from ingest.client.words import REFUSED, UNREACHABLE, USAGE, Console, Stop, amount, counted

PART = 32 * 1024 * 1024
SMALLEST_PART = 64 * 1024
PARALLEL = 4
MAX_BLOBS = 5000
MAX_BLOB_BYTES = 100 * 1024 * 1024
BATCH = 8 * 1024 * 1024
SOURCE_PATIENCE = 20.0
"""Seconds that processing is watched for the source texts that the server lacks."""
DONE = ("processed", "failed")


class Parcel(NamedTuple):
    """Everything that may have to be sent: the manifest, and how to open the list of files and the reports by digest."""

    document: dict[str, Any]
    tree: Callable[[], IO[bytes]] | None
    reports: Mapping[str, Callable[[], IO[bytes]]]


class Exchange:
    """One upload on its way. `credential` says in words where the token is from."""

    def __init__(self, wire: Wire, console: Console, *, credential: str, foreign: str = "") -> None:
        """`foreign` names the fork that sends without a token, "" when there is a token."""
        self.wire, self.console, self.credential, self.foreign = wire, console, credential, foreign
        self.id = ""
        self.url = ""
        self.part = PART
        self.is_known = False

    def send(self, parcel: Parcel) -> None:
        """Announce, send what is needed, and say done. Raises `Stop`."""
        need = self._announce(parcel.document)
        self._send_needed(parcel, need)
        answer = self.wire.request("POST", f"api/v1/uploads/{self.id}/done")
        if answer.status == 409 and isinstance(answer.said.get("need"), dict):
            self._send_needed(parcel, answer.said["need"])
            answer = self.wire.request("POST", f"api/v1/uploads/{self.id}/done")
        self._demand(answer, 200, 202)
        # What was delivered before leads to the upload that it was then.
        self.id, self.url = str(answer.said.get("id") or self.id), str(answer.said.get("url") or self.url)

    def _announce(self, document: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key_of(document)}
        answer = self.wire.request("POST", "api/v1/uploads", encoded(document), headers)
        self._demand(answer, 200, 201)
        self.id, self.url = str(answer.said.get("id", "")), str(answer.said.get("url", ""))
        self.is_known = answer.status == 200
        limits = answer.said.get("limits")
        part = limits.get("part_bytes") if isinstance(limits, dict) else None
        if isinstance(part, int) and part > 0:
            self.part = part
        if not self.id:
            raise Stop(
                UNREACHABLE, f"{self.wire.server} gave no id to the upload: is it a covdash of this version?"
            )
        need = answer.said.get("need")
        return need if isinstance(need, dict) else {}

    def _send_needed(self, parcel: Parcel, need: Mapping[str, Any]) -> None:
        if need.get("tree") and parcel.tree:
            listing = parcel.tree()
            listing.seek(0)
            self._put("tree", listing)
        wanted = [str(digest) for digest in need.get("reports") or () if digest in parcel.reports]
        with ThreadPoolExecutor(PARALLEL) as pool:
            for done in [pool.submit(self._put_report, parcel, digest) for digest in wanted]:
                done.result()

    def _put_report(self, parcel: Parcel, digest: str) -> None:
        with parcel.reports[digest]() as report:
            self._put(f"reports/{digest}", report)

    def _put(self, what: str, content: IO[bytes]) -> None:
        with packed(iter(lambda: content.read(256 * 1024), b"")) as body:
            size = body.tell()
            while True:
                part = self.part
                answer = self._put_parts(what, body, size, part)
                if answer.status != 413 or answer.is_covdash or min(part, size) <= SMALLEST_PART:
                    break
                self.part = max(SMALLEST_PART, min(part, size) // 2)
                self.console.warn(
                    f"413 for {amount(min(part, size))}: requests are limited on the way; going on in parts of {amount(self.part)}"
                )
            self._demand(answer, 200, 201)

    def _put_parts(self, what: str, body: IO[bytes], size: int, part: int) -> Answer:
        path, headers = (
            f"api/v1/uploads/{self.id}/{what}",
            {"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"},
        )
        for start in range(0, max(size, 1), part):
            length = min(part, size - start)
            if size > part:
                headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
            body.seek(start)
            answer = self.wire.request("PUT", path, body, headers, size=length)
            if answer.status != 202:
                return answer
        return answer

    def status(self, query: str = "") -> dict[str, Any]:
        """Return what the server says of the upload now; empty when it does not say."""
        answer = self.wire.request("GET", f"api/v1/uploads/{self.id}{query}", tries=2)
        return answer.said if answer.status == 200 else {}

    def watch(
        self, seconds: float, blobs: Callable[[Iterable[str]], Iterator[Blob]] | None, query: str = ""
    ) -> dict[str, Any]:
        """Ask until the upload is processed and the gates that `query` asks for are judged, or `seconds` are over.

        The source texts that are asked for are sent on the way.
        """
        ends, pause, asked = time.monotonic() + seconds, 0.25, set()  # type: ignore[var-annotated]
        found: dict[str, Any] = {}
        while True:
            found = self.status(query) or found
            need = found.get("need")
            ids = (
                [str(one) for one in (need.get("blobs") or ()) if isinstance(one, str)]
                if isinstance(need, dict)
                else []
            )
            fresh = [one for one in ids if one not in asked][: MAX_BLOBS - len(asked)]
            if fresh and blobs is not None:
                asked.update(fresh)
                self._send_blobs(blobs(fresh))
            elif found.get("state") in DONE and (found.get("gate") or {}).get("state") != "waiting":
                return found
            left = ends - time.monotonic()
            if left <= 0:
                return found
            self.wire.sleep(min(pause, left))
            pause = min(pause * 1.5, 5.0)

    def _send_blobs(self, blobs: Iterator[Blob]) -> None:
        total, number, stored, reasons = 0, 0, 0, {}  # type: ignore[var-annotated]
        batch: list[bytes] = []

        def flush() -> int:
            if not batch:
                return 0
            with packed(iter(batch)) as body:
                answer = self.wire.request(
                    "PUT",
                    f"api/v1/uploads/{self.id}/blobs",
                    body,
                    {"Content-Encoding": "gzip"},
                    size=_rewound(body),
                )
            batch.clear()
            kept = answer.said.get("stored")
            if answer.status != 200:
                self.console.warn(f"source texts were refused: {_sentence(answer)}")
            return kept if isinstance(kept, int) else 0

        for blob in blobs:
            if not blob.reason and total + len(blob.text) > MAX_BLOB_BYTES:
                blob = blob._replace(reason=f"more than {amount(MAX_BLOB_BYTES)} in all")  # noqa: PLW2901
            if blob.reason:
                reasons[blob.reason] = reasons.get(blob.reason, 0) + 1
                continue
            total += len(blob.text)
            number += 1
            batch += [b"%s %d\n" % (blob.id.encode(), len(blob.text)), blob.text]
            if sum(map(len, batch)) >= BATCH:
                stored += flush()
        stored += flush()
        if number:
            self.console.line("source", f"{counted(number, 'text')}, {amount(total)}, {stored} kept")
        for reason, count in sorted(reasons.items()):
            self.console.detail("skip", f"{counted(count, 'source text')}: {reason}")

    def _demand(self, answer: Answer, *statuses: int) -> None:
        """Raise `Stop` in words unless the answer is one of `statuses`, from covdash."""
        if answer.status in statuses and answer.said:
            return
        if answer.status in statuses or (answer.is_html and answer.status < 400):
            title = f" ({answer.title!r})" if answer.title else ""
            kind = f"a page{title}" if answer.is_html else "something else"
            raise Stop(
                UNREACHABLE,
                f"{self.wire.server} answered with {kind}, not as covdash does",
                ("why", "a page to sign in at, a proxy, or another address than that of covdash"),
                ("look", f"curl -i {self.wire.server}/healthz"),
            )
        if answer.status >= 500:
            raise Stop(
                UNREACHABLE,
                f"{self.wire.server} failed: {_sentence(answer)}",
                ("keep", "--bundle FILE keeps the upload for a later --send FILE"),
            )
        if self.foreign and answer.status in (401, 403):
            raise Stop(
                USAGE,
                f"no token: {self.credential}. This is a pull request from the fork {self.foreign}: forks get no secrets",
                ("ask", "the owner to allow uploads of forks, or use --bundle and --send in two workflows"),
            )
        details = [("hint", str(answer.said["error"].get("hint") or ""))] if answer.is_covdash else []
        details.append(("token", self.credential))
        request = answer.headers.get("x-request-id")
        if request:
            details.append(("id", request))
        raise Stop(REFUSED, f"refused: {_sentence(answer)}", *[one for one in details if one[1]])


def packed(chunks: Iterable[bytes]) -> IO[bytes]:
    """Return chunks as gzip, the same for the same bytes; up to 8 MB in memory. Its place is its end, and so its size."""
    out: IO[bytes] = SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115  # the caller closes it
    press = zlib.compressobj(6, zlib.DEFLATED, 31)
    for chunk in chunks:
        out.write(press.compress(chunk))
    out.write(press.flush())
    return out


def _rewound(body: IO[bytes]) -> int:
    size = body.tell()
    body.seek(0)
    return size


def _sentence(answer: Answer) -> str:
    if answer.is_covdash:
        error = answer.said["error"]
        return f"{answer.status} {error.get('code', '')} - {error.get('message', '')}"
    server = answer.headers.get("server", "")
    page = f", a page called {answer.title!r}" if answer.title else ""
    return f"{answer.status}" + (f" from {server}" if server else "") + page


def masked(token: str) -> str:
    """Return enough of a token to know it again: its kind and its last four characters."""
    return f"{token[:5]}...{token[-4:]}" if len(token) > 16 else "a short word" if token else "none"
