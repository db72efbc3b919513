"""What templates need to print the ways through a project."""

from __future__ import annotations

from django import template

from covdash.dashboards.pages import crumbs, project_nav

register = template.Library()
register.simple_tag(project_nav.doors, name="project_doors")
register.filter("folded", crumbs.folded)
