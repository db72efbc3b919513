"""Hypothesis strategies of the coverage core: small files with every kind of column, and trees of them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from covdash.coverage.lines import MAX_HITS, FileCoverage, Function, Outcomes, State, column
from covdash.coverage.totals import KINDS

LINES = st.integers(1, 12)
HITS = st.one_of(st.integers(0, 5), st.just(MAX_HITS))


@st.composite
def outcomes(draw: st.DrawFn) -> Outcomes:
    """Named items and tallies of one kind, in canonical order."""
    named = draw(
        st.dictionaries(
            st.tuples(LINES, st.sampled_from("abc")), st.tuples(st.integers(1, 3), HITS), max_size=5
        )
    )
    tallies = draw(
        st.dictionaries(st.integers(0, 12), st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4)
    )
    items, at = sorted(named), sorted(tallies)
    return Outcomes(
        column(line for line, _ in items),
        tuple(key for _, key in items),
        column(named[item][0] for item in items),
        column((named[item][1] for item in items), np.int64),
        column(at),
        column(min(tallies[line]) for line in at),
        column(max(tallies[line]) for line in at),
    )


@st.composite
def files(draw: st.DrawFn) -> FileCoverage:
    """One file, with any of the metrics or none."""
    lines = sorted(draw(st.sets(LINES, max_size=6)))
    hits = [draw(HITS) for _ in lines]
    states = [
        draw(st.sampled_from([State.PARTIAL, State.COVERED])) if count else State.MISSED for count in hits
    ]
    functions = st.dictionaries(
        st.tuples(st.integers(0, 9), st.sampled_from("fg")),
        st.tuples(st.integers(0, 9), HITS, st.booleans()),
        max_size=3,
    )
    found = draw(st.none() | functions)
    return FileCoverage(
        lines=column(lines),
        hits=column(hits, np.int64),
        states=column(states, np.uint8),
        outcomes={
            kind: draw(outcomes())
            for kind in KINDS
            if draw(st.booleans()) and kind in ("branches", "statements", "lines")
        },
        functions=None
        if found is None
        else tuple(Function(name, start, *found[start, name]) for start, name in sorted(found)),
        counted=draw(st.booleans()),
        executed_only=draw(st.booleans()),
        uncounted=draw(st.integers(0, sum(count > 0 for count in hits))),
    )


PATHS = st.lists(st.sampled_from(["a", "b", "src", "x.py"]), min_size=1, max_size=4).map("/".join)
TREES = st.dictionaries(PATHS, st.tuples(files(), st.sampled_from([b"", b"1" * 20, b"2" * 20])), max_size=6)
