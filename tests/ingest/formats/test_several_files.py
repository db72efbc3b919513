"""Reports of several files: read one by one they say less than together, in one archive."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from covdash.coverage.report import Report
from ingest.inspection import answer
from ingest.reading import Parsed, read_upload_file
from tests.ingest.formats.reading import arms_of, lines_of
from tests.ingest.samples import SAMPLES, blocks


def zipped(folder: Path, *, names: list[Path]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.write(name, name.relative_to(folder))
    return sink.getvalue()


def tarred(names: list[Path]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name in names:
            archive.add(name, name.name)
    return sink.getvalue()


def reports_in(data: bytes) -> list[Report]:
    outcomes = list(read_upload_file("x.zip", blocks(data)))
    assert all(isinstance(outcome, Parsed) for outcome in outcomes), outcomes
    return [outcome.report for outcome in outcomes if isinstance(outcome, Parsed)]


@pytest.mark.parametrize("folder", ["xml", "path-xml"])
def test_a_directory_of_phpunit_is_one_report(folder: str) -> None:
    home = SAMPLES / "phpunit-xml/phpunit/phpapp" / folder
    names = sorted(path for path in home.rglob("*.xml"))
    (report,) = reports_in(zipped(home, names=names))

    assert set(report.files) == {"Calculator.php", "Model/User.php", "untested.php"}
    assert report.totals().get("lines") == (10, 18)
    assert report.totals().get("functions") == (3, 5)
    assert report.roots == ("/build/project/phpapp/src",)
    assert lines_of(report.files["Model/User.php"]) == {7: 1, 16: 1}


def test_places_and_counts_of_hpc_are_joined_by_their_hash() -> None:
    home = SAMPLES / "hpc/hpc/hsapp"
    (report,) = reports_in(tarred([home / name for name in ("Main.mix", "Util.mix", "hsmain.tix")]))

    assert set(report.files) == {"Main.hs", "Util.hs"}
    assert report.totals().get("regions") == (28, 37)
    assert report.totals().get("functions") == (3, 4)
    assert not report.warnings.found


@pytest.mark.parametrize("name", ["Main.mix", "hsmain.tix"])
def test_half_of_hpc_says_what_is_missing(name: str) -> None:
    found = answer(name, read_upload_file(name, [(SAMPLES / "hpc/hpc/hsapp" / name).read_bytes()]))

    assert found["totals"] == {}
    assert "one archive" in next(w["example"] for w in found["warnings"] if w["code"] == "needs_sources")


def test_the_units_of_a_program_add_up_to_its_report() -> None:
    home = SAMPLES / "gcov-json/gcov/calc"
    reports = [
        report
        for name in ("calc", "main")
        for report in reports_in((home / f"{name}.gcov.json.gz").read_bytes())
    ]
    files = {path: file for report in reports for path, file in report.files.items()}

    assert lines_of(files["src/calc.c"])[6] == 2002
    assert lines_of(files["src/calc.c"])[11] == 0
    assert lines_of(files["src/main.c"])[12] == 0
    assert sum(hits > 0 for hits in arms_of(files["src/calc.c"])[6].values()) == 3
