"""`docs/conformance.md` explains every truth that the samples cannot satisfy: each name of the lists of exceptions, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.ingest.exceptions import (
    NO_SOURCES,
    NOT_IN_THE_REPORT,
    OLDER_ANALYSIS,
    ONE_OF_MANY,
    ROOT_LIES,
    WITHOUT_LINES,
)
from tests.ingest.samples import SAMPLES

TEXT = (Path(__file__).parents[3] / "docs/conformance.md").read_text()
SECTIONS = dict(
    zip(
        re.findall(r"^###? (.*)$", TEXT, re.MULTILINE),
        re.split(r"^###? .*$", TEXT, flags=re.MULTILINE)[1:],
        strict=True,
    )
)


def _named(list_name: str) -> set[str]:
    """Return the samples that the section of a list names."""
    (section,) = (body for title, body in SECTIONS.items() if list_name in title)
    return set(re.findall(r"`([^`\s]+/[^`\s]+)`", section))


def test_every_exception_is_explained_in_its_section() -> None:
    assert _named("NO_SOURCES, OLDER_ANALYSIS") >= NO_SOURCES | OLDER_ANALYSIS
    assert {place for place, _ in NOT_IN_THE_REPORT} == _named("NOT_IN_THE_REPORT")
    assert _named("ONE_OF_MANY") == ONE_OF_MANY
    assert _named("ROOT_LIES") == {ROOT_LIES}
    assert all(f"`{code}`" in TEXT for code in WITHOUT_LINES)


def test_every_name_is_a_sample() -> None:
    for title in SECTIONS:
        for list_name in re.findall(r"\(([A-Z_, ]+)\)", title):
            for name in _named(list_name):
                folder = (SAMPLES / name).parent
                assert any(str(path).startswith(str(SAMPLES / name)) for path in folder.rglob("*")), name


def test_all_lines_of_the_script_are_accounted_for() -> None:
    """The numbers in brackets add up to the number that the page states."""
    stated = re.search(r"(\d+) do not", TEXT)
    explained = TEXT.partition("## What a truth says")[2]

    assert stated is not None
    assert sum(map(int, re.findall(r"\((\d+)[) ]", explained))) == int(stated[1])
