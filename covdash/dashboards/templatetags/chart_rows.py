"""Tags for charts and their tables, which have hundreds of marks and rows."""

from __future__ import annotations

from django import template

from covdash.dashboards import dense

register = template.Library()
register.simple_tag(dense.trend, name="trend_rows")
register.simple_tag(dense.timeline, name="timeline_rows")
register.simple_tag(dense.treemap)
register.simple_tag(dense.quadrant)
register.simple_tag(dense.listed, name="listed_rows")
