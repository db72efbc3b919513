"""Completeness is a function of the set of uploads, of what was said, and of the clock; names are learned from complete commits."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.reports.completeness import (
    MAX_SLOTS,
    Arrival,
    Asked,
    Completeness,
    as_json,
    came,
    from_json,
    judge,
    learn,
)

NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)
QUIET = timedelta(minutes=30)


def arrival(
    job: str = "",
    flags: tuple[str, ...] = (),
    state: str = "processed",
    *,
    at: int = 0,
    slot: str | None = None,
) -> Arrival:
    """An upload that came `at` minutes after noon."""
    return Arrival(job, flags, job if slot is None else slot, state, NOON + timedelta(minutes=at))


def judged(*arrivals: Arrival, now: int = 1, **asked: object) -> Completeness:
    return judge(arrivals, Asked(QUIET, **asked), now=NOON + timedelta(minutes=now))  # type: ignore[arg-type]


def test_names_are_as_people_know_them() -> None:
    assert arrival("unit").name == "unit"
    assert arrival("unit", ("py3", "fast")).name == "unit [fast, py3]"
    assert arrival("", ("unit",)).name == "unit"
    assert arrival().name == ""


def test_without_any_rule_the_quiet_period_decides() -> None:
    found = judged(arrival("unit", at=2), now=31)
    assert (found.is_complete, found.why, found.until) == (False, "quiet", NOON + timedelta(minutes=32))
    found = judged(arrival("unit", at=2), now=32)
    assert (found.complete_at, found.why, found.until) == (NOON + timedelta(minutes=32), "quiet", None)


def test_nothing_is_complete_while_an_upload_is_to_be_processed() -> None:
    for state in ("received", "processing"):
        found = judged(arrival("unit", state=state), done_at=NOON, now=600)
        assert (found.is_complete, found.waiting, found.until) == (False, 1, None)


def test_done_completes_and_still_names_who_is_missing() -> None:
    found = judged(
        arrival("unit", at=1),
        done_at=NOON + timedelta(minutes=3),
        done_by="codecov",
        learned={"unit": 1, "e2e": 1},
    )
    assert (found.complete_at, found.why, found.by) == (NOON + timedelta(minutes=3), "done", "codecov")
    assert [slot.name for slot in found.missing] == ["e2e"]


def test_a_late_upload_moves_the_end_of_a_commit_that_was_done() -> None:
    found = judged(arrival("unit"), arrival("e2e", at=9), done_at=NOON)
    assert found.complete_at == NOON + timedelta(minutes=9)


def test_done_without_uploads_is_complete() -> None:
    assert judged(done_at=NOON).complete_at == NOON
    assert not judged().is_complete


def test_a_number_of_uploads() -> None:
    assert not judged(arrival("a"), expects=2, learned={"a": 1}).is_complete
    found = judged(arrival("a"), arrival("b", at=4), expects=2)
    assert (found.complete_at, found.why) == (NOON + timedelta(minutes=4), "count")


@pytest.mark.parametrize(
    ("declared", "upload"),
    [
        ("unit", arrival("unit")),
        ("unit", arrival("unit", ("py3",))),
        ("unit", arrival("", ("unit",))),
        ("unit [a, b]", arrival("unit", ("b", "a"))),
        ("a, b", arrival("", ("b", "a"))),
        ("ci/unit", arrival("unit", slot="ci/unit")),
        ("fast", arrival("unit", ("py3", "fast"))),
    ],
)
def test_declared_names(declared: str, upload: Arrival) -> None:
    found = judged(upload, expect=(declared,))
    assert (found.is_complete, found.why) == (True, "declared")
    assert [slot.name for slot in found.slots] == [declared]


def test_declared_names_that_do_not_fit() -> None:
    for declared, upload in [
        ("unit [a]", arrival("unit", ("b",))),
        ("unit", arrival("units")),
        ("a, b", arrival("", ("a",))),
    ]:
        found = judged(upload, expect=(declared,))
        assert not found.is_complete
        assert [slot.name for slot in found.missing] == [declared]


def test_a_failed_upload_did_not_come_and_the_quiet_period_ends_the_waiting() -> None:
    uploads = arrival("unit"), arrival("e2e", state="failed")
    found = judged(*uploads, learned={"unit": 1, "e2e": 1})
    assert (found.is_complete, found.expected_in, found.expected) == (False, 1, 2)
    assert judged(*uploads, learned={"unit": 1, "e2e": 1}, now=30).why == "quiet"
    again = judged(*uploads, arrival("e2e", at=5), learned={"unit": 1, "e2e": 1})
    assert (again.is_complete, again.why) == (True, "learned")


def test_legs_of_a_matrix_are_counted_by_their_slots() -> None:
    legs = [arrival("test", slot=f"test {n}") for n in range(3)]
    twice = arrival("test", slot="test 0", at=1)
    assert not judged(*legs[:2], twice, learned={"test": 3}).is_complete
    assert judged(*legs, learned={"test": 3}).is_complete


def test_what_came_without_being_expected_is_listed() -> None:
    found = judged(arrival("unit"), arrival("new"), learned={"unit": 1})
    assert found.is_complete
    assert [(slot.name, slot.expected, slot.arrived) for slot in found.slots] == [
        ("new", 0, 1),
        ("unit", 1, 1),
    ]


uploads = st.lists(
    st.builds(
        arrival,
        st.sampled_from(["unit", "e2e", ""]),
        st.sampled_from([(), ("a",), ("b", "a")]),
        st.sampled_from(["processed", "failed", "received"]),
        at=st.integers(0, 5),
    ),
    max_size=6,
)


@given(uploads, st.randoms(use_true_random=False), st.integers(0, 60))
def test_order_does_not_matter_and_json_keeps_it(found: list[Arrival], dice: random.Random, now: int) -> None:
    calm = judged(*found, now=now, learned={"unit": 1, "e2e [a]": 1})
    mixed = list(found)
    dice.shuffle(mixed)
    assert judged(*mixed, now=now, learned={"unit": 1, "e2e [a]": 1}) == calm
    assert from_json(calm.complete_at, json.loads(json.dumps(as_json(calm)))) == calm


def test_a_commit_that_was_never_judged() -> None:
    assert from_json(None, {}) is None
    assert from_json(None, {"carry": ["all"]}) is None


def test_very_many_names_are_cut_and_expected_ones_stay() -> None:
    found = judged(*(arrival(f"job {n}") for n in range(1000)), learned={"zz": 1})
    assert len(found.slots) == 2 * MAX_SLOTS
    assert [slot.name for slot in found.missing] == ["zz"]


def history(*commits: str) -> list[dict[str, int]]:
    """Commits, newest first, each as the letters of the jobs that came."""
    return [dict.fromkeys(jobs, 1) for jobs in commits]


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        (("ab", "ab"), None),
        (("ab", "ab", "ab"), "ab"),
        (("abc", "ab", "ab"), "ab"),  # new, seen once
        (("abc", "abc", "abc", "ab"), "abc"),  # new, seen three times
        (("a", "ab", "ab", "ab", "ab"), "ab"),  # a runner died once
        (("a", "a", "ab", "ab", "ab", "ab"), "a"),  # removed
        (("a", "a", "a", "ab", "ab", "ab", "ab", "ab", "ab", "ab"), "a"),
        (("ab", "a", "ab", "a", "ab", "a", "ab"), "a"),  # runs now and then
        (("a",) * 10 + ("b",) * 10, "a"),
    ],
)
def test_learning(commits: tuple[str, ...], expected: str | None) -> None:
    found = learn(history(*commits))
    assert found == (None if expected is None else dict.fromkeys(expected, 1))


def test_the_least_number_of_a_name_is_learned() -> None:
    assert learn([{"test": 4}, {"test": 3}, {"test": 4}]) == {"test": 3}


def test_what_is_learned_from_is_what_came() -> None:
    said = as_json(judged(arrival("unit"), arrival("e2e", state="failed"), learned={"lint": 1}))
    assert came(said) == {"unit": 1}
