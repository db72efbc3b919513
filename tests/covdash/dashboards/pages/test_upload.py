"""The upload page without a database: its way, its outcomes, and a reason for every code."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from covdash.coverage.totals import Totals
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import reasons, upload
from covdash.reports.facts import CommitFact, FileOutcome, PathResolution, UploadFact
from ingest.parsing import ParseError

NOW = datetime(2026, 8, 21, tzinfo=UTC)
PLACE = Place("acme/shop")
FACT = UploadFact(
    id="0b0e7c5e-0000-4000-8000-000000000001",
    commit=CommitFact(1, "a" * 40, "", "Add refunds", "ada", NOW, ("main",)),
    branch="feature/a b",
    pull=None,
    flags=("unit",),
    job="ci/unit",
    attempt=1,
    name="",
    build_url="javascript:alert(1)",
    state="processed",
    progress=100,
    error_code="",
    error="",
    size=812,
    files=("a.xml",),
    received_at=NOW,
    started_at=NOW + timedelta(seconds=2),
    processed_at=NOW + timedelta(seconds=5),
    attempts=1,
    needs_sources=False,
    superseded_by="",
    totals=Totals.of(lines=(1, 2)),
    outcomes=(
        FileOutcome(
            "a.zip > a.xml",
            "parsed",
            "cobertura",
            "root <coverage>",
            files=2,
            lines=9,
            warnings=(("bad_path", 3, "../x"),),
        ),
        FileOutcome("a.zip > b.xml", "failed", code="truncated", message="ends in <class>", where="byte 9"),
        FileOutcome("a.zip > c.txt", "skipped", reason="not a report"),
    ),
    paths=PathResolution(4, 1, 2, 3),
)


def test_the_way_of_an_upload_has_times_and_durations() -> None:
    steps = upload.steps(FACT)
    assert [(step.title, step.state, step.after) for step in steps] == [
        ("Received", "done", None),
        ("Processing started", "done", timedelta(seconds=2)),
        ("In the report", "done", timedelta(seconds=3)),
    ]
    assert upload.steps(replace(FACT, totals=None))[2].title == "Read: no coverage in it"
    waiting = upload.steps(replace(FACT, state="received", started_at=None, processed_at=None))
    assert [step.state for step in waiting] == ["done", "next", "next"]
    running = upload.steps(replace(FACT, state="processing", progress=40, processed_at=None))
    assert (running[2].title, running[2].state) == ("Processing, 40 %", "now")
    assert upload.steps(replace(FACT, state="failed"))[2].title == "Failed"


def test_an_open_upload_is_followed() -> None:
    assert not upload.build(FACT, PLACE).open
    page = upload.build(replace(FACT, state="processing"), PLACE)
    assert page.open
    assert page.progress_address == f"/p/acme/shop/-/upload/{FACT.id}?part=progress"


def test_only_addresses_of_the_web_become_links() -> None:
    assert upload.build(FACT, PLACE).build_link == ""
    assert (
        upload.build(replace(FACT, build_url="https://ci.example.org/1"), PLACE).build_link
        == "https://ci.example.org/1"
    )


def test_a_replaced_upload_says_so() -> None:
    page = upload.build(replace(FACT, superseded_by="0b0e7c5e-0000-4000-8000-000000000002"), PLACE)
    assert (page.line.state, page.line.word) == ("superseded", "replaced")
    assert page.superseded_address.endswith("0002")


def test_outcomes_keep_their_sentence_and_get_a_way_out() -> None:
    page = upload.build(FACT, PLACE)
    failed = page.outcomes[1].reason
    assert failed
    assert (failed.said, failed.cause) == ("ends in <class>", "The file ends in the middle.")
    assert page.warnings == (("a.zip > a.xml", "bad_path", 3, "../x", reasons.WARNINGS["bad_path"]),)
    assert page.section.reported == 10
    assert (page.line.failed_files, page.line.warning_words) == (1, "3 warnings")


def test_a_failed_upload_has_a_reason_and_no_number() -> None:
    line = upload.line(replace(FACT, state="failed", totals=None, error_code="poisoned", error=""), PLACE)
    assert line.reason
    assert line.reason.action
    assert (line.lines, line.why) == (None, "nothing of it is in the report")
    assert upload.line(replace(FACT, state="received", totals=None), PLACE).why == "not processed yet"


CODE = re.compile(
    r"""(?:(?:ParseError|BlobError|Failed)\(\s*|error_code ?= ?|return \(\s+)["']([a-z_]+)["'],?"""
)


def codes() -> list[str]:
    """The codes that the contract of the shelf of formats promises, and those of the pipe."""
    listed = re.search(r"Codes: ([a-z_ \n]+)\.", ParseError.__doc__ or "")
    assert listed
    used = {
        code
        for path in (Path(__file__).parents[4] / "ingest").rglob("*.py")
        for code in CODE.findall(path.read_text())
    }
    return sorted({*listed[1].split(), *used})


@pytest.mark.parametrize("code", codes())
def test_every_code_has_a_cause_and_an_action(code: str) -> None:
    found = reasons.reason_of(code, "said")
    assert (found.cause, found.action) != reasons.UNKNOWN
    assert found.cause.endswith(".")
    assert found.action.endswith(".")


def test_an_unknown_code_keeps_the_sentence_of_the_program() -> None:
    assert reasons.reason_of("new_code", "It broke.").said == "It broke."
    assert reasons.warning_of("new_code") == ""
