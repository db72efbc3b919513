"""`inspect_report`: what it prints, its exit status, and that it needs nothing but the files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.ingest.samples import SAMPLES, SHOPCART

ROOT = Path(__file__).parents[2]
XML = SAMPLES / "cobertura/coverage.py/shopcart/branch.xml"
DATA = SAMPLES / "coverage-py-data/coverage.py/shopcart/branch_ctx.coverage"
BROKEN = SAMPLES / "hostile/truncated_cobertura.xml"


def inspect(*args: object) -> tuple[list[dict[str, Any]], int]:
    """Return the answers and the exit status."""
    out, status = StringIO(), 0
    try:
        call_command("inspect_report", *map(str, args), "--json", stdout=out)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def test_one_json_object_per_input() -> None:
    answers, status = inspect(XML, BROKEN, DATA)

    assert status == 2
    assert [answer["input"] for answer in answers] == [str(XML), str(BROKEN), str(DATA)]
    first, broken, data = answers
    assert set(first) == {"input", "format", "evidence", "totals", "files", "warnings"}
    assert first["format"] == "cobertura"
    assert first["totals"] == {
        "lines": {"covered": 58, "total": 74},
        "branches": {"covered": 16, "total": 28},
    }
    cart = next(file for file in first["files"] if file["path"] == "shopcart/cart.py")
    assert cart["totals"]["lines"] == {"covered": 41, "total": 44}
    assert cart["lines"]["37"] == 0
    assert cart["branches"]["36"] == {
        "covered": 1,
        "total": 2,
        "arms": [{"key": "-> 37", "hits": 0, "name": "jump to line 37"}],
    }
    assert set(broken) == {"input", "error"}
    assert set(broken["error"]) == {"code", "message", "where"}
    assert broken["error"]["code"] == "malformed"
    assert {warning["code"]: warning["count"] for warning in data["warnings"]} == {"needs_sources": 5}
    assert set(data["warnings"][0]) == {"code", "count", "example"}


def test_sources_are_found_below_the_root() -> None:
    """By the longest tail of the path in the report that exists: absolute paths of a runner work too."""
    absolute = DATA.with_name("lines_abs.coverage")
    answers, status = inspect(DATA, absolute, "--source-root", SHOPCART)

    assert status == 0
    assert [answer["totals"]["lines"] for answer in answers] == [{"covered": 58, "total": 74}] * 2
    assert [answer["warnings"] for answer in answers] == [[], []]


def test_a_source_root_that_is_missing_is_said() -> None:
    with pytest.raises(CommandError, match="no such directory"):
        inspect(DATA, "--source-root", "/nowhere/at/all")


def test_an_override() -> None:
    answers, status = inspect(XML, "--format", "lcov")

    assert status == 2
    assert answers[0]["error"]["code"] == "format_mismatch"
    assert inspect(XML, "--format", "cobertura")[1] == 0


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    answers, status = inspect(tmp_path / "missing.xml")

    assert status == 2
    assert [answer["error"]["code"] for answer in answers] == ["not_found"]


def test_a_folder_is_searched_for_reports(tmp_path: Path) -> None:
    """Whatever is no report is passed over; what is one and broken is told."""
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/b.xml").write_bytes(XML.read_bytes())
    (tmp_path / "deep/broken.xml").write_bytes(BROKEN.read_bytes())
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")

    answers, status = inspect(tmp_path)

    assert status == 2
    assert [Path(answer["input"]).name for answer in answers] == ["broken.xml", "b.xml"]
    assert "error" in answers[0]


def test_a_pattern_is_what_the_shell_would_make_of_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "coverage.xml").write_bytes(XML.read_bytes())

    answers, status = inspect(tmp_path / "**" / "coverage.xml")

    assert (len(answers), status) == (2, 0)
    with pytest.raises(CommandError, match="no file has such a name"):
        inspect(tmp_path / "*.info")


def test_a_folder_without_reports_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(CommandError, match=r"no report in .*: 1 files were looked at"):
        inspect(tmp_path)


def test_an_archive_is_one_input(tmp_path: Path) -> None:
    """Its reports are merged; what could not be read is listed, and the status says so."""
    import zipfile

    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.write(XML, "a/coverage.xml")
        archive.write(SAMPLES / "go-cover/go/gomod/set.out", "cover.out")
        archive.write(BROKEN, "broken.xml")
        archive.writestr("notes.txt", "hello")
    (answer,), status = inspect(bundle)

    assert status == 2
    assert answer["format"] == "cobertura+go-cover"
    assert answer["totals"]["statements"] == {"covered": 12, "total": 22}
    assert answer["totals"]["branches"] == {"covered": 16, "total": 28}
    assert [failed["name"] for failed in answer["failed"]] == ["broken.xml"]
    assert [warning["code"] for warning in answer["warnings"]] == ["unknown_format"]


def test_an_archive_without_reports_is_an_error(tmp_path: Path) -> None:
    import zipfile

    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("notes.txt", "hello")
    (answer,), status = inspect(bundle)

    assert status == 2
    assert answer["error"]["code"] == "unknown_format"
    assert "notes.txt" in answer["error"]["message"]


def test_arms_in_no_file_are_told() -> None:
    (answer,), _ = inspect(SAMPLES / "cobertura/nyc/shapes/cobertura-coverage.xml")

    assert answer["totals"]["branches"] == {"covered": 7, "total": 22}
    assert answer["unplaced"] == {"branches": {"covered": 1, "total": 1}}


def test_the_table_for_people() -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("inspect_report", str(XML), str(BROKEN), stdout=out)
    lines = out.getvalue().splitlines()

    assert lines[0] == f"{XML}: cobertura, told by: XML, root element <coverage> with <sources>"
    assert lines[1].split() == ["file", "lines", "branches"]
    assert ["shopcart/cart.py", "41/44", "93.1", "%", "13/16", "81.2", "%"] in [
        line.split() for line in lines
    ]
    assert lines[-3].split() == ["total", "of", "5", "files", "58/74", "78.3", "%", "16/28", "57.1", "%"]
    assert lines[-2].startswith(f"{BROKEN}: malformed: ")
    assert lines[-1] == "2 inputs with reports, 1 of them not wholly readable"


def test_nothing_is_needed_but_the_files() -> None:
    """No database, no environment, no data home; many inputs cost one start."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "manage.py", "inspect_report", "--json", *[str(XML)] * 300],
        cwd=ROOT,
        # What installs the environment is not asked: it may judge the one that this suite runs in to be old, and make it anew.
        env={"PATH": os.environ["PATH"], "COVDASH_HOME": "/nonexistent/home", "COVDASH_NO_BOOTSTRAP": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 300
    assert time.monotonic() - started < 30
