"""Tags for the tables of charts, which have hundreds of rows."""

from __future__ import annotations

from django import template

from covdash.dashboards import dense

register = template.Library()
register.simple_tag(dense.trend, name="trend_rows")
register.simple_tag(dense.timeline, name="timeline_rows")
