"""HTTP with `http.client`: a refusal is read even when the server stops reading, redirects have rules, tries are counted.

The token goes to the host it is meant for and to no other.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import IO, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from ingest.client.proxies import Proxy, proxy_for, trust, untrusted
from ingest.client.words import REFUSED, UNREACHABLE, USAGE, Console, Stop

CONNECT = 10.0
_SEND_BLOCK = 64 * 1024
MAX_ANSWER = 8 * 1024 * 1024
MAX_WAIT = 120.0
OVERALL = 600.0
REDIRECTS = 5
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_TITLE = re.compile(rb"<title[^>]*>\s*([^<]{1,120})", re.IGNORECASE)


class Answer(NamedTuple):
    """What a server answered. `said` is the JSON document, empty when it was none."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    said: dict[str, Any]
    url: str

    @property
    def is_html(self) -> bool:
        """Whether a page came back where data should."""
        is_page = self.body[:15].lower().startswith(b"<!doctype html")
        return is_page or self.headers.get("content-type", "").startswith("text/html")

    @property
    def is_covdash(self) -> bool:
        """Whether the refusal is one of covdash, not of something in between."""
        return isinstance(self.said.get("error"), dict)

    @property
    def title(self) -> str:
        """The title of a page."""
        found = _TITLE.search(self.body)
        return found.group(1).decode("utf-8", "replace").strip() if found else ""


def pause(seconds: float) -> None:
    """Wait; tests do not."""
    time.sleep(seconds)


class Lost(Exception):  # noqa: N818  # it is the way that is lost
    """No answer: why, in words."""


class Manner(NamedTuple):
    """How requests are made: certificates, seconds of silence, tries."""

    ca: str = ""
    insecure: bool = False
    timeout: float = 60.0
    tries: int = 5


class Wire:
    """Talks with one covdash. `sent` counts bytes of bodies, `skew` is by how many seconds the clock here is ahead."""

    def __init__(
        self, server: str, token: str, console: Console, *, agent: str, manner: Manner, env: Mapping[str, str]
    ) -> None:
        """Nothing is sent yet. Raises `Stop` for an address that cannot be used."""
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise Stop(
                USAGE,
                f"{server or 'the address of the server'} is no http or https address",
                ("set", "COVDASH_URL or --url"),
            )
        self.server, self.token, self.console = server.rstrip("/"), token, console
        self.agent, self.manner, self.env = agent, manner, env
        self.sent = 0
        self.skew: float | None = None
        self.origin = ""
        self._context: ssl.SSLContext | None = None
        self.began = time.monotonic()
        self.sleep = pause

    def request(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        *,
        size: int | None = None,
        tries: int | None = None,
    ) -> Answer:
        """Send a request, again where that helps, and return the answer, whatever its status. Raises `Stop` when there is none.

        `body` is bytes, or a file of which `size` bytes from its present place on are sent.
        """
        start = 0 if isinstance(body, bytes) else body.tell()
        most = tries or max(1, self.manner.tries)
        for number in range(1, most + 1):
            try:
                if not isinstance(body, bytes):
                    body.seek(start)
                answer = self._follow(method, path, body, size, dict(headers or {}))
            except Lost as error:
                reason, wait = str(error), None
                if number == most or not self._may_wait(0):
                    raise Stop(
                        UNREACHABLE, f"cannot reach {self.server}: {reason}", *self._ways_out(reason)
                    ) from error
            else:
                if answer.status not in _AGAIN or number == most:
                    return answer
                reason, wait = f"{answer.status} from {_who(answer)}", _retry_after(answer)
            break_for = wait if wait is not None else _back_off(number)
            if (wait is not None and wait > MAX_WAIT) or not self._may_wait(break_for):
                if wait is None:
                    raise Stop(UNREACHABLE, f"gave up after {OVERALL:.0f} s: {reason}")
                raise Stop(UNREACHABLE, f"{reason}, which asks to come back in {wait:.0f} s")
            self.console.warn(f"{reason}, retry {number + 1}/{most} in {break_for:.1f} s")
            self.sleep(break_for)
        raise AssertionError("the last try returns or raises")

    def _may_wait(self, pause: float) -> bool:
        return time.monotonic() - self.began + pause < OVERALL

    def _ways_out(self, reason: str) -> tuple[tuple[str, str], ...]:
        found = []
        if "certificate" in reason:
            found += [("tried", self.origin), ("set", "COVDASH_CA_BUNDLE=/path/to/ca.pem")]
        proxy = proxy_for(self.server)
        if proxy:
            found.append(("proxy", f"{proxy.host}:{proxy.port} (from the environment)"))
        found.append(("keep", "--bundle FILE keeps the upload for a later --send FILE"))
        return tuple(found)

    def _follow(
        self, method: str, path: str, body: bytes | IO[bytes], size: int | None, headers: dict[str, str]
    ) -> Answer:
        address = path if "://" in path else f"{self.server}/{path.lstrip('/')}"
        start = 0 if isinstance(body, bytes) else body.tell()
        for _ in range(REDIRECTS):
            answer = self._once(method, address, body, size, headers)
            target = answer.headers.get("location", "")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            there = urljoin(address, target)
            old, new = urlsplit(address), urlsplit(there)
            if new.hostname != old.hostname or new.scheme not in (old.scheme, "https"):
                raise Stop(
                    REFUSED,
                    f"{old.netloc} sends on to {new.scheme}://{new.netloc}, and a token goes to no other host",
                    (
                        "set",
                        f"COVDASH_URL={new.scheme}://{new.netloc} if that is your covdash; it may be a page to sign in at",
                    ),
                )
            if answer.status == 303 or method == "PUT":
                return answer
            if new.scheme != old.scheme:
                self.console.warn(
                    f"{self.server} answers at {new.scheme}://{new.netloc}: set COVDASH_URL to it"
                )
                self.server = f"{new.scheme}://{new.netloc}{urlsplit(self.server).path}"
            if not isinstance(body, bytes):
                body.seek(start)
            address = there
        raise Stop(REFUSED, f"{self.server} sends on in circles")

    def _once(
        self, method: str, address: str, body: bytes | IO[bytes], size: int | None, headers: dict[str, str]
    ) -> Answer:
        parts = urlsplit(address)
        length = len(body) if isinstance(body, bytes) else size or 0
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        proxy = proxy_for(address)
        connection: http.client.HTTPConnection | None = None
        try:
            connection = self._connect(parts.scheme, parts.hostname or "", parts.port, proxy)
            if proxy and parts.scheme == "http":
                path = f"http://{parts.netloc}{path}"
                if proxy.authorization:
                    headers = {**headers, "Proxy-Authorization": proxy.authorization}
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in {
                "User-Agent": self.agent,
                "Accept": "application/json",
                **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
                **headers,
                **({"Content-Length": str(length)} if length or method in ("POST", "PUT") else {}),
                "Connection": "close",
            }.items():
                connection.putheader(name, value)
            # When the server stops reading, what it has to say may be there already.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders()
                self._send(connection, body, length)
            answer = _response(connection, address)
        except ssl.SSLCertVerificationError as error:
            raise Lost(untrusted(error, parts.hostname or "", parts.port or 443)) from error
        except socket.timeout as error:  # its name until Python 3.10
            raise Lost(f"no answer within {self.manner.timeout:.0f} s") from error
        except socket.gaierror as error:
            raise Lost(f"the name {(proxy.host if proxy else parts.hostname)!r} is not known") from error
        except (OSError, http.client.HTTPException) as error:
            raise Lost(_reason(error)) from error
        finally:
            if connection is not None:
                connection.close()
        self._note(answer)
        return answer

    def _connect(
        self, scheme: str, host: str, port: int | None, proxy: Proxy | None
    ) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        if scheme == "https":
            context = self._trusted(host)
            if proxy:
                connection = http.client.HTTPSConnection(
                    proxy.host, proxy.port, timeout=CONNECT, context=context
                )
                secret = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                connection.set_tunnel(host, port or 443, secret)
            else:
                connection = http.client.HTTPSConnection(host, port or 443, timeout=CONNECT, context=context)
        elif proxy:
            connection = http.client.HTTPConnection(proxy.host, proxy.port, timeout=CONNECT)
        else:
            connection = http.client.HTTPConnection(host, port or 80, timeout=CONNECT)
        try:
            connection.connect()
        except socket.timeout as error:  # its name until Python 3.10
            raise Lost(f"no connection within {CONNECT:.0f} s") from error
        connection.sock.settimeout(self.manner.timeout)
        return connection

    def _trusted(self, host: str) -> ssl.SSLContext:
        if self._context is None:
            try:
                found = trust(self.env, host, ca=self.manner.ca, insecure=self.manner.insecure)
            except (OSError, ssl.SSLError) as error:
                raise Stop(
                    USAGE, f"the certificates cannot be read: {error}", ("set", "COVDASH_CA_BUNDLE or --ca")
                ) from error
            for note in found.notes:
                self.console.warn(note)
            if self.manner.insecure:
                self.console.warn(
                    "--insecure: nobody checks that this is your server; whoever is in between reads the token"
                )
            self._context, self.origin = found.context, found.origin
        return self._context

    def _send(self, connection: http.client.HTTPConnection, body: bytes | IO[bytes], length: int) -> None:
        if isinstance(body, bytes):
            if body:
                connection.send(body)
        else:
            left = length
            while left > 0:
                block = body.read(min(_SEND_BLOCK, left))
                if not block:
                    break
                connection.send(block)
                left -= len(block)
        self.sent += length

    def _note(self, answer: Answer) -> None:
        with suppress(KeyError, TypeError, ValueError):
            self.skew = time.time() - parsedate_to_datetime(answer.headers["date"]).timestamp()


def _response(connection: http.client.HTTPConnection, address: str) -> Answer:
    response = connection.getresponse()
    body = response.read(MAX_ANSWER)
    try:
        said = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        said = {}
    headers = {name.lower(): value for name, value in response.getheaders()}
    claimed = headers.get("content-length", "")
    if claimed.isdecimal() and len(body) < min(int(claimed), MAX_ANSWER):
        raise Lost("the answer ends in the middle")
    return Answer(response.status, headers, body, said if isinstance(said, dict) else {}, address)


def _who(answer: Answer) -> str:
    name = answer.headers.get("server", "").split("/")[0]
    host = urlsplit(answer.url).hostname or ""
    return f"{name} at {host}" if name else host


def _back_off(number: int) -> float:
    return min(60.0, 2.0 ** (number - 1)) * random.uniform(0.5, 1.0)  # noqa: S311  # apart from others, not secret


def _retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


_REASONS = (
    (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
    (http.client.IncompleteRead, "the answer ends in the middle"),
    (http.client.BadStatusLine, "the answer is no HTTP"),
    (ConnectionRefusedError, "nothing listens there"),
)


def _reason(error: Exception) -> str:
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return f"{type(error).__name__}: {error}"
