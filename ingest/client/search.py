"""Which files are sent: those that are named, or what a search finds, with a reason for everything that is left out.

The first bytes of a nominated file decide. What git tracks is a fixture. Of several forms of one run the richest is sent.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from ingest.client.recognition import COVERAGE, HEAD, TESTS, Verdict, recognise, remarks
from ingest.client.repository import Repository
from ingest.client.walking import Found, walk
from ingest.client.words import USAGE, Stop, amount

MAX_REPORTS = 500
MAX_REPORT = 200 * 1024 * 1024
MAX_TOTAL = 1024 * 1024 * 1024
NAMED_HEAD = 64 * 1024
"""Bytes that are read of a file that somebody named: a report with a long head is one all the same."""

_RICHNESS = (
    "coverage-py-json istanbul-json phpunit-xml simplecov-resultset gcovr-json gcov-json llvm-cov-json go-cover jacoco scoverage "
    "opencover dotcover-xml vs-dynamic-xml vs-coveragexml lcov simplecov-json devel-cover cobertura clover tarpaulin-json "
    "sonar-generic coveralls-json codecov-json gcov-text luacov-stats luacov xccov-json dotcover-json kcov-json v8-raw "
    "istanbul-summary coverage-py-data".split()
)
"""Formats of one run, the richest first."""
_APART = frozenset({"crap4j", "hpc", "archive", "bullseye-xml"})
"""Formats that say something else than the report beside them."""
_WORDS = frozenset(
    "coverage cov cover lcov clover cobertura openclover opencover final report summary json xml info out jacoco gcovr resultset "
    "html txt dat index".split()
)


class Report(NamedTuple):
    """A file to send: `path` with `/` below the root, else absolute; `full` is where it lies; `modified` in seconds since 1970."""

    path: str
    full: str
    size: int
    modified: float
    kind: str
    format: str
    remark: str = ""


class Left(NamedTuple):
    """A file that is not sent: why, and for raw data the command that makes a report of it."""

    path: str
    reason: str
    command: str = ""


class Search(NamedTuple):
    """What is to be sent, what is not, and how the search went."""

    reports: list[Report]
    left: list[Left]
    found: Found | None


def named(repository: Repository, patterns: Sequence[str], tests: Sequence[str]) -> Search:
    """Take the files that somebody named; globs are expanded here. Raises `Stop` for what is missing, unreadable or no report."""
    reports: dict[str, Report] = {}
    for pattern, wanted in [*((one, "") for one in patterns), *((one, TESTS) for one in tests)]:
        files = (
            [pattern]
            if os.path.isfile(pattern)
            else sorted(filter(os.path.isfile, glob.glob(pattern, recursive=True)))
        )
        if not files:
            raise Stop(USAGE, f"no file is called {pattern}", ("from", os.getcwd()))
        for file in files:
            report = _named_report(repository, file, wanted)
            reports.setdefault(report.full, report)
    return Search(_limited(list(reports.values()), []), [], None)


def _named_report(repository: Repository, file: str, wanted: str) -> Report:
    full = os.path.abspath(file)
    try:
        head = _head(full, NAMED_HEAD)
    except OSError as error:
        raise Stop(USAGE, f"{file} cannot be read: {error.strerror}") from error
    if not head.strip():
        raise Stop(USAGE, f"{file} is empty", ("look", "at the step that writes it"))
    verdict = recognise(head)
    if verdict is None:
        raise Stop(
            USAGE, f"{file} is no report that covdash reads", ("see", "docs/formats.md for the formats")
        )
    if not verdict.kind:
        raise Stop(USAGE, f"{file} is {verdict.format} data, not a report", ("run", verdict.command))
    return _report(repository, full, verdict, head, wanted)


def _report(repository: Repository, full: str, verdict: Verdict, head: bytes, kind: str = "") -> Report:
    facts = os.stat(full)
    below = (
        os.path.relpath(full, repository.root).replace(os.sep, "/")
        if _is_below(full, repository.root)
        else full
    )
    remark = remarks(head) if verdict.format == "coverage-py-json" else ""
    return Report(below, full, facts.st_size, facts.st_mtime, kind or verdict.kind, verdict.format, remark)


def _is_below(full: str, root: str) -> bool:
    return os.path.normcase(full).startswith(os.path.normcase(root).rstrip(os.sep) + os.sep)


def search(
    repository: Repository, folders: Sequence[str], exclude: Sequence[str], newer_than: float = 0
) -> Search:
    """Search below the root, or below `folders`; `newer_than` is a time before which a report counts as old."""
    finds = [
        walk(
            repository.root,
            start,
            exclude=exclude,
            is_tracked_folder=lambda path: bool(repository.tracked([path])),
        )
        for start in folders or [""]
    ]
    if not folders:
        finds += _bazel(repository.root)
    paths = sorted({path for find in finds for path in find.paths})
    fixtures = repository.tracked(paths)
    left = [
        Left(path, "raw", "xcrun xccov view --report --json RESULT > xccov.json")
        for find in finds
        for path in find.folders
    ]
    candidates: list[tuple[Report, Verdict]] = []
    for path in paths:
        full = os.path.join(repository.root, path)
        try:
            head = _head(full, HEAD)
        except OSError as error:
            left.append(Left(path, f"cannot be read: {error.strerror}"))
            continue
        verdict = recognise(head) if head.strip() else None
        if verdict is None:
            continue
        if path in fixtures:
            left.append(Left(path, "tracked by git: a fixture (name it with --file to send it)"))
        elif not verdict.kind:
            left.append(Left(path, verdict.format, verdict.command))
        elif re.fullmatch(r"\.coverage\..+", path.rpartition("/")[2]):
            left.append(Left(path, "uncombined", "coverage combine && coverage json"))
        elif verdict.format != "archive":
            report = _report(repository, full, verdict, head)
            if report.modified < newer_than:
                left.append(Left(path, "older than --newer-than"))
            else:
                candidates.append((report, verdict))
    reports = _richest(candidates, left)
    total = Found(
        paths,
        [],
        sum(find.entries for find in finds),
        sorted({name for find in finds for name in find.skipped}),
        next((find.cut for find in finds if find.cut), ""),
    )
    return Search(_limited(reports, left), sorted(left), total)


def _bazel(root: str) -> list[Found]:
    """Look where Bazel puts its reports: the only links that are followed."""
    return [
        walk(root, place, exclude=(), is_tracked_folder=lambda _path: False)
        for place in ("bazel-testlogs", "bazel-out/_coverage")
        if os.path.isdir(os.path.join(root, place))
    ]


def _head(full: str, size: int) -> bytes:
    with open(full, "rb") as file:
        return file.read(size)


def _richest(candidates: list[tuple[Report, Verdict]], left: list[Left]) -> list[Report]:
    """Keep the richest form of every run; the others are left, with its name."""
    runs: dict[tuple[str, str, str], list[Report]] = {}
    kept: list[Report] = []
    has_istanbul = any(
        report.format == "istanbul-json" and ".nyc_output/" not in report.path
        for report, _verdict in candidates
    )
    for report, verdict in candidates:
        folder, _, name = report.path.rpartition("/")
        if has_istanbul and ".nyc_output/" in f"{report.path}":
            left.append(Left(report.path, "raw data of the report beside it"))
        elif report.kind != COVERAGE or not verdict.family or report.format in _APART:
            kept.append(report)
        else:
            if report.format == "phpunit-xml":
                folder = folder.rpartition("/")[0]
            runs.setdefault((folder, verdict.family, _run_of(name)), []).append(report)
    for (_folder, family, _run), forms in runs.items():
        best = min(forms, key=lambda report: (_richness(report.format, family), report.path))
        kept += [one for one in forms if one.format == best.format]
        poorer = f"same run as {best.path}, poorer"
        left += [Left(one.path, poorer) for one in forms if one.format != best.format]
    return sorted(kept)


def _richness(form: str, family: str) -> float:
    if family == "php" and form == "clover":
        return (
            _RICHNESS.index("cobertura") - 0.5
        )  # PHPUnit's Clover counts conditionals, its Cobertura only rates
    return _RICHNESS.index(form) if form in _RICHNESS else len(_RICHNESS)


def _run_of(name: str) -> str:
    """Return what is left of a file name without the words of formats: `coverage-unit.xml` and `unit.lcov` are one run."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    return "-".join(word for word in words if word and word not in _WORDS)


def _limited(reports: list[Report], left: list[Left]) -> list[Report]:
    kept: list[Report] = []
    total = 0
    for report in reports:
        if len(kept) >= MAX_REPORTS:
            reason = f"more than {MAX_REPORTS} reports"
        elif report.size > MAX_REPORT:
            reason = f"{amount(report.size)}, more than {amount(MAX_REPORT)}"
        elif total + report.size > MAX_TOTAL:
            reason = f"more than {amount(MAX_TOTAL)} in all"
        else:
            kept.append(report)
            total += report.size
            continue
        left.append(Left(report.path, reason))
    return kept
