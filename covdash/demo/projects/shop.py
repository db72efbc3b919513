"""A shop in Python: coverage rises, a rewrite of the payments costs some, a job goes missing, and nobody tests the keys."""

from __future__ import annotations

from covdash.demo.project import Job, Project
from covdash.demo.python_suites import suites

PROJECT = Project(
    name="shop",
    slug="acme/shop",
    is_public=True,
    jobs=(
        Job("unit", "t_", "coverage.json", sends_sources=True),
        # announced as our own uploader does it, with the covdash.toml of the checkout
        Job("integration", "i_", "coverage.xml", announces=True),
        # the data file knows what ran; what did not run, covdash reads from the sources
        Job("e2e", "e_", ".coverage", sends_sources=True),
    ),
    reports=suites("src/shop", {"unit": "json", "integration": "xml", "e2e": "data"}),
)
