"""A bank in Java: JaCoCo reports of unit and integration tests, one of which was cut off on its way."""

from __future__ import annotations

from covdash.demo.braces import suites
from covdash.demo.project import Job, Project
from covdash.demo.writers import jacoco

PROJECT = Project(
    name="bank",
    slug="acme/bank",
    is_public=True,
    jobs=(Job("unit", "t_", "jacoco.xml", sends_sources=True), Job("integration", "i_", "jacoco-it.xml")),
    reports=suites(".java", {"unit": jacoco.write, "integration": jacoco.write}),
)
