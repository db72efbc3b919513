"""The badge as a picture: well-formed and without anything active for any text, as wide as its text, numbers by the rules of pages."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.charts import badge

ALLOWED = {"svg", "title", "clipPath", "rect", "g", "path", "text"}


@given(
    st.text(max_size=80),
    st.text(max_size=40),
    st.none() | st.tuples(st.integers(0, 50), st.integers(0, 50)),
    st.text(max_size=120),
)
def test_any_text_gives_a_picture_without_anything_active(
    label: str, value: str, pair: tuple[int, int] | None, so_far: str
) -> None:
    count = Count(min(pair), max(pair)) if pair else None
    found = badge.svg(badge.build(label, value, count, so_far=so_far))
    root = ET.fromstring(found)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= ALLOWED
    assert not re.search(r"\s(?:style|href|on\w+)=", re.sub(r'"[^"]*"', '""', found))
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("}text")]
    assert len(texts[0]) <= badge.MAX_LABEL
    assert len(texts[1]) <= badge.MAX_VALUE + len(" so far")


def test_it_is_as_wide_as_its_text_and_its_bar_as_long_as_the_share() -> None:
    half = ET.fromstring(badge.svg(badge.build("coverage", "50 %", Count(1, 2))))
    assert badge.width_of("coverage") == 51  # as Verdana at 11 px
    assert int(half.attrib["width"]) == badge.width_of("coverage") + badge.width_of("50 %") + 24
    paths = [element.attrib for element in half.iter() if element.tag.endswith("path")]
    right = badge.width_of("50 %") + 12
    assert f"h{round(right / 2)}v3" in paths[2]["d"]
    assert half.attrib["aria-label"] == "coverage: 50 %"


def test_a_number_that_is_not_final_says_so_and_why() -> None:
    final, early = (
        badge.build("coverage", "50 %", Count(1, 2), so_far=why) for why in ("", "3 of 5 uploads in")
    )
    root = ET.fromstring(badge.svg(early))

    assert [element.text for element in root.iter() if element.tag.endswith("}text")] == [
        "coverage",
        "50 % so far",
    ]
    assert root.attrib["aria-label"] == "coverage: 50 % so far (3 of 5 uploads in)"
    assert int(root.attrib["width"]) == badge.width_of("coverage") + badge.width_of("50 % so far") + 24
    assert badge.shields(early) == badge.shields(final) | {"message": "50 % so far"}


def test_no_number_is_grey_and_has_no_bar() -> None:
    found = badge.svg(badge.build("coverage", "unknown"))
    assert badge.NOTHING_COLOUR in found
    assert badge.BAR_COLOUR not in found
    assert badge.build("x", "-", Count(0, 0)).count is None


@pytest.mark.parametrize("colour", [badge.LABEL_COLOUR, badge.VALUE_COLOUR, badge.NOTHING_COLOUR])
def test_white_text_can_be_read_on_every_colour(colour: str) -> None:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("count", "decimals", "text"),
    [
        (Count(9999, 10000), 1, "99.9 %"),
        (Count(1, 5000), 1, "0.1 %"),
        (Count(99999, 100000), 2, "99.99 %"),
        (Count(999, 1000), 0, "99 %"),
        (Count(1, 1000), 0, "1 %"),
        (Count(2, 3), 2, "66.67 %"),
        (Count(2, 3), 0, "67 %"),
        (Count(7, 7), 0, "100 %"),
        (Count(0, 7), 2, "0 %"),
        (Count(8005, 10000), 2, "80.05 %"),
    ],
)
def test_decimals_keep_the_rule_of_the_ends(count: Count, decimals: int, text: str) -> None:
    assert figures.percent(count, decimals) == text
