"""The laws of `merge`: a join, so order, repetition and grouping of uploads change nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from covdash.coverage.codec import encode, encode_counts
from covdash.coverage.joining import merge_many
from covdash.coverage.lines import EMPTY, FileCoverage, State, merge, merge_all
from tests.covdash.coverage.strategies import files


def knowledge(file: FileCoverage) -> tuple[bytes, bytes, list[int]]:
    """Everything that a file says, exact counts included, as comparable bytes."""
    return encode(file), encode_counts(file), file.hits.tolist()


@given(files(), files(), files())
def test_associative(a: FileCoverage, b: FileCoverage, c: FileCoverage) -> None:
    """Grouping of uploads does not matter."""
    assert knowledge(merge(merge(a, b), c)) == knowledge(merge(a, merge(b, c)))


@given(files(), files())
def test_commutative(a: FileCoverage, b: FileCoverage) -> None:
    """Order of uploads does not matter."""
    assert knowledge(merge(a, b)) == knowledge(merge(b, a))


@given(files())
def test_idempotent_with_identity(a: FileCoverage) -> None:
    """Counting an upload twice changes nothing, and neither does nothing."""
    assert knowledge(merge(a, a)) == knowledge(a)
    assert knowledge(merge(a, EMPTY)) == knowledge(merge(EMPTY, a)) == knowledge(a)


@given(files(), files())
def test_never_more_lines_than_the_union_and_never_fewer_covered(a: FileCoverage, b: FileCoverage) -> None:
    """Executable lines are exactly the union; a line covered in either is covered in both together."""
    both = merge(a, b)
    covered = {
        line
        for part in (a, b)
        for line, state in zip(part.lines.tolist(), part.states.tolist(), strict=True)
        if state
    }

    assert both.lines.tolist() == sorted({*a.lines.tolist(), *b.lines.tolist()})
    assert {
        n for n, s in zip(both.lines.tolist(), both.states.tolist(), strict=True) if s != State.MISSED
    } == covered


@given(files(), files())
def test_totals_only_grow(a: FileCoverage, b: FileCoverage) -> None:
    """More uploads never know less: every count of the whole is at least that of a part."""
    assume(not a.uncounted and not b.uncounted)  # what one tool lists but does not count, another may count
    both = merge(a, b).totals()
    for kind, count in a.totals().items():
        whole = both.get(kind)
        assert whole is not None
        assert whole >= count or (whole.covered >= count.covered and whole.total >= count.total)
        assert whole.covered <= whole.total


@given(st.lists(st.lists(files(), max_size=4), max_size=4), st.booleans())
def test_many_files_merge_as_one_by_one(groups: list[list[FileCoverage]], repeated: bool) -> None:  # noqa: FBT001
    """The merge of many files at once gives for each what the merge of its parts gives, also where parts know the same lines."""
    if repeated:
        groups = [[*group, *(replace(part, hits=part.hits // 2) for part in group)] for group in groups]

    assert list(map(knowledge, merge_many(groups))) == [knowledge(merge_all(group)) for group in groups]
