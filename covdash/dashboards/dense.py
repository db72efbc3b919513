"""Dense parts of pages: lines of a file, rows of a directory, marks and rows of a chart.

There are thousands, so Jinja2 prints them, autoescaped.

What comes out is markup that a Django template includes as it is. Besides that and the widgets, nothing in the reading room marks a
string as safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from covdash.dashboards import figures
from covdash.dashboards.charts import quadrant as edges
from covdash.dashboards.charts.timeline import Timeline
from covdash.dashboards.charts.treemap import Treemap
from covdash.dashboards.charts.trend import Trend
from covdash.dashboards.pages.diff_sheet import DiffSheet
from covdash.dashboards.pages.entries import EntryTable
from covdash.dashboards.pages.map_frame import Listed
from covdash.dashboards.pages.map_parts import Part
from covdash.dashboards.pages.quadrant import QuadrantPage
from covdash.dashboards.pages.window import Section
from covdash.dashboards.widgets import segments


def source(
    sections: Iterable[Section], *, text: bool, kinds: Sequence[str], past: bool = False
) -> SafeString:
    """Return the sections of the source view.

    `text` says whether the text is known, `kinds` are the metrics that have a column, `past` adds what lines were before.
    """
    words = {"sections": sections, "text": text, "kinds": kinds, "labels": figures.KIND_LABELS, "past": past}
    return _print("source.html", words)


def diff(sections: Iterable[Section], sheet: DiffSheet, *, whole: str) -> SafeString:
    """Return the sections of a file that is shown as a diff; `whole` is its address with long lines uncut."""
    words = {"sections": sections, "sheet": sheet, "labels": figures.KIND_LABELS, "whole": whole}
    return _print("diff.html", words)


def entries(table: EntryTable, *, compared: bool, footer: str = "") -> SafeString:
    """Return `<tbody>` and, named `footer`, the sums as `<tfoot>`; `compared` adds the column of changes."""
    rules = {
        "percent": figures.percent,
        "fraction": figures.fraction,
        "labels": figures.KIND_LABELS,
        "group": figures.group,
        "segments": segments,
    }
    return _print("entries.html", {"table": table, "compared": compared, "footer": footer, **rules})


def treemap(picture: Treemap, parts: Iterable[Part] = ()) -> SafeString:
    """Return the picture of a map, with `parts` outlined."""
    return _print("treemap.html", {"picture": picture, "parts": parts})


def listed(table: Listed) -> SafeString:
    """Return `<tbody>` of a long table of files."""
    return _print("listed.html", {"table": table})


def quadrant(page: QuadrantPage) -> SafeString:
    """Return the picture of a quadrant."""
    return _print("quadrant.html", {"page": page, "picture": page.picture, "edges": edges})


def trend(chart: Trend) -> SafeString:
    """Return `<tbody>` of the table of a trend."""
    return _print("trend.html", {"chart": chart})


def timeline(chart: Timeline) -> SafeString:
    """Return `<tbody>` of the table of a timeline."""
    return _print("timeline.html", {"chart": chart, "marks": chart.has_marks})


def _print(template: str, context: dict[str, object]) -> SafeString:
    return mark_safe(render_to_string(template, context, using="jinja2"))  # noqa: S308 - Jinja2 escaped every value
