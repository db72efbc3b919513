"""Patterns of paths: what is meant, against a slow matcher that is easy to believe; and that nobody can make them slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.globs import MAX_PATTERN, PatternError, Patterns, matcher, rule_of

MEANT = [
    ("src/auth/**", "src/auth/a.py", True),
    ("src/auth/**", "src/auth", False),
    ("src/auth/**", "src/author.py", False),
    ("src/auth", "src/auth/deep/a.py", True),
    ("src/auth/", "src/auth/a.py", True),
    ("src/auth/", "src/auth", False),
    ("*.sql", "db/x/1.sql", True),
    ("*.sql", "1.sql", True),
    ("*.sql", "1.sqlite", False),
    ("/*.sql", "db/1.sql", False),
    ("/*.sql", "1.sql", True),
    ("./src/*.py", "src/a.py", True),
    ("migrations", "shop/migrations/0001.py", True),
    ("/migrations", "shop/migrations/0001.py", False),
    ("src/*/api", "src/v1/api/x.py", True),
    ("src/*/api", "src/v1/v2/api/x.py", False),
    ("src/**/api", "src/v1/v2/api/x.py", True),
    ("src/**/api", "src/api/x.py", True),
    ("**/api/**/x.py", "a/api/b/c/x.py", True),
    ("**/api/**/x.py", "a/api/x.py", True),
    ("**", "anything/at/all", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("v[0-9]", "v7/x.py", True),
    ("v[!0-9]", "v7/x.py", False),
    ("v[!0-9]", "vx/x.py", True),
    ("[]x]", "]", True),
    ("[!]x]", "]", False),
    ("a[!b]c", "a/c", False),
    ("a[b", "a[b", True),
    ("**/**/**/x", "a/x", True),
    ("a**b", "a/b", False),
    ("a**b", "axxb", True),
    ("src/**/", "src/a.py", True),
    ("(a|b)+.py", "(a|b)+.py", True),
    ("a[&&~||-]b", "a&b", True),
]
"""(pattern, path, whether it is meant)"""

WRONG = [
    "",
    "/",
    "///",
    "!",
    "!/",
    "../x",
    "a/./b",
    "..",
    " a",
    "a ",
    "a\\b",
    "a\nb",
    "[z-a]",
    "x" * (MAX_PATTERN + 1),
]


@pytest.mark.parametrize(("pattern", "path", "meant"), MEANT)
def test_what_a_pattern_means(pattern: str, path: str, *, meant: bool) -> None:
    assert matcher([pattern]).matches(path) is meant


@pytest.mark.parametrize("pattern", WRONG)
def test_a_pattern_that_means_nothing_is_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(PatternError) as refused:
        matcher([pattern])
    assert len(str(refused.value)) > 10


def test_the_last_pattern_that_matches_decides() -> None:
    rules = matcher(["src/**", "!src/gen/**", "src/gen/keep.py"])

    assert [rules.matches(path) for path in ("src/a.py", "src/gen/a.py", "src/gen/keep.py", "lib/a.py")] == [
        True,
        False,
        True,
        False,
    ]


NAMES = st.text("abx", min_size=1, max_size=3)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
SEGMENTS = st.one_of(
    NAMES,
    st.just("**"),
    st.text("ab*?", min_size=1, max_size=4),
    st.sampled_from(["[ab]", "[!a]", "x[a-b]*"]),
)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A pattern with any kind of start and end."""
    body = "/".join(draw(st.lists(SEGMENTS, min_size=1, max_size=4)))
    return f"{draw(st.sampled_from(['', '!']))}{draw(st.sampled_from(['', '/']))}{body}{draw(st.sampled_from(['', '/']))}"


def slowly(pattern: str, path: str) -> bool:
    """Say whether `pattern`, without `!`, means `path`: every way is tried."""
    segments = [segment for segment in pattern.split("/") if segment]
    if not pattern.startswith("/") and len(segments) == 1:
        segments.insert(0, "**")
    names = path.split("/")
    folders_only = pattern.endswith("/") and segments[-1] != "**"
    reach = range(1, len(names) + (0 if folders_only else 1))
    return any(_segments(segments, names[:end], below=len(names) - end) for end in reach)


def _segments(segments: list[str], names: list[str], below: int) -> bool:
    if not segments:
        return not names
    if segments[0] == "**":
        if len(segments) == 1:  # everything inside, but not the folder itself
            return bool(names)
        return any(_segments(segments[1:], names[start:], below) for start in range(len(names) + 1))
    return bool(names) and _letters(segments[0], names[0]) and _segments(segments[1:], names[1:], below)


def _letters(segment: str, name: str) -> bool:
    if not segment:
        return not name
    if segment[0] == "*":
        return any(_letters(segment[1:], name[start:]) for start in range(len(name) + 1))
    if not name:
        return False
    for text, letters in (("[ab]", "ab"), ("[!a]", "bx"), ("[a-b]", "ab")):
        if segment.startswith(text):
            return name[0] in letters and _letters(segment[len(text) :], name[1:])
    return (segment[0] == "?" or segment[0] == name[0]) and _letters(segment[1:], name[1:])


@given(patterns(), PATHS)
def test_patterns_mean_what_the_slow_matcher_says(pattern: str, path: str) -> None:
    assert bool(rule_of(pattern).expression.match(path)) == slowly(pattern.removeprefix("!"), path)


@given(st.lists(patterns(), max_size=5), PATHS)
def test_a_list_is_decided_by_its_last_match(rules: list[str], path: str) -> None:
    said = [not rule.startswith("!") for rule in rules if slowly(rule.removeprefix("!"), path)]

    assert matcher(rules).matches(path) == (said[-1] if said else False)


@given(st.lists(patterns(), max_size=5), PATHS)
def test_what_is_said_of_a_folder_is_true_of_every_file_below(rules: list[str], path: str) -> None:
    """Going down folder by folder, dropping patterns on the way, ends with the same answer as asking about the file."""
    whole = matcher(rules)
    here: bool | Patterns = whole
    folders = path.split("/")[:-1]
    for depth in range(1, len(folders) + 1):
        if isinstance(here, bool):
            break
        here = here.under("/".join(folders[:depth]))

    assert (here if isinstance(here, bool) else here.matches(path)) == whole.matches(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 240, "a" * 2000 + "/b"),
        ("**/a/" * 90 + "b", "a/" * 1000 + "c"),
        ("**/*a*a/" * 60 + "b", "aaaaaaaaaa/" * 300 + "c"),
        ("*" * 499 + "b", "a" * 4000),
        ("[ab]*" * 90 + "c", "ab" * 2000),
    ],
)
def test_no_pattern_is_slow(pattern: str, path: str) -> None:
    """Patterns that a backtracking matcher would chew on until the end of the world."""
    rules = matcher([pattern])
    started = time.process_time()
    rules.matches(path)

    assert time.process_time() - started < 0.5
