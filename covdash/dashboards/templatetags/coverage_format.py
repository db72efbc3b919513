"""What templates need to print numbers and components. The rules of numbers are in `figures.py`; here they only meet HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures, widgets

register = template.Library()
register.filter("percent", figures.percent)
register.filter("group", figures.group)
register.filter("fraction", figures.fraction)
register.filter("abbreviate", figures.abbreviate)
register.filter("size", figures.size)
register.filter("duration", figures.duration)
register.filter("unit", figures.unit)
register.simple_tag(figures.counted, name="counted")


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


@register.simple_tag
def pct(
    count: Count | None, kind: str = "lines", *, partial: int = 0, why: str = "", href: str = ""
) -> SafeString:
    """A percentage with its fraction and a bar of 64 px; `href` is the door to what is missed, `why` the reason for a dash."""
    if count is None or count.total <= 0:
        return widgets.printed("no_pct", why or _why(count, kind))
    parts = widgets.segments(count, partial)
    return widgets.printed(
        "pct", figures.percent(count), figures.fraction(count, kind), parts, widgets.BAR, href
    )


@register.simple_tag
def delta(before: Count | None, after: Count | None, kind: str = "lines") -> SafeString:
    """A change in percentage points, with arrow, sign and tone."""
    return change(figures.delta(before, after, kind))


@register.simple_tag
def change(delta: figures.Delta) -> SafeString:
    """A change that is known already: `{% change row.delta %}`."""
    return widgets.printed("delta", delta)


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """A state as glyph and word: `covered partial missed verified unmeasured excluded`, and those of uploads."""
    return widgets.printed("state", name, word or _word(name))


@register.simple_tag
def bar(count: Count | None, *, partial: int = 0, unmeasured: int = 0, width: int = 240) -> SafeString:
    """A stacked bar covered | partial | missed, with a hatched tail for what is not measured."""
    parts = widgets.segments(count, partial, unmeasured, width=width)
    told = [(part.state, _word(part.state), figures.group(part.number)) for part in parts]
    return widgets.printed("stack", parts, told, width)


@register.simple_tag
def moment(at: datetime | None, why: str = "never") -> SafeString:
    """A time: relative for a week, exact in UTC in its title and in print."""
    return _time(at, figures.ago) if at else widgets.printed("no_time", why)


@register.simple_tag
def clock(at: datetime) -> SafeString:
    """A time of day, exact in its title: for what happens soon, or happened today."""
    return _time(at, figures.clock)


@register.simple_tag
def sha(value: str, href: str = "") -> SafeString:
    """The first eight characters of a sha, with a button that copies all of it."""
    return widgets.printed("sha", value, href)


@register.simple_tag
def copy(text: str, what: str = "text", label: str = "") -> SafeString:
    """A button that copies `text`; `what` names it for those who cannot see what stands beside."""
    return widgets.printed("copy", text, what, label)


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


def _word(state: str) -> str:
    return state.replace("unmeasured", "not measured")


def _time(at: datetime, words: Callable[[datetime, datetime], str]) -> SafeString:
    at = at.astimezone(UTC)
    return widgets.printed("time", f"{at:%Y-%m-%dT%H:%M:%SZ}", figures.exactly(at), words(at, timezone.now()))
