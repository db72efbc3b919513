"""A web client in JavaScript: Istanbul's own format from the unit tests, Clover from those in a browser."""

from __future__ import annotations

from covdash.demo.braces import suites
from covdash.demo.project import Job, Project
from covdash.demo.writers import clover, istanbul

PROJECT = Project(
    name="web",
    slug="acme/web",
    is_public=True,
    jobs=(Job("unit", "t_", "coverage-final.json", sends_sources=True), Job("browser", "b_", "clover.xml")),
    reports=suites(".js", {"unit": istanbul.write, "browser": clover.write}, script=True),
)
