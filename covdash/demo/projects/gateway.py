"""A gateway in Go, private: statements in blocks, no arms."""

from __future__ import annotations

from covdash.demo.braces import suites
from covdash.demo.project import Job, Project
from covdash.demo.writers import go_cover

PROJECT = Project(
    name="gateway",
    slug="acme/gateway",
    is_public=False,
    jobs=(Job("unit", "t_", "cover.out", sends_sources=True),),
    reports=suites(".go", {"unit": go_cover.write}),
)
