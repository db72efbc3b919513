"""Paths as a `codecov.yml` writes them, as patterns and rules of covdash. PURE.

There a path is a beginning of a path, a glob or a regular expression, told apart by its looks, and a path that is taken away is taken
away whatever the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from covdash.coverage.globs import PatternError, rule_of

_REGEX = re.compile(r"\.\*|\.\+|[\^$()|+{}\\]")
_GLOB = re.compile(r"\*\*|(?:^|[/^])\*")
"""No regular expression has such a star, so that `*.test.*` is a glob."""
_LEFT_OVER = re.compile(r"[\^$()|+{}\\\[\]?]")


class UntranslatableError(ValueError):
    """What covdash has no rule for, with the reason."""


def pattern_of(path: str) -> tuple[str, str]:
    """Return the pattern for a path, and what it means otherwise ("" when it means the same). Raises `UntranslatableError`."""
    bare = path.strip().removeprefix("!")
    if _GLOB.search(bare):
        found, note = _from_glob(bare.removeprefix("^").removesuffix("$"))
    else:
        found, note = _from_regex(bare) if _REGEX.search(bare) else _from_glob(bare)
    try:
        rule_of(found)
    except PatternError as error:
        raise UntranslatableError(str(error)) from error
    return (f"!{found}" if path.strip().startswith("!") else found), note


def patterns_of(paths: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the patterns for a list of paths, and (path, remark) of what was left out or means something else."""
    wanted: list[str] = []
    taken: list[str] = []
    remarks: list[tuple[str, str]] = []
    for path in paths:
        try:
            pattern, note = pattern_of(path)
        except UntranslatableError as error:
            remarks.append((path, f"left out: {error}"))
            continue
        if note:
            remarks.append((path, note))
        (taken if pattern.startswith("!") else wanted).append(pattern)
    if taken and not wanted:
        wanted.append("**")
    return list(dict.fromkeys([*wanted, *taken])), remarks


def fix_of(said: str) -> dict[str, Any]:
    """Return the rule for `before::after`. Raises `UntranslatableError`."""
    before, divider, after = said.partition("::")
    if not divider:
        raise UntranslatableError("there is no :: in it")
    if not before:
        return {"find": "^", "to": _template(after), "kind": "regex"}
    if _REGEX.search(before) or "[" in before:
        expression = f"^(?:{before.removeprefix('^')})"
    elif re.search(r"[*?]", before):
        expression = "^" + "".join({"*": "[^/]+", "?": "[^/]"}.get(char, re.escape(char)) for char in before)
        if before.endswith("*") and after.endswith("/"):
            expression += "/?"
    else:
        return {"find": before, **({"to": after} if after else {})}
    try:
        re.compile(expression)
    except re.error as error:
        raise UntranslatableError(f"it is no regular expression: {error}") from error
    return {"find": expression, "to": _template(after), "kind": "regex"}


def _template(after: str) -> str:
    return after.replace("\\", "\\\\")


def _from_glob(path: str) -> tuple[str, str]:
    path = path.removeprefix("./")
    path = re.sub(r"(?:/\*\*)?/\*\*/\*$", "/**", path)
    if path.startswith("*/"):
        path = f"*{path}"
    inner = path.strip("/")
    if "/" not in inner and not path.startswith("/"):
        # A name with a star is meant at any depth, one without is a file or a folder at the root.
        path = path if "*" in path else f"/{path}"
    if path.endswith("/*"):
        return path, "taken with everything below; a pattern for the files of one folder alone does not exist"
    return path, ""


def _from_regex(path: str) -> tuple[str, str]:
    """Translate what people write with `.*`; anything cleverer has no pattern."""
    body = path.removeprefix("^").removeprefix("/").removesuffix("$")
    body = re.sub(r"\\([.\-/_ ])", r"\1", body)
    loose = body.startswith(".*")
    if body.startswith(".*/"):
        body, loose = f"**/{body[3:]}", False
    body = re.sub(r"(?<=/)\.\*(?=/)", "**", body)
    body = re.sub(r"/\.\*$", "/**", body)
    body = re.sub(r"(?<=/)\.\*(?=[^/])", "**/*", body)
    body = re.sub(r"\.\*", "*", body)
    if _LEFT_OVER.search(body):
        raise UntranslatableError("it is a regular expression that no pattern can say")
    if "/" not in body.strip("/") and not loose:
        body = f"/{body}"
    elif loose and "/" in body:
        body = f"**/{body}"
    return body, "" if body.endswith("/**") else "a regular expression, read as this pattern"
