"""Templates: sections, single lines, files that do not exist yet."""

from __future__ import annotations

import pytest

from covdash.demo.template import render

TEMPLATE = """\
first
//: with a
second
//: without b
third
//: end
//: end
fourth = 4  #: with b
"""


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("", "first\n"),
        ("a", "first\nsecond\nthird\n"),
        ("b", "first\nfourth = 4\n"),
        ("a b", "first\nsecond\nfourth = 4\n"),
    ],
)
def test_sections_and_lines_follow_the_switches(on: str, expected: str) -> None:
    assert render(TEMPLATE, frozenset(on.split())) == expected


def test_nothing_left_is_no_file() -> None:
    assert render("#: with a\n\nx = 1\n#: end\n", frozenset()) == ""


def test_an_open_section_is_an_error() -> None:
    with pytest.raises(ValueError, match="not closed"):
        render("#: with a\nx\n", frozenset())
