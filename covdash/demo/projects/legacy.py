"""An old library in C: LCOV with functions and arms."""

from __future__ import annotations

from covdash.demo.braces import suites
from covdash.demo.project import Job, Project
from covdash.demo.writers import lcov

PROJECT = Project(
    name="legacy",
    slug="acme/legacy",
    is_public=True,
    jobs=(Job("unit", "t_", "lcov.info", sends_sources=True),),
    reports=suites(".c", {"unit": lcov.write}),
)
