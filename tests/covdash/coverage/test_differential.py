"""Every line gets the category that a slow, line-by-line reading of both texts gives it, and the patch counts its new lines."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import differential
from covdash.coverage.differential import CATEGORIES, Patch, Tally
from covdash.coverage.linemap import map_lines
from covdash.coverage.lines import FileCoverage, column
from covdash.coverage.totals import Count
from tests.covdash.reports.stock import lines, rich

TEXT = st.lists(st.sampled_from(["a", "b", "c", "d", "x = 1", ""]), max_size=25)
HITS = st.lists(st.sampled_from([None, 0, 3]), min_size=30, max_size=30)


def slowly(
    old: list[str], new: list[str], before: dict[int, int], after: dict[int, int]
) -> tuple[Counter[str], int]:
    """Name the category of every line, one at a time, from the definition."""
    mapping = map_lines(old, new)
    to_new = dict(enumerate(mapping.old_to_new().tolist()))
    to_old = dict(enumerate(mapping.new_to_old().tolist()))
    found: Counter[str] = Counter()
    for line in range(1, len(new) + 1):
        hit, was = after.get(line), before.get(to_old[line])
        if to_old[line] == 0:
            if hit is not None:
                found["GNC" if hit else "UNC"] += 1
        elif hit is None and was is not None:
            found["ECB" if was else "EUB"] += 1
        elif hit is not None and was is None:
            found["GIC" if hit else "UIC"] += 1
        elif hit is not None and was is not None:
            found[("CBC" if hit else "LBC") if was else ("GBC" if hit else "UBC")] += 1
    for line in range(1, len(old) + 1):
        if to_new[line] == 0 and line in before:
            found["DCB" if before[line] else "DUB"] += 1
    return found, sum(1 for line in range(1, len(new) + 1) if to_old[line] == 0)


def covered(hits: list[int | None], length: int) -> tuple[FileCoverage, dict[int, int]]:
    known = hits[:length]
    return lines(*known), {line: n for line, n in enumerate(known, 1) if n is not None}


@given(TEXT, TEXT, HITS, HITS)
def test_categories_are_those_of_the_definition(
    old: list[str], new: list[str], base_hits: list[int | None], head_hits: list[int | None]
) -> None:
    base, before = covered(base_hits, len(old))
    head, after = covered(head_hits, len(new))
    expected, changed = slowly(old, new, before, after)

    found = differential.compare(base, head, map_lines(old, new))

    assert dict(zip(CATEGORIES, found.tally(), strict=True)) == {
        name: expected.get(name, 0) for name in CATEGORIES
    }
    assert found.patch.changed == changed
    assert found.patch.measured == expected["GNC"] + expected["UNC"]
    assert found.patch.covered == expected["GNC"]


@given(HITS)
def test_nothing_changed_is_nothing_new(hits: list[int | None]) -> None:
    file = lines(*hits)

    found = differential.compare(file, file, None)

    tally = found.tally()
    assert tally.cbc + tally.ubc == len(file.lines) == sum(tally)
    assert found.patch == Patch()


@given(HITS, st.integers(0, 60))
def test_a_new_file_is_new_code_and_a_deleted_one_is_deleted(hits: list[int | None], length: int) -> None:
    file = lines(*hits)
    ran = int(np.count_nonzero(file.states))

    new, gone = differential.added(file, length), differential.deleted(file)

    assert new.tally() == Tally(gnc=ran, unc=len(file.lines) - ran)
    assert gone.tally() == Tally(dcb=ran, dub=len(file.lines) - ran)
    assert new.patch.changed >= max(length, new.patch.measured)
    assert gone.patch == Patch()


def test_arms_and_partial_lines_of_a_patch_are_those_on_new_lines() -> None:
    """Line 1 is new with two arms, one of which ran; the arms of the unchanged line 3 are not of the patch."""
    head = rich()
    mapping = map_lines(["two", "three"], ["one", "two", "three"])

    found = differential.compare(lines(1, 1), head, mapping)

    assert found.patch == Patch(changed=1, measured=1, covered=1, partial=1, arms=Count(1, 2))


def test_a_file_that_is_measured_on_one_side_only() -> None:
    file = lines(1, 0)

    assert differential.compare(None, file, None).tally() == Tally(gic=1, uic=1)
    assert differential.compare(file, None, None).tally() == Tally(ecb=1, eub=1)
    assert differential.compare(None, None, None).tally() == Tally()


def test_lines_of_a_category_can_be_asked_for() -> None:
    found = differential.compare(lines(1, 1, 0), lines(0, 1, 1), map_lines(["a", "b", "c"], ["a", "n", "c"]))

    assert found.of(differential.LBC).tolist() == [1]
    assert found.of(differential.GNC).tolist() == [2]
    assert found.of(differential.GBC).tolist() == [3]
    assert found.of(differential.DCB).tolist() == [2]
    assert found.of().tolist() == column().tolist()


@given(st.lists(st.lists(st.integers(0, 9), min_size=12, max_size=12), max_size=5))
def test_tallies_add_up(rows: list[list[int]]) -> None:
    total = differential.total(Tally(*row) for row in rows)

    assert list(total) == [sum(column) for column in zip(*rows, strict=True)] or not rows
