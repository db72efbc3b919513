"""What the truths of samples say and their reports cannot; `docs/conformance.md` explains each by the name of its list here."""

from __future__ import annotations

from collections.abc import Iterable

OLDER_ANALYSIS = {
    # These runs were counted by an older coverage.py; the sources are analysed by the one that is installed, which agrees with
    # itself: its own figures for the same project (see the samples of 7.17).
    "coverage-py-data/coverage.py/shopcart/v4.5.4.coverage",
    "coverage-py-data/coverage.py/shopcart/v5.5.coverage",
    "coverage-py-data/coverage.py/shopcart/v7.4.4.coverage",
}
NO_SOURCES = {"coverage-py-data/coverage.py/itsdangerous/branch.coverage"}
NOT_IN_THE_REPORT = (
    # The truth of the run knows more than the report: LLVM 19 exports no MC/DC and no regions to LCOV, gcovr writes no arms to Clover
    # and no functions to Coveralls and Sonar, gcov prints arms and conditions only when asked (-b, -g), PHPUnit's XML has neither.
    ("lcov/llvm-cov/calc/lcov.info", "conditions regions"),
    ("clover/gcovr/calc/clover.xml", "branches"),
    ("coveralls-json/gcovr/calc/coveralls.json", "functions"),
    ("sonar-generic/gcovr/calc/sonarqube.xml", "functions"),
    ("gcov-text/gcov/calc/plain/", "branches"),
    ("gcov-text/gcov/calc/gcc15_paths_", "branches conditions"),
    ("gcov-text/gcov/calc/gcc16_paths_", "branches conditions"),
    ("gcov-text/gcov/gates/gcc15_paths_", "branches conditions"),
    ("phpunit-xml/phpunit/phpapp/path-xml/", "branches paths"),
)
ONE_OF_MANY = {
    # One file of a report of several files: its truth is that of all of them, see `test_several_files.py`.
    *(
        f"phpunit-xml/phpunit/phpapp/{folder}/{name}.php.xml"
        for folder in ("xml", "path-xml") for name in ("Calculator", "Model/User", "untested")
    ),
    "gcov-json/gcov/calc/calc.gcov.json.gz", "gcov-json/gcov/calc/main.gcov.json.gz",
}  # fmt: skip
WITHOUT_LINES = ("totals_only", "needs_sources")
"""Warnings of reports whose missed lines are not known; `test_reports_without_lines_say_so` holds which those are."""
ROOT_LIES = "cobertura/various/jenkins/same-filename.xml"
"""Its root says 12 of 12 lines and 6 of 6 arms, over two lines of which one was missed: a cut-down copy of another report."""
_WHOLE = {
    "OLDER_ANALYSIS": OLDER_ANALYSIS, "NO_SOURCES": NO_SOURCES, "ONE_OF_MANY": ONE_OF_MANY, "ROOT_LIES": {ROOT_LIES},
}  # fmt: skip


def is_beyond(sample: str, kind: str) -> bool:
    """Whether the report of a sample does not carry the metric `kind` of its truth."""
    return any(sample.startswith(place) and kind in kinds.split() for place, kinds in NOT_IN_THE_REPORT)


def why(sample: str, kind: str, codes: Iterable[str] = ()) -> str:
    """Return the list that explains why the metric `kind` of a sample may differ from its truth, "" for none.

    `codes` are the warnings of the report, where single lines are compared.
    """
    named = next((title for title, samples in _WHOLE.items() if sample in samples), "")
    if not named and is_beyond(sample, kind):
        return "NOT_IN_THE_REPORT"
    return named or ("WITHOUT_LINES" if set(WITHOUT_LINES) & set(codes) else "")
