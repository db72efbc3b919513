"""What Codecov's clients say of a commit and an upload, as fields of the envelope.

The clients tell much that is wrong or of no use: a branch `HEAD`, a pull request `false`, a job that is the number of its run. Facts
that are needed are checked where they are used; one that only helps is dropped when it is no such fact, so that it costs no upload.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec
from rest_framework.request import Request

from covdash.problems import Problem
from ingest import envelope
from ingest.delivery import BLOCK, body_of

MAX_BYTES = 4 * 1024 * 1024
"""Of a body that says facts; the client repeats all of its options in it."""
MAX_FORM_FIELDS = 1000
MAX_VARIABLES = 100
_NOTHING = {"", "null", "none", "undefined", "false", "HEAD"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ATTEMPTS = {
    "GITHUB_RUN_ATTEMPT": 0,
    "SYSTEM_JOBATTEMPT": 0,
    "BUILDKITE_RETRY_COUNT": 1,
}
"""Variables that count the attempts of a job, and what is to be added: the protocol itself has no word for it."""

Fields = dict[str, list[str]]


def read(request: Request) -> Mapping[str, Any]:
    """Return the body of a request, JSON or a form, with whatever keys the version of the client adds. Raises `Problem`."""
    body, block = bytearray(), body_of(request)
    while part := block(BLOCK):
        body += part
        if len(body) > MAX_BYTES:
            raise Problem(
                413,
                "too_large",
                f"The facts of the upload have more than {MAX_BYTES} bytes.",
                hint="Send fewer flags and variables; reports do not belong into this request.",
            )
    if "form-urlencoded" in request.META.get("CONTENT_TYPE", ""):
        return _form(bytes(body))
    if not body.strip():
        return {}
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "malformed_request", f"The body is no JSON: {error}.") from error
    return said if isinstance(said, dict) else {}


def _form(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode(), max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        raise Problem(
            413,
            "too_many_fields",
            f"The body is no form of at most {MAX_FORM_FIELDS} fields.",
            hint="Update the client.",
        ) from error
    return {name: values[-1] for name, values in found.items()}


def slug_of(encoded: str) -> str:
    """Return the slug that the client encoded: `acme::::demo` is acme/demo, `a:::b::::c` is a/b/c. A plain one stays as it is."""
    return encoded.replace("::::", "/").replace(":::", "/")


def commit_fields(said: Mapping[str, Any]) -> Fields:
    """Return the facts of a commit. `branch` is missing where the client stands on none (a tag, a detached HEAD)."""
    branch = _word(said.get("branch")).removeprefix("refs/heads/").removeprefix("origin/")
    found = {
        "commit": _word(said.get("commitid")),
        "branch": "" if branch in _NOTHING else branch,
        "parent": _if_usable("parent", _word(said.get("parent_commit_id"))),
        "pull": _if_usable("pull", _word(said.get("pullid"))),
    }
    return {name: [text] for name, text in found.items() if text}


def upload_fields(said: Mapping[str, Any], *, of_tests: bool = False) -> Fields:
    """Return the facts of an upload.

    A job or name that is a bare number is a run of a job: it never comes again, so it names nothing. The slot is the CI with its job
    and whatever variables the client was told to send (they tell apart the legs of a matrix). Only if one of them counts attempts does
    a re-run replace what it repeats; else uploads of one job join, since legs of a matrix and re-runs cannot be told apart.
    """
    variables = _variables(said.get("env"))
    name, job = _name(said.get("name")), _name(said.get("job_code"))
    job = next((word for word in (name, job) if word and not word.isdigit()), "")
    attempt = next(
        (
            str(int(variables[word]) + more)
            for word, more in _ATTEMPTS.items()
            if _counts(variables.get(word))
        ),
        "",
    )
    legs = sorted((word, text) for word, text in variables.items() if word not in _ATTEMPTS)
    service = _name(said.get("ci_service") or said.get("service"))
    slot = "/".join(("tests" if of_tests else "coverage", service, job))
    if legs:
        slot += f" {hashlib.sha256(json.dumps(legs).encode()).hexdigest()[:16]}"
    found = {
        "job": job,
        "name": "" if name.isdigit() else name,
        "build_url": _if_usable("build_url", _word(said.get("ci_url"))),
        "slot": slot if job or legs else "",
        "attempt": _if_usable("attempt", attempt),
    }
    fields = {key: [text] for key, text in found.items() if text}
    flags = said.get("flags")
    if isinstance(flags, str):
        flags = [flags]
    if isinstance(flags, Sequence) and (words := [_word(flag) for flag in flags if flag]):
        fields["flags"] = words
    return fields


def ci_of(said: Mapping[str, Any], service: str = "") -> dict[str, str]:
    """Return what is kept of the CI beside the envelope; nothing of the variables, which may be secrets."""
    found = {
        "name": _name(said.get("ci_service") or said.get("service")),
        "forge": _name(service),
        "job": _name(said.get("job_code")),
    }
    return {key: text for key, text in found.items() if text}


def checked(fields: Mapping[str, Sequence[str]]) -> envelope.Envelope:
    """Return the envelope of `fields`. Raises `Problem` with a sentence for the log of the job."""
    try:
        return envelope.read(fields)
    except envelope.FieldError as error:
        code = "missing_field" if error.message == envelope.MISSING else "bad_field"
        hint = _HINTS.get(error.field, "") or error.hint
        raise Problem(
            400, code, f"The field {error.field} {error.message}.", hint=hint, field=error.field
        ) from error


def commit_id(text: str, *, hint: str = "") -> str:
    """Return a full commit id, in small letters. Raises `Problem`, with the way out `hint`."""
    try:
        return checked({"commit": [text or "-"], "branch": ["-"]}).commit
    except Problem as problem:
        problem.hint = hint or problem.hint
        raise


_HINTS = {
    "branch": "Name the git branch: codecovcli ... --branch NAME (in codecov-action: override_branch).",
    "commit": "Name the full commit id: codecovcli ... --sha SHA (in codecov-action: override_commit).",
}


def _variables(env: Any) -> dict[str, str]:
    if not isinstance(env, Mapping):
        return {}
    found = {str(name): _word(value) for name, value in list(env.items())[:MAX_VARIABLES]}
    return {name: value for name, value in found.items() if value}


def _counts(text: str | None) -> bool:
    return bool(text) and str(text).isascii() and str(text).isdigit() and len(str(text)) < 7


def _word(value: Any) -> str:
    """Return a value as text; what stands for nothing is ""."""
    if value is None or isinstance(value, bool | Mapping | list):
        return ""
    text = str(value).strip()
    return "" if text.lower() in _NOTHING else text


def _name(value: Any) -> str:
    """Return a name that is only shown: without control characters, and not too long."""
    text = _CONTROL.sub(" ", _word(value)).encode("utf-8", "replace").decode()
    return text.strip()[:200]


def _if_usable(field: str, text: str) -> str:
    try:
        envelope.FIELDS[field](text)
        text.encode()
    except ValueError:
        return ""
    return text
