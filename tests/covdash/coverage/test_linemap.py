"""A map of lines between two texts never pairs lines that differ, keeps about what difflib keeps, and takes bounded time."""

from __future__ import annotations

import difflib
import random
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.linemap import (
    UNKNOWN_LENGTH,
    LineMap,
    identity,
    map_lines,
)
from covdash.coverage.unified_diff import DiffError, from_unified_diff

# Few different lines, so that texts repeat themselves.
texts = st.lists(st.sampled_from(["", "a", "b", "c", "}", "return x"]), max_size=40)
free_texts = st.lists(st.text(alphabet="abc", max_size=2), max_size=60)


def edited(lines: list[str], share: float, seed: int) -> list[str]:
    """Change, remove and insert a share of the lines."""
    dice = random.Random(seed)
    out: list[str] = []
    for line in lines:
        if dice.random() >= share:
            out.append(line)
            continue
        kind = dice.randrange(3)
        if kind == 0:
            out.append(f"changed {dice.random()}")
        elif kind == 1:
            out += [line, f"new {dice.random()}"]
    return out


def pairs(mapped: LineMap) -> list[tuple[int, int]]:
    forward = mapped.old_to_new()
    return [(int(old), int(forward[old])) for old in np.flatnonzero(forward)]


def check(old: list[str], new: list[str], mapped: LineMap) -> None:
    """The laws of every map."""
    found = pairs(mapped)
    assert all(old[a - 1] == new[b - 1] for a, b in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert mapped.kept == len(found)
    assert [(b, a) for a, b in found] == pairs(mapped.inverse())
    backward = mapped.new_to_old()
    assert len(backward) == len(new) + 1
    assert [(int(backward[b]), int(b)) for b in np.flatnonzero(backward)] == found


@given(texts, texts)
def test_pairs_are_equal_lines_in_order(old: list[str], new: list[str]) -> None:
    check(old, new, map_lines(old, new))


@given(free_texts, free_texts)
def test_other_texts(old: list[str], new: list[str]) -> None:
    check(old, new, map_lines(old, new))


@given(texts)
def test_an_unchanged_text_is_the_identity(lines: list[str]) -> None:
    mapped = map_lines(lines, list(lines))
    assert mapped.is_identity
    assert pairs(mapped) == pairs(identity(len(lines)))
    assert mapped.old_to_new().tolist() == list(range(len(lines) + 1))


@given(texts, texts, texts)
def test_maps_follow_each_other(first: list[str], second: list[str], third: list[str]) -> None:
    one, two = map_lines(first, second), map_lines(second, third)
    joined = one.then(two)
    check(first, third, joined)
    assert np.array_equal(joined.old_to_new(), two.to_new(one.old_to_new()))


def test_maps_of_other_texts_do_not_follow() -> None:
    with pytest.raises(ValueError, match="followed"):
        identity(3).then(identity(4))


@given(texts, texts, st.integers(0, 3))
def test_a_unified_diff_says_the_same(old: list[str], new: list[str], context: int) -> None:
    diff = "\n".join(difflib.unified_diff(old, new, "a/x", "b/x", lineterm="", n=context))
    mapped = from_unified_diff(diff, old_lines=len(old))
    assert mapped.new_lines == len(new)
    check(old, new, mapped)
    endless = from_unified_diff(diff)
    assert np.array_equal(endless.to_new(np.arange(len(old) + 1)), mapped.old_to_new())


def test_a_diff_without_a_length_goes_on() -> None:
    mapped = from_unified_diff(
        "--- a/x\n+++ b/x\n@@ -3 +3,2 @@\n-old\n+new\n+more\n\\ No newline at end of file\n"
    )
    assert mapped.to_new([1, 2, 3, 4, 1_000_000]).tolist() == [1, 2, 0, 5, 1_000_001]
    assert mapped.old_lines == UNKNOWN_LENGTH


@pytest.mark.parametrize(
    "diff",
    [
        "@@ -1,2 +1,2 @@\n a\n",
        "@@ -1,1 +1,1 @@\n+a\n+b\n",
        "@@ -5,1 +5,1 @@\n a\n@@ -2,1 +2,1 @@\n a\n",
        "@@ -2,1 +4,1 @@\n a\n",
        "@@ -9,1 +9,1 @@\n a\n",
    ],
)
def test_a_diff_that_contradicts_itself_is_refused(diff: str) -> None:
    with pytest.raises(DiffError):
        from_unified_diff(diff, old_lines=8)


@pytest.mark.parametrize("seed", range(10))
def test_it_keeps_about_what_difflib_keeps(seed: int) -> None:
    dice = random.Random(seed)
    old = [dice.choice(["", "    }", f"call({dice.randrange(60)})", f"x{n} = {n}"]) for n in range(400)]
    new = edited(old, 0.1, seed)
    ours = map_lines(old, new)
    check(old, new, ours)
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    assert ours.kept >= 0.99 * sum(block.size for block in blocks)


def test_a_moved_block_and_an_insertion_between_repeated_lines() -> None:
    mapped = map_lines(["a", "{", "}", "b", "{", "}"], ["a", "{", "}", "n", "{", "}", "b", "{", "}"])
    assert mapped.old_to_new().tolist() == [0, 1, 2, 3, 7, 8, 9]


SIZE = 50_000
_numbered = [f"line {n}" for n in range(SIZE)]
_dice = random.Random(7)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["x"] * SIZE, ["x"] * (SIZE - 7)),
        (_numbered, [f"other {n}" for n in range(SIZE)]),
        (_numbered, _numbered[::-1]),
        (["a", "b"] * (SIZE // 2), ["b", "b", "a"] * (SIZE // 3)),
        (_dice.choices("abcd", k=SIZE), _dice.choices("abcd", k=SIZE)),
        (_numbered, _dice.sample(_numbered, SIZE)),
        (["x"] * SIZE, ["y", *["x"] * SIZE, "y"]),
    ],
    ids=["equal", "different", "reversed", "pattern", "noise", "shuffled", "shifted"],
)
def test_the_worst_texts_take_bounded_time(old: list[str], new: list[str]) -> None:
    began = time.process_time()
    mapped = map_lines(old, new)
    assert time.process_time() - began < 5
    forward = mapped.old_to_new()
    kept = np.flatnonzero(forward)
    assert all(old[a - 1] == new[b - 1] for a, b in zip(kept.tolist(), forward[kept].tolist(), strict=True))
    assert (np.diff(forward[kept]) > 0).all()


def test_a_large_file_with_a_few_edits_is_quick() -> None:
    """50,000 lines, 1 % edited: about 50 ms; the bound leaves room for a busy machine."""
    new = edited(_numbered, 0.01, 1)
    began = time.process_time()
    mapped = map_lines(_numbered, new)
    assert time.process_time() - began < 1
    assert mapped.kept > 0.98 * SIZE
