"""What a file is, told from its first bytes: a report, raw data of a tool, or nothing of interest.

The name of a file is never asked here.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

HEAD = 4096
COVERAGE, TESTS, MUTATION = "coverage", "tests", "mutation"


class Verdict(NamedTuple):
    """What a file is: `kind` "" is raw data, with the `command` that makes a report of it. `family` is the language, if it is told."""

    kind: str
    format: str
    family: str = ""
    command: str = ""


_XML = (
    ("CoverageSession", "", COVERAGE, "opencover"),
    ("Root", "DotCoverVersion", COVERAGE, "dotcover-xml"),
    ("CoverageDSPriv", "", COVERAGE, "vs-coveragexml"),
    ("results", "<modules", COVERAGE, "vs-dynamic-xml"),
    ("scoverage", "", COVERAGE, "scoverage"),
    ("BullseyeCoverage", "", COVERAGE, "bullseye-xml"),
    ("phpunit", "phpunit.de/coverage", COVERAGE, "phpunit-xml"),
    ("crap_result", "", COVERAGE, "crap4j"),
    ("report", r"<package\b|<group\b|<sessioninfo\b|JACOCO", COVERAGE, "jacoco"),
    ("coverage", r"\bline-rate=|\blines-valid=|<packages\b|<sources\b", COVERAGE, "cobertura"),
    ("coverage", r"\bclover=|\bgenerated=|<project\b", COVERAGE, "clover"),
    ("coverage", r"<summary\b|<exprs\b", COVERAGE, "hpc"),
    ("coverage", r"<file\b", COVERAGE, "sonar-generic"),
    ("coverage", r"version=.1", COVERAGE, "sonar-generic"),
    ("testsuites", "", TESTS, "junit"),
    ("testsuite", "", TESTS, "junit"),
    ("mutations", "", MUTATION, "pit"),
    ("test-run", "", "", "NUnit results"),
    ("assemblies", "", "", "xUnit.net results"),
    ("TestRun", "", "", "Visual Studio results"),
    ("test-results", "", "", "NUnit results"),
)
"""Root element, what else must be there (a pattern), kind and format."""

_JSON = (
    (
        r'"llvm\.coverage\.json\.export"|^\s*\{\s*"data"\s*:\s*\[\s*\{\s*"f(iles|unctions)"',
        COVERAGE,
        "llvm-cov-json",
    ),
    (r'"gcovr/format_version"', COVERAGE, "gcovr-json"),
    (r'"gcovr/summary_format_version"', "", "gcovr summary"),
    (r'"simplecov_version"', COVERAGE, "simplecov-json"),
    (r'"gcc_version"|"current_working_directory"', COVERAGE, "gcov-json"),
    (r'"totalMutantsCount"|"msi"\s*:', MUTATION, "infection-json"),
    (r'"schemaVersion".*("mutants"|"thresholds"|"mutator)|"mutatorName"', MUTATION, "stryker-json"),
    (
        r'"exit_code_by_key"|^\s*\{(?=.*"killed"\s*:)(?=.*"survived"\s*:)(?=.*"no_tests"\s*:)',
        MUTATION,
        "mutmut",
    ),
    (r'^\s*\[\s*\{.*"job_id".*"(worker_outcome|mutations)"|^\s*\[\s*\{.*"job_id"', MUTATION, "cosmic-ray"),
    (r'"meta"\s*:\s*\{[^{}]*"(format|branch_coverage|software)"', COVERAGE, "coverage-py-json"),
    (r'"DotCoverVersion"', COVERAGE, "dotcover-json"),
    (r'"scriptId"', COVERAGE, "v8-raw"),
    (r'"(statementMap|fnMap|branchMap)"', COVERAGE, "istanbul-json"),
    (r'"total"\s*:\s*\{\s*"(lines|statements|branches|functions)"\s*:\s*\{', COVERAGE, "istanbul-summary"),
    (r'"source_files"|"source_digest"|"service_(name|job_id)"\s*:', COVERAGE, "coveralls-json"),
    (r'"fileReports"\s*:', COVERAGE, "codacy-json"),
    (r'"executableLines"|"isExecutable"', COVERAGE, "xccov-json"),
    (r'"traces"\s*:|"files"\s*:\s*\[\s*\{\s*"path"\s*:\s*\[', COVERAGE, "tarpaulin-json"),
    (r'"percent_covered"\s*:\s*"', COVERAGE, "kcov-json"),
    (r'^\s*\{\s*"[^"]*"\s*:\s*\{\s*"coverage"\s*:\s*\{', COVERAGE, "simplecov-resultset"),
    (r'"runs"\s*:|"summary"\s*:\s*\{.*"statement"', COVERAGE, "devel-cover"),
    (r'^\s*\{\s*"coverage"\s*:\s*\{', COVERAGE, "codecov-json"),
)
"""A pattern in the first bytes, kind and format; the first that fits."""

_TEXT = (
    (r"mode: (set|count|atomic)\b", COVERAGE, "go-cover"),
    (r"(#[^\n]*\n)*(TN:|SF:|VER:)", COVERAGE, "lcov"),
    (r"(\s*-:\s*0:Colorization:[^\n]*\n)?\s*(-|#+|=+|\d+\*?):\s*0:Source:", COVERAGE, "gcov-text"),
    (r"=+\r?\n\S[^\n]*\r?\n=+\r?\n", COVERAGE, "luacov"),
    (r"\d+:\S[^\n]*\r?\n(\d+ )+", COVERAGE, "luacov-stats"),
    (r"(Reading database from [^\n]*\s+)?-+ -+[^\n]*\nFile +stmt", COVERAGE, "devel-cover"),
    (r"(Tix \[|Mix \")", COVERAGE, "hpc"),
)

_LLVM = "llvm-profdata merge -sparse, then llvm-cov export -format=lcov"
_GCC = "gcovr --json gcovr.json, or lcov --capture -d . -o lcov.info"
_GO = "go tool covdata textfmt -i=FOLDER -o=cover.out"
_BINARY = (
    (b"\x01\xc0\xc0", "./gradlew jacocoTestReport with xml.required = true, or mvn jacoco:report"),
    (b"\x81rforpl\xff", _LLVM),
    (b"\xfflprofr\x81", _LLVM),
    (b"\xfflprofi\x81", _LLVM),
    (b"\x81iforpl\xff", _LLVM),
    (b"adcg", _GCC),
    (b"gcda", _GCC),
    (b"oncg", _GCC),
    (b"gcno", _GCC),
    (b"\x00cvm", _GO),
    (b"\x00cwm", _GO),
)
"""Raw data by its first bytes, with the command that makes a report of it."""
_DATA = (b"SQLite format 3\0", b"!coverage.py: This is a private format")
_ARCHIVES = (b"PK\x03\x04", b"\x28\xb5\x2f\xfd")
_TAR_AT = 257

_FAMILIES = """
python py pyx
javascript js jsx mjs cjs ts tsx mts vue svelte
go go
jvm java kt kts scala groovy
dotnet cs vb fs
php php
ruby rb erb
c c cc cpp cxx h hh hpp m mm
rust rs
swift swift
dart dart
elixir ex exs
perl pl pm t
lua lua
haskell hs
"""
_FAMILY_OF = {
    ending: line.split()[0] for line in _FAMILIES.strip().split("\n") for ending in line.split()[1:]
}
_SOURCE = re.compile(
    rb"[\w)\]]\.(" + "|".join(sorted(_FAMILY_OF, key=len, reverse=True)).encode() + rb")(?=[\"'<:,\s])"
)


def recognise(head: bytes) -> Verdict | None:
    """Say what a file is whose first bytes are `head`; None is nothing that covdash knows."""
    if head.startswith(b"\x1f\x8b"):
        return _compressed(head)
    for magic, command in _BINARY:
        if head.startswith(magic):
            return Verdict("", "raw", command=command)
    for magic in _DATA:
        if head.startswith(magic):
            return Verdict(COVERAGE, "coverage-py-data", "python") if b"coverage" in head else None
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar" or head.startswith(_ARCHIVES):
        return Verdict(COVERAGE, "archive")
    text = _decode(head)
    start = text.lstrip()[:1]
    if start == "<":
        found = _xml(text)
    elif start in ("{", "["):
        found = _first(_JSON, text, at_start=False)
    else:
        found = _first(_TEXT, text, at_start=True)
    if found is None:
        return None
    kind, name = found
    command = "export the results as JUnit XML" if name.endswith("results") else ""
    command = "gcovr --json gcovr.json (a summary has no lines)" if name == "gcovr summary" else command
    return Verdict(kind, name, _family(name, head), command)


def remarks(head: bytes) -> str:
    """Return what the first bytes of a coverage.py JSON say it holds."""
    words = {b'"branch_coverage": true': "branches", b'"show_contexts": true': "contexts"}
    return ", ".join(word for sign, word in words.items() if sign in head)


def _compressed(head: bytes) -> Verdict | None:
    try:
        inside = zlib.decompressobj(31).decompress(head, HEAD)
    except zlib.error:
        return None
    found = recognise(inside) if not inside.startswith(b"\x1f\x8b") else None
    return found or Verdict(COVERAGE, "archive")


def _decode(head: bytes) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if head[:4] == b"<\0?\0":
        return head.decode("utf-16-le", "replace")
    return head.decode("utf-8", "replace")


def _xml(text: str) -> tuple[str, str] | None:
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", text, flags=re.DOTALL)
    doctype = re.search(r"<!DOCTYPE[^\[>]*(\[.*?\])?[^>]*>", bare, re.DOTALL)
    body = bare[doctype.end() :] if doctype else bare
    root = re.match(r"\s*<(?:\w+:)?([\w.-]+)", body)
    if root is None:
        return None
    for name, sign, kind, form in _XML:
        if name == root.group(1) and (not sign or re.search(sign, bare)):
            return kind, form
    return None


def _first(table: tuple[tuple[str, str, str], ...], text: str, *, at_start: bool) -> tuple[str, str] | None:
    for pattern, kind, form in table:
        found = re.match(pattern, text) if at_start else re.search(pattern, text, re.DOTALL)
        if found:
            return kind, form
    return None


_TOOLS = """
python coverage-py-json
javascript istanbul-json istanbul-summary v8-raw
go go-cover
jvm jacoco scoverage
dotnet opencover dotcover-xml dotcover-json vs-coveragexml vs-dynamic-xml
php phpunit-xml crap4j
ruby simplecov-json simplecov-resultset
c gcov-json gcov-text gcovr-json
rust tarpaulin-json
swift xccov-json
perl devel-cover
lua luacov luacov-stats
haskell hpc
"""
_OWN_FAMILY = {form: line.split()[0] for line in _TOOLS.strip().split("\n") for form in line.split()[1:]}


def _family(form: str, head: bytes) -> str:
    if form in _OWN_FAMILY:
        return _OWN_FAMILY[form]
    source = _SOURCE.search(head)
    return _FAMILY_OF[source.group(1).decode()] if source else ""
