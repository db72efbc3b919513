"""The uploader as one file: the rooms of `ingest/client`, joined in a fixed order, with version and server written in. PURE.

Joined, imports between rooms are gone (their names are in one module then), imports of the standard library stand at the top, types
and docstrings stay behind (they are here, where it is developed), a step of indentation is a tab, and what fits on a line is on one.
Comments and names are kept. The same input gives the same bytes.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from ingest.client import start

ROOMS = (
    "start", "words", "environment", "forges", "builders", "systems", "git", "trees", "repository", "recognition", "walking", "search",
    "proxies", "wire", "commit", "manifest", "exchange", "bundle", "options", "doctor", "telling", "program",
)  # fmt: skip
"""The rooms in the order in which they are joined: each uses only those before it."""
MAX_BYTES = 120_000
WIDTH = 150
VERSION = start.VERSION
_FOLDER = Path(__file__).parent / "client"
_OWN = "ingest.client."
_MARKS = re.compile(r"[ ]*  # (?:noqa|type: ignore|fmt: skip)[^\n]*")

_HEADER = """\
#!/usr/bin/env python3
# covdash-upload {version}: sends reports of coverage, tests and mutants to covdash.
#
# Licensed under the Apache License, Version 2.0; you may not use this file except in compliance with it. A copy is at
# http://www.apache.org/licenses/LICENSE-2.0. It comes "AS IS", WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, express or implied.
# SPDX-License-Identifier: Apache-2.0
#
# Needs Python 3.8 or newer and nothing else. Run it isolated: python3 -I covdash-upload.py --help
# Joined from the rooms of ingest/client in the source of covdash, where the same code stands with its types and docstrings.
"""


@dataclass(frozen=True, slots=True)
class Program:
    """The one file: its bytes, and their SHA-256 in hex."""

    body: bytes
    sha256: str


class JoinError(Exception):
    """Two rooms use one name, or a room imports what is no part of the program."""


@lru_cache(maxsize=4)
def program(*, server: str) -> Program:
    """Return the uploader that sends to `server` unless it is told otherwise. Raises `JoinError`."""
    owners: dict[str, str] = {}
    imports: set[str] = set()
    parts: list[str] = []
    for room in ROOMS:
        text = (_FOLDER / f"{room}.py").read_text(encoding="ascii")
        tree = ast.parse(text)
        for name in _names(tree):
            if owners.setdefault(name, room) != room:
                raise JoinError(f"{name} is a name of {owners[name]} and of {room}")
        if room != "start":
            imports |= set(_imports(tree, room))
        parts.append(_part(room, text, tree))
    first, *rest = parts
    used = set(re.findall(r"\w+", "".join(rest)))
    imports = {line for line in imports if line.rpartition(" ")[2].split(".")[0] in used}
    first = first.replace('\nSERVER = ""\n', f"\nSERVER = {server!a}\n")
    body = "\n\n".join([_HEADER.format(version=VERSION) + "\n" + first, _ordered(imports), *rest]).encode(
        "ascii"
    )
    return Program(body, hashlib.sha256(body).hexdigest())


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield what a room defines at its top."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


def _imports(tree: ast.Module, room: str) -> Iterator[str]:
    """Yield the imports of the standard library, one statement a name."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (f"import {name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            if any(name.asname for name in node.names):
                raise JoinError(f"{room} imports under another name, which does not survive the joining")
            if not (node.module or "").startswith(_OWN):
                yield from (f"from {node.module} import {name.name}" for name in node.names)


def _ordered(imports: set[str]) -> str:
    """Return imports as a block, the names of one module on one line."""
    plain = sorted(line for line in imports if line.startswith("import"))
    named: dict[str, list[str]] = {}
    for line in sorted(imports - set(plain)):
        module, _, name = line.removeprefix("from ").partition(" import ")
        named.setdefault(module, []).append(name)
    return "\n".join(
        [*plain, *(f"from {module} import {', '.join(names)}" for module, names in named.items())]
    )


def _part(room: str, text: str, tree: ast.Module) -> str:
    """Return the text of a room without what stays behind, below a heading."""
    lines = text.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)

    def at(line: int, column: int) -> int:
        return offsets[line - 1] + column

    edits = [(at(*place), at(*end), new) for place, end, new in chain(*(edit(tree) for edit in _EDITS))]
    for place, end, new in sorted(edits, reverse=True):
        text = text[:place] + new + text[end:]
    text = _MARKS.sub("", text)
    text = re.sub(r"[ \t]+\n", "\n", text)
    text = re.sub(r"\n{3,}(?=[ \t])", "\n\n", text)
    text = re.sub(r"(:\n)\n+(?=[ ])", r"\1", text)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
    words = re.split(r"[:;.] |\.?\n|\.$", ast.get_docstring(tree) or "")[0]
    laid_out = re.sub(
        r"^(?:    )+", lambda found: "\t" * (len(found[0]) // 4), _wide(text), flags=re.MULTILINE
    )
    if ast.dump(ast.parse(laid_out)) != ast.dump(ast.parse(text)):
        raise JoinError(
            f"{room} means something else when it is laid out anew: has it a string with indented lines?"
        )
    return f"# ---- {room}: {words}\n\n{laid_out}\n"


def _wide(text: str) -> str:
    """Return `text` with statements on one line that are broken over several and fit into `WIDTH`: without types many do."""
    lines = text.split("\n")
    start, spans = 0, []
    comments: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and token.start[0] != token.end[0]
        ):
            comments.update(range(token.start[0], token.end[0] + 1))
        elif token.type == tokenize.NEWLINE:
            spans.append((start, token.end[0]))
            start = 0
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and not start:
            start = token.start[0]
    for first, last in reversed(spans):
        if last > first and comments.isdisjoint(range(first, last + 1)):
            joined = _one_line(lines[first - 1 : last])
            if len(joined) <= WIDTH:
                lines[first - 1 : last] = [joined]
    return "\n".join(lines)


def _one_line(rows: list[str]) -> str:
    """Join the rows of a statement. The comma before a closing bracket goes, unless it could be what makes a tuple."""
    joined, opened = rows[0].rstrip(), []
    for row in map(str.strip, rows[1:]):
        if joined[-1] in "([{":
            opened.append(
                len(joined) > 1 and (joined[-2].isalnum() or joined[-2] in "_)]") and joined[-1] == "("
            )
        if row[0] in ")]}":
            is_call = opened.pop() if opened else False
            joined = (joined.removesuffix(",") if is_call else joined) + row
        else:
            joined += row if joined[-1] in "([{" else f" {row}"
    return joined


_Place = tuple[int, int]
_Edit = tuple[_Place, _Place, str]
"""Start, end and new text."""


def _without_imports(tree: ast.Module) -> Iterator[_Edit]:
    """Take imports out, but for that of `sys`, which comes before all else."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) or (isinstance(node, ast.Import) and not _is_start(tree)):
            yield _span(node, "")


def _without_docstrings(tree: ast.Module) -> Iterator[_Edit]:
    """Take docstrings out, and those of constants; a body of nothing else is `pass`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            texts = [
                one for one in node.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            ]
            for text in texts:
                yield _span(text, "" if len(node.body) > 1 else "pass")


def _without_types(tree: ast.Module) -> Iterator[_Edit]:
    """Take annotations out, but for those that make fields of a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from _signature(node)
        elif isinstance(node, ast.AnnAssign) and _is_field(tree, node):
            yield _span(node.annotation, _field_type(node.annotation))
        elif isinstance(node, ast.AnnAssign) and node.value is None:
            yield _span(node, "pass")
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield (_end(node.target), _start(node.value), " = ")


def _signature(node: ast.FunctionDef) -> Iterator[_Edit]:
    """Write the head of a function on one line, without types. Every function says what it returns: its head ends there."""
    if node.returns is None:
        raise JoinError(f"{node.name} does not say what it returns")
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    yield (_start(node), _end(node.returns), f"def {node.name}({ast.unparse(node.args)})")


def _is_start(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Assert) for node in tree.body[:3])


def _is_field(tree: ast.Module, node: ast.AnnAssign) -> bool:
    """Whether an annotation makes a field of a class, and must stay."""
    return any(isinstance(owner, ast.ClassDef) and node in owner.body for owner in tree.body)


def _field_type(annotation: ast.expr) -> str:
    """Return the type of a field, as far as Python 3.8 can read it."""
    text = ast.unparse(annotation)
    return text if hasattr(builtins, text) else "Any"


def _start(node: ast.expr | ast.stmt) -> _Place:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> _Place:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _span(node: ast.expr | ast.stmt, new: str) -> _Edit:
    return _start(node), _end(node), new


_EDITS = (_without_imports, _without_docstrings, _without_types)
