"""Highlighting escapes everything, marks four kinds, keeps every character, and gives up on what is too large."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from covdash.sources.highlight import MAX_CHARACTERS, MAX_LINES, MAX_WIDTH, highlight

SPAN = re.compile(r"<span class=([kscn])>([^<>]*)</span>")
PYTHON = (
    "# a comment, <b>not</b> markup",
    "def refund(order, *, amount=12.5):",
    '    """One',
    "    & two </span> lines.",
    '    """',
    "    if order and 'it\\'s' not in order:",
    "        return None",
    "",
    "    yield from range(0x1F)  # done",
)


def plain(marked: str) -> str:
    """The text of a marked line; fails when there is any other markup."""
    inside = SPAN.sub(lambda found: found[2], marked)
    assert "<" not in inside
    assert ">" not in inside
    return html.unescape(inside)


def kinds(marked: str) -> list[tuple[str, str]]:
    """(class, text) of the spans of a line."""
    return [(found[1], html.unescape(found[2])) for found in SPAN.finditer(marked)]


def test_four_kinds_are_marked() -> None:
    marked = highlight(PYTHON, "src/pay/charge.py")

    assert marked is not None
    assert [plain(line) for line in marked] == list(PYTHON)
    assert kinds(marked[0]) == [("c", PYTHON[0])]
    assert kinds(marked[1]) == [("k", "def"), ("n", "12.5")]
    assert kinds(marked[2]) == [("s", '"""One')]
    assert kinds(marked[3]) == [("s", "    & two </span> lines.")]
    assert kinds(marked[5]) == [("k", "if"), ("k", "and"), ("s", r"'it\'s'"), ("k", "not in")]
    assert kinds(marked[6]) == [("k", "return None")]
    assert marked[7] == ""
    assert kinds(marked[8])[-1] == ("c", "# done")


@pytest.mark.parametrize(
    ("path", "line", "wanted"),
    [
        (
            "a.go",
            'func Main() string { return "x<y" }',
            [("k", "func"), ("k", "string"), ("k", "return"), ("s", '"x<y"')],
        ),
        ("a.java", "int x = 3; // three", [("k", "int"), ("n", "3"), ("c", "// three")]),
        ("a.ts", "const a = `t${1}`;", [("k", "const"), ("s", "`t${"), ("n", "1"), ("s", "}`")]),
        ("a.rs", "let x = 1;", [("k", "let"), ("n", "1")]),
        ("a.php", "<?php return 1;", [("k", "return"), ("n", "1")]),
    ],
)
def test_languages_are_told_by_the_path(path: str, line: str, wanted: list[tuple[str, str]]) -> None:
    marked = highlight((line,), f"deep/{path}")

    assert marked is not None
    assert plain(marked[0]) == line
    assert [pair for pair in kinds(marked[0]) if pair in wanted] == wanted


def test_what_has_no_language_is_left_alone() -> None:
    assert highlight(PYTHON, "README.unknown-ending") is None
    assert highlight(PYTHON, "") is None


def test_large_files_and_long_lines_are_left_alone() -> None:
    assert highlight(("x = 1",) * (MAX_LINES + 1), "a.py") is None
    assert highlight(("x" * 1000,) * (MAX_CHARACTERS // 1000 + 1), "a.py") is None
    long = "y = '<" + "z" * MAX_WIDTH + "'"
    marked = highlight(("x = 1", long, "x = 2"), "a.py")
    assert marked is not None
    assert marked[1] == html.escape(long)
    assert kinds(marked[0]) == [("n", "1")]
    assert kinds(marked[2]) == [("n", "2")]


def test_an_empty_file_has_no_lines() -> None:
    assert highlight((), "a.py") == ()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=40), max_size=8),
    st.sampled_from(["a.py", "a.js", "a.c", "a.html", "a.php", "a.go", "a.xml", "a.rb", "a.tsx", "Makefile"]),
)
@example(["<script>alert(1)</script>", "\x0c\x1c\u2028\x85"], "a.html")
@example(["\ufeffx = 1"], "a.py")
@example(["'''", "<img src=x onerror=y>"], "a.py")
def test_any_text_comes_out_whole_and_escaped(lines: list[str], path: str) -> None:
    """Whatever a file holds: as many lines, the same characters, no markup but the four spans; or nothing at all."""
    marked = highlight(tuple(lines), path)

    if marked is not None:
        assert [plain(line) for line in marked] == lines
