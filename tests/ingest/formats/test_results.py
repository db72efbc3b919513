"""Tests and mutants: every sample counts what its producing tool says, and odd dialects are read."""

from __future__ import annotations

from typing import Any

import pytest

from covdash.coverage import results
from covdash.coverage.codec import CodecError
from covdash.coverage.results import Mutant, Results
from ingest.inspection import answer
from tests.ingest.formats.reading import report_of
from tests.ingest.samples import Sample, found_in, read

SAMPLES = [
    s
    for folder in ("junit", "stryker-json", "pit", "cosmic-ray", "mutmut", "infection-json", "crap4j")
    for s in found_in(folder)
]
WORDS = {
    "tests": "total", "testcases": "total", "failures": "failed", "errors": "error", "skipped": "skipped", "killed": "killed",
    "survived": "survived", "escaped": "survived", "no_tests": "no_coverage", "no_coverage": "no_coverage",
    "not_covered": "no_coverage", "timeout": "timeout", "mutations": "total", "total": "total",
}  # fmt: skip
TWICE_FAILED = "junit/various/jenkins/jest-junit.xml"
"""Its truth counts `failure` elements, of which one test has two."""


def counts_of(sample: Sample) -> dict[str, Any]:
    found = answer(str(sample), read(sample.path))
    assert found["totals"] == {}
    assert found["files"] == []
    assert "no_files" not in {warning["code"] for warning in found["warnings"]}
    summary = found["results"]
    counts: dict[str, Any] = summary.get("tests") or summary.get("mutants") or summary["methods"]
    return {"total": sum(counts.values())} | counts


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_counts_are_those_of_the_tool(sample: Sample) -> None:
    counts = counts_of(sample)
    truth = sample.truth.get("totals", {})
    expected = {WORDS[word]: number for word, number in truth.items() if word in WORDS}
    if str(sample) == TWICE_FAILED:
        expected["failed"] = 1

    assert {word: counts.get(word, 0) for word in expected} == expected


def test_mutation_scores_are_those_of_stryker_and_infection() -> None:
    (stryker,) = found_in("stryker-json")
    (infection,) = found_in("infection-json")

    assert answer("x", read(stryker.path))["results"]["detected"] == {"covered": 24, "total": 55}
    assert answer("x", read(infection.path))["results"]["detected"] == {"covered": 2, "total": 4}


DIALECTS = {
    "a failure beats a skip": (
        "<testcase name='a'><skipped/><failure message='no'/></testcase>",
        "failed",
        0.0,
    ),
    "surefire calls it flaky": (
        "<testcase name='a' time='0.5'><flakyFailure message='once'/></testcase>",
        "flaky",
        0.5,
    ),
    "googletest says notrun": ("<testcase name='a' status='notrun' time='0'/>", "skipped", 0.0),
    "thousands of seconds": ("<testcase name='a' time='1,234.5'/>", "passed", 1234.5),
    "no time": ("<testcase name='a' time=''/>", "passed", 0.0),
    "colours of a terminal": (
        "<testcase name='a'><failure message='\x1b[31mred&#x1b;[0m'/></testcase>",
        "failed",
        0.0,
    ),
    "nested suites": (
        "<testsuite name='b'><testsuite name='c'><testcase name='a'/></testsuite></testsuite>",
        "passed",
        0.0,
    ),
}


@pytest.mark.parametrize(("body", "state", "seconds"), DIALECTS.values(), ids=DIALECTS.keys())
def test_dialects_of_junit(body: str, state: str, seconds: float) -> None:
    report = report_of(f"<testsuites><testsuite name='s' tests='9'>{body}</testsuite></testsuites>")

    (case,) = report.results.tests
    assert (case.name, case.state, case.seconds) == ("a", state, seconds)
    assert "\x1b" not in case.message


def test_executions_of_sonar_are_tests() -> None:
    report = report_of(
        "<testExecutions version='1'><file path='test/a.js'><testCase name='one' duration='1500'/>"
        "<testCase name='two' duration='2'><error message='bang'>at x</error></testCase></file></testExecutions>"
    )

    assert [(test.file, test.name, test.state, test.seconds) for test in report.results.tests] == [
        ("test/a.js", "one", "passed", 1.5),
        ("test/a.js", "two", "error", 0.002),
    ]


def test_results_survive_their_bytes() -> None:
    found = Results(
        (results.TestCase("s", "o", "n", "failed", 1.5, "m", "f", 3),),
        (Mutant("p", 1, "op", "survived"),),
        (),
        {"killed": 3},
    )

    assert results.decode(results.encode(found)) == found
    assert results.encode(Results()) == b""
    assert not results.decode(b"")


@pytest.mark.parametrize(
    "data", [b"x", b"\x01junk", results.encode(Results((results.TestCase("", "", "n", "odd"),)))]
)
def test_bytes_that_are_no_results_are_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        results.decode(data)
