"""The comparison of the producers: it sees every difference, and only differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from covdash.shelf import books
from tests.producers import tools
from tests.producers.figures import Says, Share, differences
from tests.producers.ground import Producer

FILE = {
    "path": "src/shop/cart.py",
    "totals": {"lines": {"covered": 2, "total": 3}},
    "lines": {"1": 1, "2": 0, "4": 7},
}
FOUND: dict[str, Any] = {
    "format": "lcov",
    "totals": {"lines": {"covered": 2, "total": 3}, "branches": {"covered": 1, "total": 3}},
    "files": [FILE],
    "warnings": [],
}
SAYS = Says(
    "lcov",
    {"lines": (2, 3), "branches": Share("33.3", 3), "functions": None},
    {"shop/cart.py": {"lines": Share("66.67", 3)}},
    {"shop/cart.py": [(2, 2)]},
)


def test_what_a_tool_says_alike_is_alike() -> None:
    assert list(differences(SAYS, FOUND)) == []


@pytest.mark.parametrize(
    ("says", "word"),
    [
        (replace(SAYS, format="cobertura"), "cobertura"),
        (replace(SAYS, totals={"lines": (3, 3)}), "lines 2/3"),
        (replace(SAYS, totals={"branches": Share("33.4", 3)}), "branches 1/3"),
        (replace(SAYS, totals={"branches": Share("33.3", 4)}), "branches 1/3"),
        (replace(SAYS, totals={"branches": None}), "branches 1/3"),
        (replace(SAYS, totals={"functions": (0, 2)}), "functions none"),
        (replace(SAYS, files={"shop/other.py": {}}), "no file"),
        (replace(SAYS, files={"shop/cart.py": {}, "shop/other.py": {}}), "1 files, not 2"),
        (replace(SAYS, files={"shop/cart.py": {"lines": (1, 3)}}), "lines 2/3"),
        (replace(SAYS, missed={"shop/cart.py": [(1, 2)]}), "not missed in both"),
        (replace(SAYS, missed={"shop/cart.py": []}), "not missed in both"),
        (replace(SAYS, warnings=frozenset({"totals_only"})), "no warning"),
        (replace(SAYS, methods=2), "methods"),
    ],
)
def test_every_difference_is_seen(says: Says, word: str) -> None:
    assert any(word in unlike for unlike in differences(says, FOUND))


def test_a_warning_nobody_expects_and_a_refusal_are_differences() -> None:
    warned = FOUND | {"warnings": [{"code": "bad_record", "count": 1, "example": "x"}]}

    assert any("bad_record" in unlike for unlike in differences(SAYS, warned))
    refused = {"input": "x", "error": {"code": "malformed", "message": "no", "where": ""}}
    assert list(differences(SAYS, refused)) == ["not read: malformed: no"]


@pytest.mark.parametrize(
    ("percent", "cut", "covered", "total", "same"),
    [
        ("66.67", False, 2, 3, True), ("66.66", False, 2, 3, False), ("66.66", True, 2, 3, True), ("66.67", True, 2, 3, False),
        ("100", False, 5, 5, True), ("0.0", False, 0, 9, True), ("81.2", False, 13, 16, True),
    ],
)  # fmt: skip
def test_percentages_are_rounded_as_tools_do(
    percent: str, *, cut: bool, covered: int, total: int, same: bool
) -> None:
    assert Share(percent, cut=cut).is_of(covered, total) == same


def test_every_tool_has_a_book() -> None:
    names = {producer.name for producer in books(tools, "PRODUCER", Producer)}

    assert {
        "coverage.py",
        "istanbul",
        "go",
        "gcov",
        "lcov",
        "gcovr",
        "llvm-cov",
        "jacoco",
        "phpunit",
        "simplecov",
        "devel-cover",
        "genhtml",
    } == names
