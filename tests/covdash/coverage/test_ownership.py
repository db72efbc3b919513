"""Whose a file is by the last line that matches: as if every line were asked, at any size; what directories give, and sums."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import ownership
from covdash.coverage.components import Rules
from covdash.coverage.globs import Patterns, rule_of
from covdash.coverage.lines import FileCoverage
from covdash.coverage.ownership import Lines
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import walk
from covdash.projects.codeowners import owners_of
from tests.covdash.coverage.strategies import TREES
from tests.covdash.coverage.test_globs import PATHS, patterns
from tests.covdash.coverage.test_tree import Store

SAID = st.lists(
    st.tuples(
        st.one_of(patterns(), st.just("**"), PATHS, PATHS.map("/{}/".format)).map(
            lambda text: text.removeprefix("!")
        ),
        st.sampled_from(["@a", "@b", "@a @b", ""]),
    ),
    max_size=8,
)


@given(SAID, PATHS)
def test_the_last_line_that_matches_has_the_file(said: list[tuple[str, str]], path: str) -> None:
    one_by_one = [owners for pattern, owners in said if Patterns([rule_of(pattern)]).matches(path)]

    assert Lines(said).owner(path) == (one_by_one[-1] if one_by_one else "")


@given(SAID, st.lists(PATHS, min_size=1, max_size=6), PATHS)
def test_what_is_below_a_folder_holds_for_every_file(
    said: list[tuple[str, str]], paths: list[str], folder: str
) -> None:
    lines = Lines(said)
    owners, all_of_it = lines.below(folder)
    for path in paths:
        owner = lines.owner(f"{folder}/{path}")
        assert owner in owners or (not owner and not all_of_it)


@given(TREES, SAID, st.lists(st.sampled_from("pqrst"), max_size=3).map(tuple))
def test_sums_are_those_of_the_files(
    content: dict[str, tuple[FileCoverage, bytes]], said: list[tuple[str, str]], paths: tuple[str, ...]
) -> None:
    """Of one owner, and of one within a component."""
    store = Store()
    root = store.tree(content).root
    mine = Lines(said).owned("@a", "@a @b")
    for within in (mine, replace(Rules([("c", paths)]).owned("c"), also=mine)):
        expected = [
            entry.totals
            for path, entry in walk(store.load, root.digest)
            if entry.name != UNPLACED and within(path)
        ]
        assert within.totals(root, load=store.load) == sum(expected, start=Totals())


def test_an_owner_has_what_it_shares_with_others_too() -> None:
    owners = owners_of("/src/ @a\n/src/pay/ @b @a\n/src/pay/new.py\n*.md @c\n")

    assert owners.names == ("@a", "@b", "@c")
    assert owners is owners_of("/src/ @a\n/src/pay/ @b @a\n/src/pay/new.py\n*.md @c\n")
    assert [owners.of(path) for path in ("src/x.py", "src/pay/x.py", "src/pay/new.py", "src/a.md", "y")] == [
        "@a", "@b @a", "", "@c", ""
    ]  # fmt: skip
    assert owners.owned("@a")("src/pay/x.py")
    assert not owners.owned("@a")("src/a.md")
    assert owners_of("/src/ @a\n").of("src/pay/") == "@a"
    assert owners.of("src/") == "", "more than one has it"
    assert owners.owned("@a") == owners_of("/src/ @a\n/src/pay/ @b @a\n/src/pay/new.py\n*.md @c\n\n").owned(
        "@a"
    )


def test_two_thousand_lines_and_twenty_thousand_files() -> None:
    """However many lines there are, each file is held against a few of them."""
    said = [("**", "@all"), *((f"*.{word}", f"@{word}") for word in ("py", "js", "go"))]
    said += [(f"/src/p{number % 40}/m{number}/f{number}.py", f"@t{number % 60}") for number in range(2_000)]
    paths = [f"src/p{number % 40}/m{number % 2_000}/f{number}.py" for number in range(20_000)]
    begun = time.process_time()
    lines = Lines(said)

    found = [lines.owner(path) for path in paths]

    assert time.process_time() - begun < 4, "every line asked about every file would take a minute"
    assert found[41] == "@t41"
    assert found[2_041] == "@py"


def test_folders_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines([("/a/*/x", "@a"), ("b/", "@b")])
    monkeypatch.setattr(ownership, "MAX_FOLDERS", 10)
    for number in range(50):
        assert lines.owner(f"a/{number}/x") == "@a"
        assert lines.owner(f"c{number}/b/{'d/' * 40}y") == "@b"
        assert len(lines._known) <= 10
