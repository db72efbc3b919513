"""Samples to search for, and what came of a search."""

from __future__ import annotations

from ingest.client.search import Search
from tests.ingest.samples import SAMPLES

PYTHON = SAMPLES / "coverage-py-json/coverage.py/itsdangerous/branch.json"


COBERTURA = SAMPLES / "cobertura/coverage.py/shopcart/branch.xml"


LCOV = SAMPLES / "lcov/coverage.py/shopcart/branch.lcov.info"


JUNIT = SAMPLES / "junit/pytest/shopcart/junit.xml"


DATA = SAMPLES / "coverage-py-data/coverage.py/shopcart"


def sent(result: Search) -> list[str]:
    return [report.path for report in result.reports]


def left(result: Search) -> dict[str, str]:
    return {one.path: one.command or one.reason for one in result.left}
