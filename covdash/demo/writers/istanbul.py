"""Istanbul `coverage-final.json`, as nyc and jest write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from covdash.demo.measured import Decision, Measured

ROOT = "/builds/acme/web"
_KINDS = {"if": "if", "switch": "switch", "ternary": "cond-expr", "logic": "binary-expr"}


def write(files: Mapping[str, Measured], *, at: datetime) -> bytes:  # noqa: ARG001 (the format has no date)
    """Return the coverage of all files, loaded or not (`all: true`)."""
    return json.dumps({f"{ROOT}/{path}": _file(path, measured) for path, measured in files.items()}).encode()


def _file(path: str, measured: Measured) -> dict[str, Any]:
    branches = [decision for decision in measured.decisions if decision.kind in _KINDS]
    return {
        "path": f"{ROOT}/{path}",
        "statementMap": {
            str(number): _range(s.line, s.column, s.end_line, s.end_column)
            for number, s in enumerate(measured.statements)
        },
        "fnMap": {
            str(number): {
                "name": routine.name,
                "decl": _range(routine.line, 0, routine.line, 1),
                "loc": _range(routine.line, 0, routine.end_line, 1),
                "line": routine.line,
            }
            for number, routine in enumerate(measured.routines)
        },
        "branchMap": {
            str(number): {
                "loc": _range(branch.line, branch.column, branch.line, branch.column + 1),
                "type": _KINDS[branch.kind],
                "locations": _locations(branch),
                "line": branch.line,
            }
            for number, branch in enumerate(branches)
        },
        "s": {str(number): s.hits for number, s in enumerate(measured.statements)},
        "f": {str(number): routine.hits for number, routine in enumerate(measured.routines)},
        "b": {str(number): [hits for *_, hits in branch.arms] for number, branch in enumerate(branches)},
    }


def _locations(branch: Decision) -> list[dict[str, Any]]:
    """An else that is not written has no place, as Istanbul has it."""
    return [
        {"start": {}, "end": {}}
        if branch.kind == "if" and number and line == branch.line
        else _range(line, column, line, column + 1)
        for number, (line, column, _) in enumerate(branch.arms)
    ]


def _range(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {"start": {"line": line, "column": column}, "end": {"line": end_line, "column": end_column}}
