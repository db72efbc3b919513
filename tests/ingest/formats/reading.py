"""Ways to read a report written in a test."""

from __future__ import annotations

from collections.abc import Callable

from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import Report
from ingest.reading import Failed, Parsed, no_source_text, read_upload_file


def report_of(text: str | bytes, *, sources: Callable[[str], bytes | None] = no_source_text) -> Report:
    """Return the report in `text`; it must be one."""
    data = text.encode() if isinstance(text, str) else text
    (outcome,) = read_upload_file("x", [data], source_text=sources)
    assert isinstance(outcome, Parsed), outcome
    return outcome.report


def refusal_of(text: str | bytes) -> Failed:
    """Return why `text` is refused; it must be."""
    data = text.encode() if isinstance(text, str) else text
    (outcome,) = read_upload_file("x", [data])
    assert isinstance(outcome, Failed), outcome
    return outcome


def lines_of(file: FileCoverage) -> dict[int, int]:
    """Return the hits by line."""
    return dict(zip(file.lines.tolist(), file.hits.tolist(), strict=True))


def arms_of(file: FileCoverage, kind: str = "branches") -> dict[int, dict[str, int]]:
    """Return the named items of a metric: line -> key -> hits."""
    found: dict[int, dict[str, int]] = {}
    for line, key, _, hits in file.outcomes[kind].named():
        found.setdefault(line, {})[key] = hits
    return found


def counts_of(file: FileCoverage, kind: str = "branches") -> dict[int, tuple[int, int]]:
    """Return what a metric counts by line."""
    line, covered, total = file.outcomes[kind].per_line()
    return {n: (c, t) for n, c, t in zip(line.tolist(), covered.tolist(), total.tolist(), strict=True)}


def functions_of(file: FileCoverage) -> dict[str, tuple[int, int, int]]:
    """Return the functions: name -> start, end, hits."""
    assert file.functions is not None
    return {function.name: (function.start, function.end, function.hits) for function in file.functions}


def warned(report: Report) -> dict[str, int]:
    """Return how often each warning was given."""
    return {code: count for code, (count, _) in report.warnings.found.items()}
