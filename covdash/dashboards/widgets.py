"""The small parts that pages are full of: a percentage with its bar, a state, a change, a time, a sha, a button that copies.

Pages hold hundreds of them, so Jinja2 prints them, autoescaped, for the tags of Django and for the dense parts alike. Their
macros are in `templates/jinja2/widgets.html`.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.utils.safestring import SafeString, mark_safe

from covdash.coverage.totals import Count
from covdash.dashboards import figures

BAR = 64
"""Pixels of the bar beside a percentage."""


class Segment(NamedTuple):
    """One rectangle of a bar."""

    state: str
    x: int
    width: int
    number: int


def segments(
    count: Count | None, partial: int = 0, unmeasured: int = 0, *, width: int = BAR
) -> tuple[Segment, ...]:
    """Return the rectangles of a bar; `partial` of the covered are drawn apart."""
    covered, total = count or (0, 0)
    parts = {
        "covered": covered - partial,
        "partial": partial,
        "missed": total - covered,
        "unmeasured": unmeasured,
    }
    found, x = [], 0
    for (name, number), wide in zip(parts.items(), figures.widths(tuple(parts.values()), width), strict=True):
        if wide:
            found.append(Segment(name, x, wide, number))
            x += wide
    return tuple(found)


def printed(name: str, *words: object) -> SafeString:
    """Return the markup of the widget `name` for `words`, the arguments of its macro."""
    macros = cast("Jinja2", engines["jinja2"]).env.get_template("widgets.html").module
    found: str = getattr(macros, name)(*words)
    return mark_safe(found)  # noqa: S308 - Jinja2 escaped every value
