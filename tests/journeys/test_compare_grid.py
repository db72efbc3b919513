"""The table of categories of a comparison: words, numbers and letters stay together at each width."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from tests.journeys.conftest import Open
from tests.journeys.test_every_page import whole as whole  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

GRID = """() => [...document.querySelectorAll(".grid12 td:has(abbr)")].map((cell) => {
    const box = (name) => cell.querySelector(name).getBoundingClientRect(), right = cell.getBoundingClientRect().right;
    const [number, letters] = [box(".grid12-number"), box("abbr")], words = [...cell.querySelector(".state").getClientRects()];
    return {
        letters: cell.querySelector("abbr").textContent, lines: words.length,
        beside: words.every(({left}) => left >= number.right) && words[0].top < number.bottom,
        ended: letters.top < words.at(-1).bottom, inside: [letters, ...words].every((one) => one.right <= right),
    };
})"""
"""Of each category: lines of its words, whether they stand beside the number, the letters end them, and all is in the cell."""


def test_words_of_categories_stand_beside_their_numbers(
    open_page: Open, ada: User, whole: dict[str, str]
) -> None:
    page = open_page(whole["compare"], ada)
    for width, most in ((1280, 2), (1000, 3), (900, 1), (390, 1), (320, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        cells = page.evaluate(GRID)
        assert len(cells) == 12
        wrong = [
            one
            for one in cells
            if one["lines"] > most or not (one["beside"] and one["ended"] and one["inside"])
        ]
        assert wrong == [], width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
