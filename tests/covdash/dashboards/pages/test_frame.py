"""What stands around a page: the doors of a project, and steps that are folded where there are many."""

from __future__ import annotations

import pytest

from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.crumbs import LONG, folded, path_crumbs, project_crumbs
from covdash.dashboards.pages.project_nav import doors

PLACE = Place("acme/shop")


@pytest.mark.parametrize("depth", range(1, 12))
def test_folding_loses_no_step_and_keeps_their_order(depth: int) -> None:
    steps = path_crumbs(PLACE, "/".join("abcdefghijkl"[:depth]))
    first, middle, last = folded(steps)

    assert (*first, *middle, *last) == steps
    assert bool(middle) == (len(steps) > LONG)
    assert len(middle) != 1, "a button in place of one step is no gain"
    if middle:
        assert [step.text for step in first] == ["Projects", "acme", "shop"]
        assert len(last) == 3


def test_steps_go_from_all_projects_over_their_owner() -> None:
    """What is looked at stays: the git branch and the flag from the project on, and how a directory is listed."""
    steps = path_crumbs(Place("acme/platform/shop", branch="x", flag="unit"), "src/pay/", sort="name")

    assert steps[:3] == (
        ("Projects", "/"),
        ("acme", "/o/acme/"),
        ("platform/shop", "/p/acme/platform/shop/?branch=x&flag=unit"),
    )
    assert steps[3:] == (
        ("Files", "/p/acme/platform/shop/-/tree/?branch=x&flag=unit&sort=name"),
        ("src", "/p/acme/platform/shop/-/tree/src/?branch=x&flag=unit&sort=name"),
        ("pay", ""),
    )
    assert [step.text for step in project_crumbs(Place("alone"))] == ["Projects", "alone"]


def test_doors_keep_what_is_looked_at_and_follow_the_role() -> None:
    words = {
        role: [door.word for door in doors(PLACE, role)] for role in ("", "member", "maintainer", "owner")
    }
    assert words["owner"] == words["maintainer"] == [*words[""], "setup", "settings"]
    assert words["member"] == [*words[""], "setup"]
    assert len(words[""]) == 11
    kept = {door.word: door.address for door in doors(PLACE.at(branch="feature/x").flagged("unit"), "")}
    assert all(
        "branch=feature/x&flag=unit" in kept[word]
        for word in ("overview", "map", "files", "arms", "functions")
    )
