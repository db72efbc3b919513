"""What needs eyes: the order is what the formula says, no line is counted twice, and looking at few files finds the same as at all."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import attention
from covdash.coverage.components import Rules
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, build, decode_node, file_entry, walk
from tests.covdash.coverage.strategies import files
from tests.covdash.reports.stock import lines, rich

RULES = Rules([("auth", ("src/auth/**",)), ("migrations", ("**/migrations/**",)), ("pay", ("src/pay/**",))])
WEIGHTS = {"auth": 10, "migrations": 0, "pay": 3}
FOLDERS = ("src/auth/", "src/pay/", "src/pay/migrations/", "src/auth/deep/", "lib/a/b/", "")


def test_recency_falls_from_two_to_one_over_ninety_days() -> None:
    assert [attention.recency(days) for days in (0, 45, 90, 4000, None, -3)] == [
        2,
        Fraction(3, 2),
        1,
        1,
        1,
        2,
    ]


@given(st.integers(0, 10), st.integers(0, 500), st.integers(0, 500), st.integers(0, 200))
def test_more_of_anything_never_ranks_lower(weight: int, missed: int, partial: int, days: int) -> None:
    def rank(**other: int) -> Fraction:
        cells = {"weight": weight, "missed": missed, "partial": partial, "days": days, **other}
        return attention.rank(**cells)

    assert rank(weight=weight + 1) >= rank()
    assert rank(missed=missed + 1) >= rank()
    assert rank(partial=partial + 1) >= rank()
    assert rank(days=days + 1) <= rank()
    assert rank(weight=0) == 0


@given(files())
def test_no_line_is_counted_twice_and_none_is_left_out(coverage: FileCoverage) -> None:
    found = attention.needs(coverage)

    assert len({need.kind for need in found}) == len(found)
    assert sum(need.missed for need in found) == int((coverage.states == 0).sum())
    assert sum(need.partial for need in found) == int(coverage.partial().sum())


def test_the_kinds_of_a_file_and_where_they_begin() -> None:
    plain = lines(1, 0, 0, 0, 5, 0, 0)
    arms = Outcomes(
        line=column((5, 5)),
        key=("-> 6", "-> 7"),
        weight=column((1, 1)),
        hits=column((3, 0), "i8"),  # type: ignore[arg-type]
    )
    functions = (Function("used", 1, 1, 1), Function("rotate", 3, 4, 0))
    coverage = FileCoverage(
        plain.lines, plain.hits, plain.states, {"branches": arms}, functions, counted=True
    )

    found = {need.kind: need for need in attention.needs(coverage)}

    assert set(found) == {"zone", "function", "arms"}
    assert (found["function"].missed, found["function"].line) == (2, 3)
    assert found["function"].what == "rotate never called"
    assert (found["zone"].missed, found["zone"].line) == (3, 6)
    assert found["arms"].what == "line 5: jump to line 7 never taken"
    assert [need.kind for need in attention.needs(lines(0, 0))] == ["zero"]
    assert attention.needs(lines(1, 2)) == ()
    assert attention.needs(lines()) == ()


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(FOLDERS), st.sampled_from("abcdef")),
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)),
        max_size=30,
    ),
    st.integers(1, 6),
)
def test_looking_at_few_directories_finds_what_all_of_them_hold(
    made: dict[tuple[str, str], tuple[int, int, int]], limit: int
) -> None:
    """The bound of a directory never hides a file that belongs among the first."""
    entries = {
        folder + name: file_entry(
            name,
            name.encode() * 32,
            b"",
            Totals.of(partial=min(partial, covered), lines=(covered, covered + missed)),
        )
        for (folder, name), (covered, missed, partial) in made.items()
    }
    tree = build(entries)

    def load(digests: list[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        return {digest: decode_node(tree.nodes[digest]) for digest in digests}

    found = attention.candidates(load, tree.root, RULES, WEIGHTS, limit=limit)

    every = []
    for path, entry in walk(load, tree.root.digest):
        component = RULES.owner(path)
        score = WEIGHTS.get(component, 1) * attention.lacks(entry.totals)
        if score:
            every.append((-score, path))
    assert [(-one.weight * attention.lacks(one.totals), one.path) for one in found] == sorted(every)[:limit]


def test_a_migrations_file_of_weight_zero_is_never_listed() -> None:
    entries = {
        "src/pay/migrations/m.py": file_entry("m.py", b"m" * 32, b"", Totals.of(lines=(0, 900))),
        "src/auth/login.py": file_entry("login.py", b"l" * 32, b"", Totals.of(lines=(6, 10))),
    }
    tree = build(entries)
    rules = Rules([("migrations", ("**/migrations/**",)), ("auth", ("src/auth/**",))])

    found = attention.candidates(
        lambda digests: {digest: decode_node(tree.nodes[digest]) for digest in digests},
        tree.root,
        rules,
        {"migrations": 0, "auth": 10},
        limit=10,
    )

    assert [one.path for one in found] == ["src/auth/login.py"]


def test_zones_run_over_lines_that_nobody_measures() -> None:
    coverage = lines(0, None, 0, 1, 0)

    assert attention.zones(coverage, coverage.lines[coverage.states == 0]) == [(1, 3, 2), (5, 5, 1)]
    assert attention.zones(rich(), column()) == []


@pytest.mark.parametrize("hits", [(1, 1), (0, 1)])
def test_a_function_without_an_end_takes_no_lines(hits: tuple[int, ...]) -> None:
    plain = lines(*hits)
    coverage = FileCoverage(
        plain.lines, plain.hits, plain.states, {}, (Function("endless", 1, 0, 0),), counted=True
    )

    assert {need.kind for need in attention.needs(coverage)} <= {"zone"}
