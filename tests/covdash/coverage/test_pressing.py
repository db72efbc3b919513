"""Reports whose files are pressed while they are read are the same as those whose files stand open until the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage import report as reports_
from covdash.coverage.codec import encode, encode_counts
from covdash.coverage.lines import FileCoverage
from covdash.coverage.pressing import Pressed, sheet_of
from covdash.coverage.report import ReportBuilder
from covdash.coverage.sheet_codec import encoded
from covdash.coverage.sheets import Files
from covdash.coverage.totals import KINDS
from ingest.reading import Outcome, Parsed
from tests.covdash.coverage.strategies import files as any_file
from tests.ingest.samples import Sample, read, reports


def _told(outcomes: list[Outcome]) -> list[object]:
    return [
        (
            [
                (path, encode(file), file.hits.tolist(), file.totals())
                for path, file in one.report.files.items()
            ],
            [*encoded(one.report.files)],
            one.report.warnings.as_list(),
        )
        if isinstance(one, Parsed)
        else one
        for one in outcomes
    ]


@pytest.mark.parametrize("sample", reports(), ids=str)
def test_a_report_reads_the_same_when_each_file_is_pressed(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind the first `LARGE` lines of a report: no parser holds on to a file that it does not ask for again."""
    usual = _told(read(sample.path, sources=True))
    monkeypatch.setattr(reports_, "LARGE", 0)

    assert _told(read(sample.path, sources=True)) == usual


def _plain(file: FileCoverage) -> FileCoverage:
    """Return a file as a sheet can hold it: functions are called or not, and its format knows neither sums nor states."""
    functions = file.functions and tuple(one._replace(partial=False) for one in file.functions)
    states = (file.hits > 0).astype(np.uint8) * 2
    return replace(file, states=states, functions=functions, counted=True, executed_only=False, uncounted=0)


@given(st.lists(any_file().map(_plain), min_size=1, max_size=4))
def test_a_pressed_sheet_holds_its_files_and_counts_them(files: list[FileCoverage]) -> None:
    paths = [f"{number}.py" for number in range(len(files))]
    pressed = Pressed(sheet_of(paths, files, stated=False))
    entries = Files({path: (pressed, number) for number, path in enumerate(paths)})

    assert [(encode(file), encode_counts(file)) for file in entries.values()] == [
        (encode(file), encode_counts(file)) for file in files
    ]
    for kind in KINDS:
        covered, total = pressed.sheet().counts(kind)
        assert [*zip(covered.tolist(), total.tolist(), strict=True)] == [
            file.count(kind) or (0, 0) for file in files
        ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 3), st.booleans())))
def test_files_that_come_again_are_added_to(rows: list[tuple[str, int, int, bool]]) -> None:
    """Whatever the order in which files come and come again."""

    def report(large: int) -> list[tuple[str, bytes, bytes]]:
        builder = ReportBuilder()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reports_, "LARGE", large)
            for path, line, hits, is_arm in rows:
                file = builder.file(path)
                if is_arm:
                    file.named("branches", line, str(hits), hits)
                    file.tally("statements", line, min(hits, 1), 2)
                else:
                    file.lines(np.array([line, line + 1]), np.array([hits, 1]))
                file.function(f"f{hits}", line, line, hits)
        return [*encoded(builder.build().files)]

    assert report(0) == report(10**6)


def test_a_great_file_that_comes_again_and_again_has_nothing_pressed_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only what is new counts: else each of its turns would press the one file before it."""
    monkeypatch.setattr(reports_, "LARGE", 20)
    builder = ReportBuilder()
    for number in range(100):
        builder.file("great.py").lines(
            np.arange(1, 50 if number == 0 else 2), np.ones(49 if number == 0 else 1, np.int64)
        )
        builder.file(f"{number}.py").line(1, 1)

    holders = {place[0] for place in builder.placed.values()}

    assert 5 < len(holders) < 25
    assert len(builder.build().files) == 101
