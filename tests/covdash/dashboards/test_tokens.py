"""Colours: every ratio that the design promises, computed again from the tokens; and no colour named anywhere else."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "static" / "css"
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
TOKEN = re.compile(r"--([\w-]+):\s*(?:light-dark\((#\w+),\s*(#\w+)\)|(#\w+));")
THEMES = ("light", "dark")


def tokens(theme: str) -> dict[str, str]:
    text = (CSS / "tokens.css").read_text().partition("@media")[0]
    return {
        name: one or (light if theme == "light" else dark) for name, light, dark, one in TOKEN.findall(text)
    }


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["bg", "panel"])
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("text", 7.0),
        ("muted", 4.5),
        ("link", 4.5),
        ("focus", 3.0),
        ("control", 3.0),
        *((state, 3.0) for state in ("verified", "covered", "partial", "missed", "unmeasured")),
        *((f"code-{kind}", 4.5) for kind in ("keyword", "string", "number", "comment")),
    ],
)
def test_marks_and_text_stand_out(theme: str, ground: str, name: str, least: float) -> None:
    found = tokens(theme)

    assert contrast(found[name], found[ground]) >= least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("number", range(1, 7))
def test_a_series_stands_out_on_the_page(theme: str, number: int) -> None:
    """Charts are drawn on the ground of the page, never on a panel."""
    found = tokens(theme)

    assert contrast(found[f"series-{number}"], found["bg"]) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tint", ["missed-tint", "partial-tint", "selected-tint", "covered-tint"])
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("text", 7.0),
        ("muted", 4.5),
        ("link", 4.5),
        *((f"code-{k}", 4.5) for k in ("keyword", "string", "number", "comment")),
    ],
)
def test_source_stays_readable_on_a_tint(theme: str, tint: str, name: str, least: float) -> None:
    found = tokens(theme)

    assert contrast(found[name], found[tint]) >= least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("state", ["missed", "partial"])
def test_a_state_stands_out_on_its_own_tint(theme: str, state: str) -> None:
    found = tokens(theme)

    assert contrast(found[state], found[f"{state}-tint"]) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("band", range(1, 8))
def test_the_label_of_a_band_can_be_read(theme: str, band: int) -> None:
    found = tokens(theme)
    label = found.get(f"band-{band}-label", found["band-label"])

    assert contrast(found[f"band-{band}"], label) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["link", "covered"])
def test_text_on_filled_controls(theme: str, ground: str) -> None:
    """The main button, and the tick of a finished step."""
    found = tokens(theme)

    assert contrast(found["on-link" if ground == "link" else "bg"], found[ground]) >= (
        4.5 if ground == "link" else 3.0
    )


@pytest.mark.parametrize("theme", THEMES)
def test_states_differ_for_every_eye(theme: str) -> None:
    """Five states in seven kinds of sight: no pair comes nearer than what was measured for the design (11 in CIEDE2000)."""
    found = tokens(theme)
    states = [found[name] for name in ("verified", "covered", "partial", "missed", "unmeasured")]
    for matrix in SIGHTS.values():
        for one, other in combinations(states, 2):
            assert ciede2000(seen(one, matrix), seen(other, matrix)) >= 11


def test_no_other_file_names_a_colour() -> None:
    """Tokens are the one place; `data:` images and ids of patterns are no colours."""
    others = [path for path in CSS.glob("*.css") if path.name != "tokens.css"]

    assert others
    for path in others:
        text = re.sub(r"url\(#[\w-]+\)", "", path.read_text())
        assert HEX.findall(text) == [], path.name
        assert not re.search(r"\b(?:rgb|hsl|oklch)a?\(", text), path.name


SIGHTS = {
    # Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB.
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
Lab = tuple[float, float, float]


def seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> Lab:
    """The CIELAB value of `colour` as that kind of sight has it (sRGB, D65)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = (
        min(max(sum(w * c for w, c in zip(row, linear, strict=True)), 0), 1) for row in matrix
    )
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: Lab, other: Lab) -> float:
    """Colour difference of two colours that are not grey (Sharma, Wu, Dalal 2005)."""
    from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    hue = (h2 - h1 + 180) % 360 - 180
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(hue) / 2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    h = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2) % 360
    t = (
        1
        - 0.17 * cos(radians(h - 30))
        + 0.24 * cos(radians(2 * h))
        + 0.32 * cos(radians(3 * h + 6))
        - 0.20 * cos(radians(4 * h - 63))
    )
    s_l = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turn = -sin(radians(60 * exp(-(((h - 275) / 25) ** 2)))) * 2 * sqrt(chroma**7 / (chroma**7 + 25**7))
    return sqrt((d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2 + turn * (d_c / s_c) * (d_h / s_h))
