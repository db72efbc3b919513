"""For how long things are kept: the operator, the settings page over that, a `covdash.toml` only where it asks for longer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from covdash.projects import configuration, keeping
from covdash.projects.configuration import ConfigurationError
from covdash.projects.keeping import Policy


def said(**days: int) -> dict[str, Any]:
    """What a place says of retention."""
    return {"retention": days}


def test_where_nobody_says_anything_only_raw_uploads_end() -> None:
    assert keeping.resolve({}, {}) == Policy(raw_days=90, branch_days=0, commit_days=0)


@override_settings(COVDASH_KEEP_RAW_DAYS=3, COVDASH_KEEP_BRANCH_DAYS=60, COVDASH_KEEP_COMMIT_DAYS=1)
def test_the_operator_cannot_say_less_than_a_project_may() -> None:
    assert keeping.resolve({}, {}) == Policy(raw_days=7, branch_days=60, commit_days=30)
    assert keeping.resolve(said(branch_days=0, raw_days=9), {}) == Policy(
        raw_days=9, branch_days=0, commit_days=30
    )


@pytest.mark.parametrize(
    ("pages", "file", "days", "longer"),
    [
        ({"raw_days": 30}, {"raw_days": 7}, 30, set()),
        ({"raw_days": 30}, {"raw_days": 31}, 31, {"raw_days"}),
        ({"raw_days": 30}, {"raw_days": 0}, 0, {"raw_days"}),
        ({"raw_days": 0}, {"raw_days": 400}, 0, set()),
        ({}, {"raw_days": 89}, 90, set()),
        ({}, {"raw_days": 91}, 91, {"raw_days"}),
    ],
)
def test_a_covdash_toml_counts_where_it_asks_for_longer(
    pages: dict[str, int], file: dict[str, int], days: int, longer: set[str]
) -> None:
    found = keeping.resolve(said(**pages), said(**file))
    assert (found.raw_days, found.longer) == (days, longer)


@pytest.mark.parametrize(
    ("days", "where", "why"),
    [
        ({"raw_days": 6}, "retention.raw_days", "must be from 7 to 36500"),
        ({"branch_days": 29}, "retention.branch_days", "must be from 30 to 36500"),
        ({"commit_days": 40_000}, "retention.commit_days", "must be from 30 to 36500"),
        ({"weeks": 3}, "retention.weeks", "is no key that covdash knows"),
        ({"raw_days": "soon"}, "retention.raw_days", "Expected `int | null`, got `str`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(days: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configuration.parse({"retention": days})
    assert (refused.value.where, refused.value.message) == (where, why)


def test_it_stands_in_a_covdash_toml() -> None:
    assert configuration.parse_toml(b"[retention]\nraw_days = 0\ncommit_days = 400\n") == said(
        raw_days=0, commit_days=400
    )
