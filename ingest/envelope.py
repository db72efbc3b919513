"""What one CI job says about its delivery, checked field by field: `Envelope`. PURE: no Django, no I/O.

A protocol gives the fields as it found them; every protocol ends here. The bytes of the reports are not touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

MAX_FLAGS = 50
MAX_MESSAGE = 64 * 1024
MISSING = "is missing"
CUT_MARK = " […]"
"""A commit message longer than `MAX_MESSAGE` bytes is cut with this mark; everything else too long is refused."""

_SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
FLAG = re.compile(r"[\w.\-/]{1,64}")
_PULL = re.compile(r"(?:refs/pull/|refs/merge-requests/|[#!])?([0-9]{1,10})(?:/(?:head|merge))?")
_SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class FieldError(Exception):
    """A field that cannot be used: which, a sentence, and what to send instead."""

    def __init__(self, field: str, message: str, hint: str = "") -> None:
        """The code of the answer is `missing_field` or `bad_field`, by whether there was a value."""
        super().__init__(field, message, hint)
        self.field, self.message, self.hint = field, message, hint

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The checked fields of a delivery. Empty means not given; `pull` is then None, `attempt` 1. Times are aware.

    `commit` is what the report is filed under, `tested` what was checked out where that is another (a merge), `tree` its git tree id.
    `slot` is what a newer attempt supersedes (`job`, unless the CI knows more); `adds` says that only some tests were run again.
    `fork` is the foreign git branch (`owner:branch`) of an upload without a token. `expect` and `complete` speak of the whole commit.
    """

    commit: str
    branch: str
    parent: str = ""
    pull: int | None = None
    base: str = ""
    flags: tuple[str, ...] = ()
    job: str = ""
    build_url: str = ""
    attempt: int = 1
    name: str = ""
    committed_at: datetime | None = None
    message: str = ""
    author: str = ""
    format: str = ""
    slot: str = ""
    adds: bool = False
    tree: str = ""
    tested: str = ""
    base_sha: str = ""
    fork: str = ""
    tag: str = ""
    title: str = ""
    expect: int | None = None
    complete: bool = False

    def declared(self) -> dict[str, str]:
        """Return what the client said of the commit, as it is kept on the upload row; empty words are left out."""
        words = {
            "parent": self.parent,
            "base": self.base,
            "author": self.author,
            "message": self.message,
            "base_sha": self.base_sha,
            "tag": self.tag,
            "title": self.title,
            "committed_at": self.committed_at.isoformat() if self.committed_at else "",
        }
        return {key: word for key, word in words.items() if word}

    def digest(self, identity: bytes) -> bytes:
        """Return the SHA-256 of everything that was said, with `identity`: what an Idempotency-Key stands for."""
        said = repr([(name, getattr(self, name)) for name in sorted(FIELDS)])
        return hashlib.sha256(identity + said.encode("utf-8", "surrogatepass")).digest()


def identity(*, job: str, flags: Sequence[str], files: Sequence[tuple[str, bytes]], fork: str = "") -> bytes:
    """Return the SHA-256 that makes a delivery the same one again: job, flags and (role, digest) of its files, in any order.

    What a `fork` sends is never the same as what anybody else sends: else whoever is first would take the place of the other.
    """
    parts = [job.encode(), b"\0".join(flag.encode() for flag in sorted(set(flags)))]
    parts += sorted(role.encode() + b"\0" + digest for role, digest in set(files))
    parts += [b"fork\0" + fork.encode()] if fork else []
    framed = b"".join(len(part).to_bytes(4, "little") + part for part in parts)
    return hashlib.sha256(framed).digest()


def _sha(text: str) -> str:
    if not _SHA.fullmatch(text.lower()):
        raise ValueError("must be a full git id: 40 or 64 hexadecimal characters")
    return text.lower()


def _branch(text: str) -> str:
    return _line(255)(text.removeprefix("refs/heads/"))


def _line(limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > limit:
            raise ValueError(f"is {len(text)} characters long, more than {limit}")
        if _CONTROL.search(text):
            raise ValueError("holds a control character")
        return text

    return check


def _pull(text: str) -> int:
    found = _PULL.fullmatch(text)
    number = int(found.group(1)) if found else 0
    if not 0 < number < 2**31:
        raise ValueError("must be the number of a pull or merge request")
    return number


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:11]) < 2**31):
        raise ValueError("must be a whole number from 1 on")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError("must be true or false")
    return _SWITCH[text.lower()]


def _address(text: str) -> str:
    try:
        parts = urlsplit(_line(2000)(text))
    except ValueError as error:
        raise ValueError(f"must be an http or https address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https address")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password")
    return text


def _time(text: str) -> datetime:
    try:
        if re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,9})?", text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a time like 2026-11-22T20:15:00Z, or seconds since 1970") from error


def _message(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    kept = text.encode("utf-8", "surrogatepass")
    return text if len(kept) <= MAX_MESSAGE else kept[:MAX_MESSAGE].decode("utf-8", "ignore") + CUT_MARK


FIELDS: Mapping[str, Callable[[str], object]] = {
    "commit": _sha,
    "branch": _branch,
    "parent": _sha,
    "pull": _pull,
    "base": _line(255),
    "flags": _line(64),
    "job": _line(255),
    "build_url": _address,
    "attempt": _positive,
    "name": _line(255),
    "committed_at": _time,
    "message": _message,
    "author": _line(255),
    "format": _line(64),
    "slot": _line(512),
    "adds": _switch,
    "tree": _sha,
    "tested": _sha,
    "base_sha": _sha,
    "fork": _line(255),
    "tag": _line(255),
    "title": _line(500),
    "expect": _positive,
    "complete": _switch,
}
"""Every field with its check; `flags` may be given again and again or as a comma list, all others once."""

_WAY_OUT = {
    "commit": "Send the full id, for example with -F commit=$(git rev-parse HEAD).",
    "branch": "Send the git branch, for example with -F branch=$(git rev-parse --abbrev-ref HEAD).",
    "flags": f"At most {MAX_FLAGS} flags of up to 64 letters, digits and . _ - / each.",
}


def read(fields: Mapping[str, Sequence[str]]) -> Envelope:
    """Check the fields of a delivery (name -> the values that were given) and return its `Envelope`.

    Unknown names are ignored unread; empty values count as not given. Raises `FieldError`.
    """
    known: dict[str, object] = {}
    for name, check in FIELDS.items():
        values = [value for value in (text.strip() for text in fields.get(name, ())) if value]
        if name == "flags":
            known[name] = _flags(values)
            continue
        if len(set(values)) > 1:
            raise FieldError(name, "was given more than once with different values", f"Send {name} once.")
        if values:
            try:
                _storable(values[0])
                known[name] = check(values[0])
            except ValueError as error:
                raise FieldError(name, str(error), _WAY_OUT.get(name, "")) from error
    for name in ("commit", "branch"):
        if name not in known:
            raise FieldError(name, MISSING, _WAY_OUT[name])
    return Envelope(**known)  # type: ignore[arg-type]  # each check returns the type of its field


def _flags(values: Sequence[str]) -> tuple[str, ...]:
    flags = {flag.strip() for value in values for flag in value.split(",") if flag.strip()}
    if len(flags) > MAX_FLAGS:
        raise FieldError("flags", f"are {len(flags)}, more than {MAX_FLAGS}", _WAY_OUT["flags"])
    for flag in flags:
        if not FLAG.fullmatch(flag):
            raise FieldError("flags", f"cannot hold {flag[:80]!r}", _WAY_OUT["flags"])
    return tuple(sorted(flags))


def _storable(text: str) -> None:
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not valid UTF-8") from error
