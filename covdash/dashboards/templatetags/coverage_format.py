"""What templates need to print numbers and components. The rules of numbers are in `figures.py`; here they only meet HTML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures

register = template.Library()
register.filter("percent", figures.percent)
register.filter("group", figures.group)
register.filter("fraction", figures.fraction)
register.filter("abbreviate", figures.abbreviate)
register.filter("size", figures.size)
register.filter("duration", figures.duration)
register.filter("unit", figures.unit)
register.simple_tag(figures.counted, name="counted")


class Segment(NamedTuple):
    """One rectangle of a bar."""

    state: str
    x: int
    width: int
    number: int


@register.filter
def count(totals: Totals | None, kind: str) -> Count | None:
    """Return the count of `kind`, None when nothing carries it: `{{ totals|count:"lines" }}`."""
    return None if totals is None else totals.get(kind)


@register.filter
def of(values: Mapping[str, Any], name: str) -> Any:
    """Return the value of `name`, None for none: `{{ seen|of:flag }}`."""
    return values.get(name)


@register.filter
def breakable(name: str) -> SafeString:
    """Return a slug or a path that may break after its slashes."""
    *groups, last = name.split("/")
    return format_html("{}{}", format_html_join("", "{}/<wbr>", ((group,) for group in groups)), last)


@register.filter
def label(kind: str) -> str:
    """Return the heading of a metric kind."""
    return figures.KIND_LABELS.get(kind, kind)


@register.inclusion_tag("components/_pct.html")
def pct(
    count: Count | None, kind: str = "lines", *, partial: int = 0, why: str = "", href: str = ""
) -> dict[str, Any]:
    """A percentage with its fraction and a bar of 64 px; `href` is the door to what is missed, `why` the reason for a dash."""
    known = count is not None and count.total > 0
    return {
        "percent": figures.percent(count),
        "fraction": figures.fraction(count, kind),
        "segments": segments(count, partial) if known else (),
        "why": why or _why(count, kind),
        "known": known,
        "href": href,
    }


@register.inclusion_tag("components/_delta.html")
def delta(before: Count | None, after: Count | None, kind: str = "lines") -> dict[str, Any]:
    """A change in percentage points, with arrow, sign and tone."""
    return {"delta": figures.delta(before, after, kind)}


@register.inclusion_tag("components/_state.html")
def state(name: str, word: str = "") -> dict[str, Any]:
    """A state as glyph and word: `covered partial missed verified unmeasured excluded`, and those of uploads."""
    return {"name": name, "word": word or name.replace("unmeasured", "not measured")}


@register.inclusion_tag("components/_bar.html")
def bar(count: Count | None, *, partial: int = 0, unmeasured: int = 0, width: int = 240) -> dict[str, Any]:
    """A stacked bar covered | partial | missed, with a hatched tail for what is not measured."""
    return {"segments": segments(count, partial, unmeasured, width=width), "width": width}


def segments(
    count: Count | None, partial: int = 0, unmeasured: int = 0, *, width: int = 64
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


@register.inclusion_tag("components/_time.html")
def moment(at: datetime | None, why: str = "never") -> dict[str, Any]:
    """A time: relative for a week, exact in UTC in its title and in print."""
    if at is None:
        return {"why": why}
    at = at.astimezone(UTC)
    return {
        "iso": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "text": figures.ago(at, timezone.now()),
        "exactly": figures.exactly(at),
    }


@register.inclusion_tag("components/_time.html")
def clock(at: datetime) -> dict[str, Any]:
    """A time of day, exact in its title: for what happens soon, or happened today."""
    at = at.astimezone(UTC)
    return {
        "iso": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "text": figures.clock(at, timezone.now()),
        "exactly": figures.exactly(at),
    }


@register.inclusion_tag("components/_sha.html")
def sha(value: str, href: str = "") -> dict[str, Any]:
    """The first eight characters of a sha, with a button that copies all of it."""
    return {"sha": value, "short": value[:8], "href": href}


@register.inclusion_tag("components/_copy.html")
def copy(text: str, what: str = "text", label: str = "") -> dict[str, Any]:
    """A button that copies `text`; `what` names it for those who cannot see what stands beside."""
    return {"text": text, "what": what, "label": label}


@register.inclusion_tag("components/_sort.html", takes_context=True)
def sort_header(
    context: RequestContext,
    word: str,
    title: str,
    present: str,
    *,
    numeric: bool = False,
    wide: bool = False,
    first: str = "",
) -> dict[str, Any]:
    """A column head that sorts by a link; `present` is the order that the rows are in.

    `first` is the direction of the first click: "-" for greatest first. `wide`: the column is dropped on a narrow screen.
    """
    up, down = present == word, present == f"-{word}"
    following = f"-{word}" if up else word if down else f"{first}{word}"
    return {
        "href": with_query(context, sort=following, after=None),
        "title": title,
        "order": "ascending" if up else "descending" if down else "",
        "classes": " ".join(name for name, is_on in (("number", numeric), ("wide-only", wide)) if is_on),
    }


@register.simple_tag(takes_context=True)
def theme(context: RequestContext) -> str:
    """Return the theme that the reader chose, `light` or `dark`, else ""; the server draws the first paint with it."""
    request = context.get("request")
    chosen = request.COOKIES.get("covdash-theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.simple_tag(takes_context=True)
def with_query(context: RequestContext, **words: object) -> str:
    """Return the query string of this request with some words changed; None leaves a word out."""
    query = context["request"].GET.copy()
    query.pop("part", None)
    for word, value in words.items():
        query.pop(word, None)
        if value not in (None, ""):
            query[word] = str(value)
    encoded: str = query.urlencode(safe="/")
    return f"?{encoded}" if encoded else "?"


@register.inclusion_tag("components/_pager.html", takes_context=True)
def pager(context: RequestContext, after: str, shown: int, noun: str = "row") -> dict[str, Any]:
    """Links to the next page and back to the first; `after` is the cursor of the next page, "" on the last."""
    return {
        "next": with_query(context, after=after) if after else "",
        "first": with_query(context, after=None) if context["request"].GET.get("after") else "",
        "shown": figures.counted(shown, noun),
    }


@register.simple_tag(takes_context=True)
def csv_link(context: RequestContext, table: str) -> SafeString:
    """A link to the table of this page as CSV, with the words of its address: `{% csv_link "commits" %}`."""
    kept = context["request"].GET.copy()
    for word in ("after", "part", "sort", "flat"):
        kept.pop(word, None)
    address = f"{context['place'].root}-/{table}.csv"
    return format_html('<a href="{}">CSV</a>', f"{address}?{kept.urlencode()}" if kept else address)


def _why(count: Count | None, kind: str) -> str:
    if count is None:
        return f"no {figures.unit(kind)} data in any upload"
    return f"no {figures.unit(kind)} to cover here"
