"""Every sample means here what its producing tool says it means: totals, and single lines."""

from __future__ import annotations

from typing import Any

import pytest

from covdash.coverage.lines import merge
from ingest.formats import FORMATS
from ingest.inspection import answer
from ingest.reading import Parsed
from tests.ingest.exceptions import (
    NO_SOURCES,
    OLDER_ANALYSIS,
    ONE_OF_MANY,
    ROOT_LIES,
    WITHOUT_LINES,
    is_beyond,
)
from tests.ingest.samples import BOOLEAN, METRICS, SAMPLES, Sample, read, reports

TRUTHS = reports()


def inspected(sample: Sample) -> dict[str, Any]:
    return answer(str(sample), read(sample.path, sources=True))


@pytest.mark.parametrize(
    "sample",
    [s for s in TRUTHS if str(s) not in OLDER_ANALYSIS | NO_SOURCES | ONE_OF_MANY | {ROOT_LIES}],
    ids=str,
)
def test_totals_are_those_of_the_tool(sample: Sample) -> None:
    found = inspected(sample)
    totals = {METRICS[name]: pair for name, pair in sample.truth.get("totals", {}).items() if name in METRICS}
    expected = {
        kind: {"covered": pair["covered"], "total": pair["total"]}
        for kind, pair in totals.items()
        if pair.get("covered") is not None
        and pair.get("total") is not None
        and not is_beyond(str(sample), kind)
    }

    assert found["format"] == sample.truth["format"]
    assert {kind: found["totals"].get(kind) for kind in expected} == expected


def _same(reported: str, name: str) -> bool:
    return f"/{reported}".endswith(f"/{name}") or name.endswith(f"/{reported}")


@pytest.mark.parametrize(
    "sample",
    [s for s in TRUTHS if s.truth.get("spots") and str(s) not in OLDER_ANALYSIS | NO_SOURCES | ONE_OF_MANY],
    ids=str,
)
def test_single_lines_are_as_seen(sample: Sample) -> None:
    found = inspected(sample)
    if {warning["code"] for warning in found["warnings"]} & set(WITHOUT_LINES):
        assert not any(
            hits == 0 for file in found["files"] for line, hits in file["lines"].items() if line != "0"
        )
        return
    files = found["files"]
    for spot in sample.truth["spots"]:
        matches = [file for file in files if _same(file["path"], spot["file"])]
        file = min(matches, key=lambda file: len(file["path"]))
        hits = file["lines"].get(str(spot["line"]))
        if "hits" in spot and spot["hits"] is None:
            assert hits is None, spot
        elif "hits" in spot and sample.truth["format"] not in BOOLEAN:
            assert hits == spot["hits"], spot
        elif "hits" in spot or "covered" in spot:
            assert hits is not None, spot
            assert (hits > 0) == bool(spot.get("hits", spot.get("covered"))), spot
        if "branches" in spot and not is_beyond(str(sample), "branches"):
            arms = file["branches"][str(spot["line"])]
            assert {"covered": arms["covered"], "total": arms["total"]} == spot["branches"], spot


@pytest.mark.parametrize("name", sorted(OLDER_ANALYSIS))
def test_data_files_of_any_version_get_the_figures_of_the_installed_coverage_py(name: str) -> None:
    totals = inspected(Sample(SAMPLES / name))["totals"]

    assert totals["lines"] == {"covered": 58, "total": 74}
    assert totals["branches"] == {"covered": 16, "total": 28}


@pytest.mark.parametrize("name", sorted(NO_SOURCES | OLDER_ANALYSIS))
def test_data_files_without_sources_know_no_line_total(name: str) -> None:
    """Never 100 %: what could have run is not known."""
    (outcome,) = read(SAMPLES / name)

    assert isinstance(outcome, Parsed)
    totals = outcome.report.totals()
    assert totals.get("lines") is None
    assert totals.needs_sources == totals.files > 0
    assert "needs_sources" in outcome.report.warnings.found


def test_reports_without_lines_say_so() -> None:
    found: dict[str, set[str]] = {}
    for sample in TRUTHS:
        codes = {warning["code"] for warning in inspected(sample)["warnings"]} & set(WITHOUT_LINES)
        if codes:
            found.setdefault(str(sample).split("/")[0], set()).update(codes)

    assert found == {
        "coverage-py-data": {"needs_sources"}, "dotcover-json": {"totals_only"}, "gcovr-json": {"totals_only"},
        "hpc": {"needs_sources", "totals_only"}, "istanbul-summary": {"totals_only"}, "kcov-json": {"totals_only"},
        "jacoco": {"totals_only"}, "llvm-cov-json": {"totals_only"}, "luacov-stats": {"needs_sources"}, "phpunit-xml": {"totals_only"},
        "v8-raw": {"needs_sources"}, "xccov-json": {"totals_only"},
    }  # fmt: skip


def test_a_root_that_contradicts_its_lines_is_not_believed() -> None:
    found = inspected(Sample(SAMPLES / ROOT_LIES))

    assert found["totals"]["lines"] == {"covered": 1, "total": 2}
    assert found["totals"]["branches"] == {"covered": 2, "total": 10}
    assert {warning["code"] for warning in found["warnings"]} == {"totals_differ"}


@pytest.mark.parametrize(
    ("names", "lines", "branches", "functions"),
    [
        (
            (
                "cobertura/coverage.py/shopcart/branch.xml",
                "coverage-py-json/coverage.py/shopcart/format3_branch_contexts.json",
                "lcov/coverage.py/shopcart/branch.lcov.info",
                "coverage-py-data/coverage.py/shopcart/branch_ctx.coverage",
            ),
            (58, 74),
            (16, 28),
            (9, 11),
        ),
        (
            (
                "cobertura/coverage.py/itsdangerous/branch.xml",
                "coverage-py-json/coverage.py/itsdangerous/branch.json",
                "lcov/coverage.py/itsdangerous/branch.info",
            ),
            (420, 438),
            (94, 102),
            (49, 53),
        ),
    ],
)
def test_one_run_in_all_formats_of_its_tool_is_one_run(
    names: tuple[str, ...], lines: tuple[int, int], branches: tuple[int, int], functions: tuple[int, int]
) -> None:
    """An arm has the same key in every format of coverage.py, so that a merge does not count it twice."""
    merged = {}
    for name in names:
        (outcome,) = read(SAMPLES / name, sources=True)
        assert isinstance(outcome, Parsed)
        for path, coverage in outcome.report.files.items():
            plain = path.removeprefix("src/").removeprefix("itsdangerous/")
            merged[plain] = merge(merged[plain], coverage) if plain in merged else coverage

    totals = sum(coverage.totals() for coverage in merged.values())
    assert totals.get("lines") == lines
    assert totals.get("branches") == branches
    assert totals.get("functions") == functions


@pytest.mark.parametrize("book", FORMATS, ids=lambda book: book.name)
def test_every_format_has_real_samples(book: Any) -> None:
    assert [sample for sample in TRUTHS if sample.truth["format"] == book.name]
