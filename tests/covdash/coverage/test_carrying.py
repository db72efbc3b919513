"""What of an earlier report still holds: files are known by their blob id, a carried line lies on the text it was said of."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import arms
from covdash.coverage.carrying import Head, carried, plan
from covdash.coverage.codec import decode, encode
from covdash.coverage.linemap import identity, map_lines
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, file_entry
from tests.covdash.coverage.strategies import files

A, B, C, D = (bytes([letter]) * 20 for letter in b"ABCD")


def entry(path: str, source: bytes = b"", digest: bytes = b"object") -> tuple[str, Entry]:
    return path, file_entry(path.rpartition("/")[2], digest, source, Totals(files=1))


def outcomes_of(
    listed: list[tuple[str, Entry]], head: Head, blobs: dict[str, bytes] | None = None
) -> dict[str, tuple[str, str]]:
    return {move.path: (move.outcome, move.new_path) for move in plan(listed, blobs or {}, head)}


def test_files_are_followed_by_their_text() -> None:
    listed = [entry("same.py", A), entry("old.py", B), entry("gone.py", C), entry("edited.py", D)]
    head = Head({"same.py": A, "new/old.py": B, "edited.py": A}, is_whole=True)
    assert outcomes_of(listed, head) == {
        "same.py": ("kept", "same.py"),
        "old.py": ("renamed", "new/old.py"),
        "gone.py": ("deleted", ""),
        "edited.py": ("changed", "edited.py"),
    }


def test_a_copy_does_not_move_the_original() -> None:
    assert outcomes_of([entry("a.py", A)], Head({"a.py": A, "copy.py": A})) == {"a.py": ("kept", "a.py")}


def test_equal_texts_move_to_places_of_their_own_and_to_the_same_name_first() -> None:
    listed = [entry("a/__init__.py", A), entry("b/__init__.py", A)]
    head = Head({"c/zz.py": A, "d/__init__.py": A}, is_whole=True)
    assert outcomes_of(listed, head) == {
        "a/__init__.py": ("renamed", "d/__init__.py"),
        "b/__init__.py": ("renamed", "c/zz.py"),
    }


def test_two_files_that_change_places() -> None:
    listed = [entry("a.py", A), entry("b.py", B)]
    assert outcomes_of(listed, Head({"a.py": B, "b.py": A})) == {
        "a.py": ("renamed", "b.py"),
        "b.py": ("renamed", "a.py"),
    }


def test_what_nobody_can_compare_is_unchecked_and_never_called_deleted() -> None:
    listed = [entry("a.py"), entry("b.py", B), entry("c.py")]
    assert outcomes_of(listed, Head({"a.py": A})) == {
        "a.py": ("unchecked", "a.py"),
        "b.py": ("unchecked", "b.py"),
        "c.py": ("unchecked", "c.py"),
    }


def test_blob_ids_of_a_list_are_as_good_as_those_of_the_entry() -> None:
    assert outcomes_of([entry("a.py")], Head({"a.py": A}), {"a.py": A}) == {"a.py": ("kept", "a.py")}
    assert outcomes_of([entry("a.py")], Head({"a.py": B}), {"a.py": A}) == {"a.py": ("changed", "a.py")}


def test_unmeasured_files_are_not_looked_at_and_the_unplaced_rest_is_named() -> None:
    listed = [entry("a.py", A, digest=b""), entry(UNPLACED)]
    assert outcomes_of(listed, Head({}, is_whole=True)) == {"": ("unplaced", "")}


@given(files())
def test_an_unchanged_text_keeps_all_but_what_has_no_line(file: FileCoverage) -> None:
    kept = carried(file, identity(100))
    assert np.array_equal(kept.lines, file.lines)
    assert np.array_equal(kept.states, file.states)
    for kind, outcomes in file.outcomes.items():
        placed = outcomes.tally_line > 0
        assert kept.outcomes[kind].key == outcomes.key
        assert np.array_equal(kept.outcomes[kind].tally_line, outcomes.tally_line[placed])
    assert encode(decode(encode(kept))) == encode(kept)


@given(files(), st.randoms(use_true_random=False))
def test_a_carried_line_lies_on_the_text_it_was_said_of(file: FileCoverage, dice: random.Random) -> None:
    old = [f"line {n}" for n in range(1, 13)]
    new = [line for line in old if dice.random() > 0.3]
    for _ in range(dice.randrange(4)):
        new.insert(dice.randrange(len(new) + 1), f"new {dice.random()}")
    kept = carried(file, map_lines(old, new))
    before = dict(zip(file.lines.tolist(), file.states.tolist(), strict=True))
    for line, state in zip(kept.lines.tolist(), kept.states.tolist(), strict=True):
        assert before[old.index(new[line - 1]) + 1] == state
    assert len(kept.lines) == sum(old[line - 1] in new for line in before)
    for kind, outcomes in kept.outcomes.items():
        here = {(new[line - 1], key) for line, key, _, _ in outcomes.named()}
        there = {(old[line - 1], key) for line, key, _, _ in file.outcomes[kind].named() if line}
        assert here <= there
    assert encode(decode(encode(kept))) == encode(kept)


def test_functions_stay_with_their_first_line() -> None:
    functions = (
        Function("a", 1, 2, 1),
        Function("b", 3, 4, 0),
        Function("c", 5, 6, 2, partial=True),
        Function("?", 0, 0, 1),
    )
    file = FileCoverage(functions=functions)
    lines = map_lines(["a", "a2", "b", "b2", "c", "c2"], ["x", "c", "changed", "a", "a2"][1:])
    assert carried(file, lines).functions == (Function("a", 3, 4, 1),)
    lines = map_lines(["a", "a2", "b", "b2", "c", "c2"], ["new", "a", "a2", "changed", "b2", "c"])
    assert carried(file, lines).functions == (Function("a", 2, 3, 1), Function("c", 6, 0, 2, partial=True))


def test_arms_that_name_lines_move_with_them() -> None:
    arms_of = Outcomes(column((2, 2)), ("-> 3", "-> 5"), column((1, 1)), column((1, 0), np.int64))
    file = FileCoverage(column((2,)), column((1,), np.int64), column((2,), np.uint8), {"branches": arms_of})
    kept = carried(file, map_lines(["a", "b", "c", "d", "e"], ["a", "b", "new", "c", "d", "changed"]))
    assert list(kept.outcomes["branches"].named()) == [(2, "-> 4", 1, 1)]


@pytest.mark.parametrize(
    ("key", "now"),
    [
        ("-> 37", "-> 47"),
        ("exit", "exit"),
        ("exit 2", "exit 2"),
        ("0,1", "0,1"),
        ("0,2 -> 3", "0,2 -> 3"),  # blocks of gcc, no lines
        ("if:then@12:4", "if:then@22:4"),
        ("switch:2@5:8#2", "switch:2@15:8#2"),
        ("0,jump to line 37", "0,jump to line 47"),
        ("5-14.2", "5-24.2"),
        ("3:1 to 4:9", "13:1 to 14:9"),
        ("3:1-4:9", "13:1-14:9"),
        ("-> 900", None),
        ("3:1 to 900:9", None),
        ("3,900,t,a && b", "3,900,t,a && b"),
    ],
)
def test_keys_that_name_lines(key: str, now: str | None) -> None:
    assert arms.moved(key, lambda line: line + 10 if line < 900 else 0) == now
