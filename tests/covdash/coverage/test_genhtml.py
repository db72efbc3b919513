"""The differential categories of a real change are those of lcov's genhtml, file by file; see genhtml/ORIGIN.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covdash.coverage import differential
from covdash.coverage.differential import CATEGORIES
from covdash.coverage.lines import FileCoverage
from covdash.coverage.unified_diff import maps_of_diff
from ingest.reading import Parsed, read_upload_file

HERE = Path(__file__).parent / "genhtml"
SAID = dict(row.split(" file ") for row in (HERE / "categories.txt").read_text().splitlines())
MAPS = maps_of_diff((HERE / "change.diff").read_text())


def measured(name: str) -> dict[str, FileCoverage]:
    """Return the files of a tracefile."""
    with (HERE / name).open("rb") as stream:
        (outcome,) = read_upload_file(name, stream)
    assert isinstance(outcome, Parsed)
    return dict(outcome.report.files)


BEFORE, AFTER = measured("before.lcov"), measured("after.lcov")


def test_every_file_is_compared() -> None:
    assert BEFORE.keys() == AFTER.keys() == SAID.keys()
    assert len(MAPS) == 12


@pytest.mark.parametrize("path", SAID)
def test_categories_are_those_of_genhtml(path: str) -> None:
    found = differential.compare(BEFORE[path], AFTER[path], MAPS.get(path)).tally()
    said = json.loads(SAID[path])["line"]
    assert dict(zip(CATEGORIES, found, strict=True)) == {name: said.get(name, 0) for name in CATEGORIES}
