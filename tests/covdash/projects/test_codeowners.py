"""CODEOWNERS as components: every file ends with the owners that the file gives it."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covdash.coverage.components import Rules
from covdash.coverage.globs import matcher
from covdash.projects.codeowners import components_of
from tests.covdash.coverage.test_globs import PATHS, patterns

LINES = st.lists(st.tuples(patterns(), st.sampled_from(["", "@a", "@b", "@a @b"])), max_size=8)


@given(LINES, PATHS)
def test_a_file_has_the_owners_of_the_last_line_that_matches(lines: list[tuple[str, str]], path: str) -> None:
    usable = [(pattern.removeprefix("!"), owners) for pattern, owners in lines]
    assume(
        not any(re.fullmatch(r"\[[^]]+\]", pattern) for pattern, _ in usable)
    )  # that is a section of GitLab
    text = "\n".join(f"{pattern}   {owners}" for pattern, owners in usable)
    wanted = [
        owners for pattern, owners in usable if matcher(["**" if pattern == "*" else pattern]).matches(path)
    ]

    made = components_of(text)

    assert Rules(made.components).owner(path) == (wanted[-1] if wanted else "")
    assert Rules(reversed(made.components)).owner(path) == (wanted[-1] if wanted else ""), (
        "they never overlap"
    )


def test_what_forges_write() -> None:
    text = (
        "# Lines starting with '#' are comments.\n"
        "*       @global-owner1 @global-owner2\n"
        "*.js    @js-owner #This is an inline comment.\n"
        "docs/*  docs@example.com\n"
        "apps/ @octocat\n"
        "/apps/github\n"
        "path\\ with\\ spaces/ @space-owner\n"
        "[Database][2] @dba\n"
        "model/db/\n"
        "a\\\\b @x\n"
    )

    made = components_of(text)

    assert dict(made.components) == {
        "@global-owner1 @global-owner2": (
            "**", "!*.js", "!docs/*", "!apps/", "!/apps/github", "!path with spaces/", "!model/db/"
        ),
        "@js-owner": ("*.js", "!docs/*", "!apps/", "!/apps/github", "!path with spaces/", "!model/db/"),
        "docs@example.com": ("docs/*", "!apps/", "!path with spaces/"),
        "@octocat": ("apps/", "!/apps/github", "!path with spaces/", "!model/db/"),
        "@space-owner": ("path with spaces/", "!model/db/"),
        "@dba": ("model/db/",),
    }  # fmt: skip
    assert [note.partition(":")[0] for note in made.notes] == ["line 4", "line 8", "line 10"]
    assert len({name for name, _ in components_of(f"a {'@x' * 60}1\nb {'@x' * 60}2").components}) == 2


@pytest.mark.parametrize("text", ["", "# nothing", "justapath", "\n\n"])
def test_a_file_without_owners_gives_nothing(text: str) -> None:
    assert components_of(text).components == ()
