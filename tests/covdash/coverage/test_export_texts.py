"""What is exported is read back by our own parsers with the same totals, for every real report and for made-up files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from covdash.coverage import cobertura_text, lcov_text
from covdash.coverage.lines import FileCoverage, Function, Outcomes, column
from covdash.coverage.report import UNPLACED, total_of
from tests.covdash.coverage.strategies import files as any_file
from tests.ingest.samples import Sample, read, reports

AT = datetime(2026, 8, 21, tzinfo=UTC)
Files = list[tuple[str, FileCoverage]]


def lcov(files: Files) -> str:
    return "".join(lcov_text.write(files))


def cobertura(files: Files) -> str:
    return "".join(cobertura_text.write(files, total_of(files), AT))


def parsed(text: str, folder: Path, name: str) -> dict[str, FileCoverage]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    (outcome,) = read(path)
    assert outcome.report is not None, outcome
    return dict(outcome.report.files)


def counts(files: Iterable[tuple[str, FileCoverage]], *kinds: str) -> dict[str, tuple[int, int]]:
    totals = total_of(files)
    return {kind: count for kind in kinds if (count := totals.get(kind)) and count.total}


def told(coverage: FileCoverage) -> bool:
    """Whether a line-by-line text can say all of it: docs/files.md lists what cannot."""
    return not coverage.executed_only and not coverage.uncounted and "lines" not in coverage.outcomes


def placed(files: Files) -> Files:
    return [(path, file) for path, file in files if path.rpartition("/")[2] != UNPLACED and told(file)]


def listed(files: Files) -> bool:
    """Whether every function is listed; some formats only count them."""
    return all("functions" not in file.outcomes for _, file in files)


def samples() -> list[tuple[Sample, Files]]:
    found = []
    for sample in reports():
        files = [item for one in read(sample.path) if one.report for item in one.report.files.items()]
        if kept := placed(files):
            found.append((sample, kept))
    return found


SAMPLES = samples()


@pytest.mark.parametrize(("sample", "files"), SAMPLES, ids=[str(sample) for sample, _ in SAMPLES])
def test_real_reports_survive_as_lcov(sample: Sample, files: Files, tmp_path: Path) -> None:
    again = parsed(lcov(files), tmp_path, "lcov.info")
    kinds = ("lines", "branches", "conditions", *(("functions",) if listed(files) else ()))
    assert counts(again.items(), *kinds) == counts(files, *kinds)


@pytest.mark.parametrize(("sample", "files"), SAMPLES, ids=[str(sample) for sample, _ in SAMPLES])
def test_real_reports_survive_as_cobertura(sample: Sample, files: Files, tmp_path: Path) -> None:
    again = parsed(cobertura(files), tmp_path, "cobertura.xml")
    assert counts(again.items(), "lines", "branches") == counts(files, "lines", "branches")
    if listed(files) and all(function.start for _, file in files for function in file.functions or ()):
        assert counts(again.items(), "functions") == counts(files, "functions")


def test_hits_and_arms_come_back_as_they_were(tmp_path: Path) -> None:
    arms = Outcomes(
        column((1, 1, 2, 2)),
        ("-> 2", "exit", "0,0", "if:else@2:4"),
        column((1, 1, 1, 1)),
        column((41, 0, 3, 0), int),
    )
    functions = (
        Function("pay", 1, 2, 41),
        Function("_ZN3foo", 1, 2, 3),
        Function("ns::f(int, char)", 2, 0, 0),
    )
    file = FileCoverage(
        column((1, 2)),
        column((41, 3), int),
        column((2, 2), "u1"),
        {"branches": arms},
        functions,
        counted=True,  # type: ignore[arg-type]
    )
    (again,) = parsed(lcov([("src/a b.py", file)]), tmp_path, "lcov.info").values()
    assert again.hits.tolist() == [41, 3]
    assert [(line, key, hits) for line, key, _, hits in again.outcomes["branches"].named()] == [
        (1, "-> 2", 41),
        (1, "exit", 0),
        (2, "0,0", 3),
        (2, "0,if:else@2:4", 0),
    ]
    assert sorted((f.name, f.start, f.end, f.hits) for f in again.functions or ()) == sorted(
        (f.name, f.start, f.end, f.hits) for f in functions
    )


NASTY = ("a<b>&\"'.py", "\u202eevil.py", "d/\x0bweird\x7f.py", "ümläut/日本.py", "a,b;c%20#?.py")


@pytest.mark.parametrize("name", NASTY)
def test_names_break_no_form(name: str, tmp_path: Path) -> None:
    file = FileCoverage(column((1,)), column((1,), int), column((2,), "u1"), counted=True)  # type: ignore[arg-type]
    for text, form in ((lcov([(name, file)]), "lcov.info"), (cobertura([(name, file)]), "cobertura.xml")):
        again = parsed(text, tmp_path, form)
        assert len(again) == 1
        assert counts(again.items(), "lines") == {"lines": (1, 1)}


def _is_placed(outcomes: Outcomes) -> bool:
    _, covered, total = outcomes.per_line()
    count = outcomes.count()
    return count.covered - int(covered.sum()) <= count.total - int(total.sum())


@settings(max_examples=150, deadline=None)
@given(any_file())
def test_any_file_survives(tmp_path_factory: pytest.TempPathFactory, file: FileCoverage) -> None:
    outcomes = {kind: found for kind, found in file.outcomes.items() if kind != "lines"}
    # Neither form has a place for arms that ran, by the count of the whole file, on lines that say they did not.
    assume(all(_is_placed(found) for found in outcomes.values()))
    files = [("src/a.py", replace(file, executed_only=False, uncounted=0, outcomes=outcomes))]
    folder = tmp_path_factory.mktemp("export")
    again = parsed(lcov(files), folder, "lcov.info")
    assert counts(again.items(), "lines", "branches", "functions") == counts(
        files, "lines", "branches", "functions"
    )
    again = parsed(cobertura(files), folder, "cobertura.xml")
    assert counts(again.items(), "lines", "branches") == counts(files, "lines", "branches")
