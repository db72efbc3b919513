"""A badge: a label, a value, and a thin bar as long as the covered share, as SVG that any page may show. PURE.

The colour says nothing: covdash draws a map and gives no grades. Widths come from a table of glyphs, and the text is told to keep to
them, so that it is as wide in every font. Nothing active, no style, no link: presentation attributes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from covdash.coverage.totals import Count

MAX_LABEL, MAX_VALUE, MAX_TITLE = 40, 20, 80
HEIGHT, PADDING, BAR = 20, 6, 3
LABEL_COLOUR, VALUE_COLOUR, NOTHING_COLOUR, BAR_COLOUR = "#3b434c", "#0b5a6b", "#5c636b", "#7fe3f5"
_EM = 2048
_SIZE = 11
_OTHER = 1536
"""Width of a glyph that the table does not know: as wide as most of them, or wider."""


def _widths() -> dict[str, int]:
    by_width = {
        720: " f", 806: "!", 940: '"', 1676: "#+<=>^w~", 1302: "$*0123456789_`", 2204: "%", 1488: "&", 550: "'", 930: "()-/:;[\\]|",
        745: ",.", 1117: "?", 2048: "@", 1401: "AV", 1404: "B", 1430: "C", 1578: "D", 1295: "E", 1177: "F", 1588: "G", 1539: "H",
        862: "I", 931: "J", 1419: "K", 1140: "L", 1726: "M", 1532: "N", 1612: "OQ", 1235: "P", 1424: "R", 1400: "S", 1262: "T",
        1499: "U", 2025: "W", 1403: "XZ", 1260: "Y", 1230: "a", 1276: "bdgpq", 1067: "cs", 1220: "e", 1296: "hnu", 562: "il",
        705: "j", 1212: "kvxy", 1992: "m", 1243: "o", 874: "r", 807: "t", 1076: "z", 1300: "{}",
    }  # fmt: skip
    return {letter: width for width, letters in by_width.items() for letter in letters}


_WIDTH = _widths()


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says. `count` is None when there is no number: then `value` says why, in a word or two.

    `so_far` says why that is not final (`3 of 5 uploads in`), "" when it is.
    """

    label: str
    value: str
    count: Count | None = None
    so_far: str = ""

    @property
    def text(self) -> str:
        """What stands right of the label."""
        return f"{self.value} so far" if self.so_far else self.value

    @property
    def title(self) -> str:
        """The whole of it in words."""
        return f"{self.label}: {self.text}{f' ({self.so_far})' if self.so_far else ''}"

    @property
    def colour(self) -> str:
        """The colour behind the value."""
        return VALUE_COLOUR if self.count else NOTHING_COLOUR


def build(label: str, value: str, count: Count | None = None, *, so_far: str = "") -> Badge:
    """Return a badge with texts that fit: control characters are dropped, what is too long is cut with `…`."""
    known = count if count and count.total else None
    return Badge(_fit(label, MAX_LABEL) or "coverage", _fit(value, MAX_VALUE), known, _fit(so_far, MAX_TITLE))


def svg(badge: Badge) -> str:
    """Return the picture."""
    left, right = (width_of(text) + 2 * PADDING for text in (badge.label, badge.text))
    width = left + right
    label, value, title = escape(badge.label), escape(badge.text), escape(badge.title)
    filled = 0 if badge.count is None else round(right * badge.count.covered / badge.count.total)
    bar = (
        f'<path fill="{BAR_COLOUR}" d="M{left} {HEIGHT - BAR}h{filled}v{BAR}h-{filled}z"/>' if filled else ""
    )
    middle = HEIGHT - PADDING
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r"><rect width="{width}" height="{HEIGHT}" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<path fill="{LABEL_COLOUR}" d="M0 0h{left}v{HEIGHT}H0z"/>'
        f'<path fill="{badge.colour}" d="M{left} 0h{right}v{HEIGHT}h-{right}z"/>{bar}</g>'
        f'<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="{_SIZE}">'
        f'<text x="{PADDING}" y="{middle}" textLength="{left - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">{label}</text>'
        f'<text x="{left + PADDING}" y="{middle}" textLength="{right - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">{value}</text>'
        "</g></svg>\n"
    )


def shields(badge: Badge) -> dict[str, object]:
    """Return the badge as the "endpoint" of shields.io wants it."""
    return {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.text,
        "color": badge.colour.removeprefix("#"),
        "cacheSeconds": 60,
    }


def width_of(text: str) -> int:
    """Return the width of `text` in whole pixels, rounded up."""
    return -(-sum(_WIDTH.get(letter, _OTHER) for letter in text) * _SIZE // _EM)


def _fit(text: str, most: int) -> str:
    clean = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    clean = clean.encode("utf-8", "ignore").decode()
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
