"""The outline of a JSON document from its first bytes: enough to tell a format, without reading the whole. PURE."""

from __future__ import annotations

import json
import re

from ingest.parsing import ParseError

MAX_DEPTH = 200
_MARK = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|\[[-\d., \n]*\]|[{}\[\]]', re.DOTALL)
"""A text, perhaps as a key; a list of numbers, which tells nothing; a bracket."""


def outline(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of the top-level object, and those of its first value that is an object, as far as `text` goes.

    Of a top-level array the first object counts as the top level. Raises `ParseError` too_deep.
    """
    keys: list[str] = []
    first: list[str] = []
    stack: list[str] = []
    top = 1 if text.lstrip().startswith("{") else 2
    opened = 0  # how many objects have been opened right below the top-level object
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark in "{[":
            stack.append(mark)
            if len(stack) > MAX_DEPTH:
                raise ParseError(
                    "too_deep",
                    f"the JSON is nested more than {MAX_DEPTH} deep; no report is",
                    f"byte {match.start()}",
                )
            opened += mark == "{" and len(stack) == top + 1
        elif mark in "}]":
            if stack:
                stack.pop()
            if len(stack) < top:
                break
        elif match[2] and stack and stack[-1] == "{":
            if len(stack) == top:
                keys.append(_text(match[1]))
            elif len(stack) == top + 1 and opened == 1:
                first.append(_text(match[1]))
    return tuple(keys), tuple(first)


def _text(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw
