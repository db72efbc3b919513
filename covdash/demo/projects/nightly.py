"""Scripts that run at night: only the data file of coverage.py is sent, no sources. covdash shows hits, and no percentage."""

from __future__ import annotations

from covdash.demo.project import Job, Project
from covdash.demo.python_suites import suites

PROJECT = Project(
    name="nightly",
    slug="acme/tools/nightly",
    is_public=True,
    jobs=(Job("unit", "t_", ".coverage"),),
    reports=suites("src/nightly", {"unit": "data"}),
)
