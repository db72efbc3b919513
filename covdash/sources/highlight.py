"""Source text as HTML lines with four kinds of tokens. Never called in a request: Pygments takes up to a second for 3,000 lines.

Everything is escaped before it is marked, and the only markup is `<span class=X>` with X one of k (keyword), s (string),
c (comment), n (number). Bounded: nothing is marked in files above `MAX_LINES` or `MAX_CHARACTERS`, nor in lines above `MAX_WIDTH`.
"""

from __future__ import annotations

from html import escape

import pygments
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename
from pygments.token import Comment, Keyword, Literal, Operator
from pygments.token import _TokenType as TokenType

MAX_LINES = 5_000
MAX_CHARACTERS = 400_000
MAX_WIDTH = 200
VERSION = f"1-pygments-{pygments.__version__}"
"""Changes whenever the same text may come out differently: what was made by another version is made anew."""

_KINDS = ((Comment, "c"), (Literal.String, "s"), (Literal.Number, "n"), (Keyword, "k"), (Operator.Word, "k"))


def highlight(lines: tuple[str, ...], path: str) -> tuple[str, ...] | None:
    """Return `lines` (without line breaks) as HTML, as many as there are; None when there is nothing to mark.

    `path` chooses the language. None: an unknown language, a text beyond the bounds, or one that the lexer does not give back whole.
    """
    if len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_CHARACTERS:
        return None
    found = find_lexer_class_for_filename(path.rpartition("/")[2])
    if found is None:
        return None
    # Long lines are taken out: they are not marked, and minified code is what makes lexers slow.
    short = [line if len(line) <= MAX_WIDTH else "" for line in lines]
    marked = _mark(found(stripnl=False, ensurenl=False), short)
    if marked is None:
        return None
    return tuple(
        html if len(line) <= MAX_WIDTH else escape(line) for line, html in zip(lines, marked, strict=True)
    )


def _mark(lexer: Lexer, lines: list[str]) -> list[str] | None:
    """Return the HTML of `lines`, or None when the tokens are not the text."""
    rows: list[list[tuple[str, str]]] = [[]]
    # Some lexers only know a comment or a directive by the end of its line.
    for kind, text in lexer.get_tokens("".join(f"{line}\n" for line in lines)):
        mark = _kind(kind)
        for number, part in enumerate(text.split("\n")):
            if number:
                rows.append([])
            if part:
                _append(rows[-1], mark, part)
    plain = ["".join(text for _, text in row) for row in rows]
    if plain != [*lines, ""]:
        return None
    return ["".join(_span(mark, text) for mark, text in row) for row in rows][: len(lines)]


def _append(row: list[tuple[str, str]], mark: str, text: str) -> None:
    """Add a token to a row; neighbours of one kind are one, and so are words of one kind with only space between them."""
    if row and row[-1][0] == mark:
        row[-1] = (mark, row[-1][1] + text)
    elif len(row) > 1 and mark and row[-2][0] == mark and row[-1][1].isspace():
        space = row.pop()[1]
        row[-1] = (mark, row[-1][1] + space + text)
    else:
        row.append((mark, text))


def _span(mark: str, text: str) -> str:
    return f"<span class={mark}>{escape(text)}</span>" if mark else escape(text)


def _kind(token: TokenType) -> str:
    return next((mark for kind, mark in _KINDS if token[: len(kind)] == kind), "")
