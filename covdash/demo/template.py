"""Source templates: how one file under `sources/` becomes the text of a file at some point of a project's history. PURE.

A template is a source file with the suffix `.in` and directives in its own comment style, `#` or `//`:

    //: with refunds             the lines up to `//: end` are there once the switch `refunds` is on
    //: without refunds          ... until the switch is on
        retries = 3              //: with retry       this line only

Sections nest. A file of which nothing is left does not exist yet. What is measured lives in `blocks.py`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

SOURCES = Path(__file__).parent / "sources"
SUFFIX = ".in"
_DIRECTIVE = re.compile(r"\s*(?:#|//): ?(with|without|end)\b *(.*)$")


def render(template: str, on: frozenset[str]) -> str:
    """Return the text of `template` when the switches `on` are on; raises ValueError for a section that is not closed."""
    kept: list[str] = []
    sections: list[bool] = []
    for line in template.splitlines():
        found = _DIRECTIVE.search(line)
        if found is None:
            if all(sections):
                kept.append(line)
            continue
        word, switches = found[1], set(found[2].split())
        shown = switches <= on if word == "with" else not switches & on
        code = line[: found.start()]
        if code.strip():
            if shown and all(sections):
                kept.append(code.rstrip())
        elif word == "end":
            sections.pop()
        else:
            sections.append(shown)
    if sections:
        raise ValueError("a section of the template is not closed with `: end`")
    text = re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept).strip("\n"))
    return f"{text}\n" if text.strip() else ""


@cache
def templates(project: str) -> Mapping[str, str]:
    """Return the templates of a project by the path that the file has in its repository, in order."""
    root = SOURCES / project
    return MappingProxyType(
        {
            path.relative_to(root).as_posix().removesuffix(SUFFIX): path.read_text(encoding="utf-8")
            for path in sorted(root.rglob(f"*{SUFFIX}"))
        }
    )


def checkout(project: str, on: frozenset[str]) -> dict[str, str]:
    """Return path -> text of the files of a project that exist when the switches `on` are on."""
    rendered = {path: _rendered(project, path, on & _switches(project, path)) for path in templates(project)}
    return {path: text for path, text in rendered.items() if text}


@cache
def _rendered(project: str, path: str, on: frozenset[str]) -> str:
    try:
        return render(templates(project)[path], on)
    except ValueError as error:
        raise ValueError(f"{project}/{path}: {error}") from None


@cache
def _switches(project: str, path: str) -> frozenset[str]:
    lines = templates(project)[path].splitlines()
    return frozenset(
        word for line in lines if (found := _DIRECTIVE.search(line)) for word in found[2].split()
    )
