"""What an input holds, as data and as a table: the answers of `inspect_report`. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from covdash.coverage.describe import describe
from covdash.coverage.lines import FileCoverage, merge
from covdash.coverage.report import UNPLACED, total_of
from covdash.coverage.report_warnings import Warnings
from covdash.coverage.results import Results
from covdash.coverage.totals import KINDS
from ingest.reading import Failed, Outcome, Parsed

Answer = dict[str, Any]
_PATH_WIDTH = 80


def answer(name: str, outcomes: Iterable[Outcome]) -> Answer:
    """Return the answer for one input: `input format evidence totals files warnings`, or `input error` when nothing was readable.

    Files that several reports of one container mention are merged as across uploads.
    """
    parsed: list[Parsed] = []
    failed: list[Failed] = []
    warnings = Warnings()
    for outcome in outcomes:
        if isinstance(outcome, Parsed):
            parsed.append(outcome)
            for code, (count, example) in outcome.report.warnings.found.items():
                warnings.add(code, example, count)
        elif isinstance(outcome, Failed):
            failed.append(outcome)
        else:
            warnings.add(outcome.reason, f"{outcome.name}: {outcome.message}")
    if not parsed:
        return {"input": name, "error": _error(name, failed, warnings)}
    files: dict[str, FileCoverage] = {}
    for part in parsed:
        for path, coverage in part.report.files.items():
            files[path] = merge(files[path], coverage) if path in files else coverage
    found: Answer = {
        "input": name,
        "format": "+".join(sorted({part.format for part in parsed})),
        "evidence": "; ".join(sorted({part.evidence for part in parsed})),
        "totals": total_of(files.items()).as_dict(),
        "files": [_file(path, coverage) for path, coverage in files.items() if path != UNPLACED],
        "warnings": warnings.as_list(),
    }
    if UNPLACED in files:
        counts = files[UNPLACED].totals().as_dict()
        found["unplaced"] = {kind: count for kind, count in counts.items() if count["total"]}
    found |= _results([part.report.results for part in parsed])
    if failed:
        found["failed"] = [{"name": part.name, **_failure(part)} for part in failed]
    return found


def _results(parts: list[Results]) -> Answer:
    """Return tests, mutants and methods of all reports: counts, and the items one by one."""
    whole = Results(
        tuple(test for part in parts for test in part.tests),
        tuple(mutant for part in parts for mutant in part.mutants),
        tuple(method for part in parts for method in part.methods),
        dict(sum((Counter(part.stated) for part in parts), Counter())),
    )
    if not whole:
        return {}
    items: Answer = {
        name: [
            dict(zip(item.__struct_fields__, msgspec.structs.astuple(item), strict=True))
            for item in getattr(whole, name)
        ]
        for name in ("tests", "mutants", "methods")
        if getattr(whole, name)
    }
    return {"results": whole.summary(), "items": items}


def refusal(name: str, code: str, message: str) -> Answer:
    """Return the answer for an input that cannot be opened at all."""
    return {"input": name, "error": {"code": code, "message": message, "where": ""}}


def _failure(failed: Failed) -> Answer:
    return {"code": failed.code, "message": failed.message, "where": failed.where}


def _error(name: str, failed: list[Failed], warnings: Warnings) -> Answer:
    if failed:
        first = failed[0]
        where = first.where if first.name == name else f"{first.name}: {first.where}".removesuffix(": ")
        return {"code": first.code, "message": first.message, "where": where}
    reasons = [
        f"{example} ({code}, {count} in all)" for code, (count, example) in sorted(warnings.found.items())
    ]
    code = next(iter(warnings.found)) if len(warnings.found) == 1 else "unknown_format"
    return {
        "code": code,
        "message": f"the archive holds no report: {'; '.join(reasons) or 'it is empty'}",
        "where": "",
    }


def _file(path: str, file: FileCoverage) -> Answer:
    """Describe a file; line "0" stands for lines that the report counts without saying which they are."""
    found: Answer = {**describe(path, file)}
    count = file.count("lines")
    unplaced = 0 if count is None else count.total - (len(file.lines) - file.uncounted)
    if count is not None and unplaced > 0:
        found["lines"]["0"] = count.covered - (int(np.count_nonzero(file.states)) - file.uncounted)
    return found


def table(found: Answer) -> Iterator[str]:
    """Yield the lines of a table for people."""
    if "error" in found:
        error = found["error"]
        place = f" ({error['where']})" if error["where"] else ""
        yield f"{found['input']}: {error['code']}: {error['message']}{place}"
        return
    yield f"{found['input']}: {found['format']}, told by: {found['evidence']}"
    kinds = [kind for kind in KINDS if kind in found["totals"]]
    if not found["files"] and not kinds:
        yield from _notes(found)
        return
    files = sorted(found["files"], key=lambda file: str(file["path"]))
    rows = [[_short(file["path"]), *(_cell(file["totals"], kind) for kind in kinds)] for file in files]
    if "unplaced" in found:
        rows.append(["(in no file)", *(_cell(found["unplaced"], kind) for kind in kinds)])
    rows.append(
        [
            f"total of {len(files)} file{'s' * (len(files) != 1)}",
            *(_cell(found["totals"], kind) for kind in kinds),
        ]
    )
    rows.insert(0, ["file", *kinds])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
    yield from _notes(found)


def _notes(found: Answer) -> Iterator[str]:
    """Yield what stands below the table: results, warnings, failures."""
    for name, counts in found.get("results", {}).items():
        if name in ("tests", "mutants", "methods"):
            yield f"  {name}: {', '.join(f'{number} {word}' for word, number in counts.items())}"
    for warning in found["warnings"]:
        yield f"  warning {warning['code']} ({warning['count']} times), first: {warning['example']}"
    for failed in found.get("failed", ()):
        place = f" ({failed['where']})" if failed["where"] else ""
        yield f"  not read: {failed['name']}: {failed['code']}: {failed['message']}{place}"


def _short(path: str) -> str:
    """Return a path that fits into a table; of a long one the middle is left out."""
    return path if len(path) <= _PATH_WIDTH else f"{path[: _PATH_WIDTH // 3]}…{path[-2 * _PATH_WIDTH // 3 :]}"


def _cell(totals: dict[str, dict[str, int]], kind: str) -> str:
    count = totals.get(kind)
    if not count:
        return "-"
    covered, total = count["covered"], count["total"]
    # Cut, not rounded: only all is 100 %.
    share = f" {covered * 1000 // total / 10:5.1f} %" if total else ""
    return f"{covered}/{total}{share}"
