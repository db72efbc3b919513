"""mutmut 3: `mutants/**/*.meta` (one mutant, one exit code) and `mutmut-cicd-stats.json` (counts). PURE. Python.

Source: mutmut's `status_by_exit_code`. It names functions, not lines.
"""

from __future__ import annotations

import msgspec

from covdash.coverage.columns import MAX_COUNT
from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import Mutant
from ingest.json_text import decode_json
from ingest.parsing import Format, Peek, Source

_CODES: dict[int | None, str] = {
    **dict.fromkeys((1, 3, 37), "killed"), 0: "survived", **dict.fromkeys((5, 33), "no_coverage"), 34: "ignored", 2: "pending",
    **dict.fromkeys((36, 24, -24, 152, 255), "timeout"), **dict.fromkeys((-11, -9), "error"), None: "pending",
}  # fmt: skip
_COUNTS = {
    "killed": "killed", "survived": "survived", "no_tests": "no_coverage", "skipped": "ignored", "suspicious": "error",
    "timeout": "timeout", "segfault": "error", "check_was_interrupted_by_user": "pending",
}  # fmt: skip


class _Meta(msgspec.Struct):
    exit_code_by_key: dict[str, int | None]


_meta = msgspec.json.Decoder(_Meta)
_stats = msgspec.json.Decoder(dict[str, int | float | str | None])


def _matches(peek: Peek) -> str | None:
    keys = set(peek.json_keys)
    if "exit_code_by_key" in keys:
        return "top-level key `exit_code_by_key`"
    return "keys `killed`, `survived`, `no_tests`" if {"killed", "survived", "no_tests"} <= keys else None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a meta file or the counts. Raises `ParseError`."""
    data = source.read()
    report.producer = "mutmut"
    if b'"exit_code_by_key"' not in data[: 64 * 1024]:
        counts = decode_json(_stats, data)
        for name, state in _COUNTS.items():
            if isinstance(number := counts.get(name), int) and number > 0:
                report.results.stated[state] = min(report.results.stated.get(state, 0) + number, MAX_COUNT)
        report.results.stated.setdefault("killed", 0)
        return
    for key, code in decode_json(_meta, data).exit_code_by_key.items():
        function, _, nth = key.rpartition("__mutmut_")
        module, _, name = function.rpartition(".")
        path = f"{module.replace('.', '/')}.py"
        report.results.mutant(
            Mutant(path, 0, f"mutant {nth} of {name.removeprefix('x_')}", _CODES.get(code, "error"), name=key)
        )


FORMAT = Format("mutmut", "mutmut", _matches, parse)
