"""LCOV tracefile, as geninfo writes it for C."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from covdash.demo.measured import Decision, Measured

ROOT = "/builds/acme/legacy"


def write(files: Mapping[str, Measured], *, at: datetime) -> bytes:  # noqa: ARG001 (a tracefile has no date)
    """Return a tracefile with functions, arms and lines."""
    return "".join(_section(path, measured) for path, measured in files.items()).encode()


def _section(path: str, measured: Measured) -> str:
    routines = [routine for routine in measured.routines if routine.name]
    arms = [arm for number, decision in enumerate(measured.decisions) for arm in _arms(number, decision)]
    lines = measured.ran()
    return "".join(
        f"{record}\n"
        for record in (
            "TN:unit",
            f"SF:{ROOT}/{path}",
            *(f"FN:{routine.line},{routine.end_line},{routine.name}" for routine in routines),
            *(f"FNDA:{routine.hits},{routine.name}" for routine in routines),
            f"FNF:{len(routines)}",
            f"FNH:{sum(routine.hits > 0 for routine in routines)}",
            *(f"BRDA:{line},{block},{branch},{taken}" for line, block, branch, taken in arms),
            f"BRF:{len(arms)}",
            f"BRH:{sum(taken not in ('-', '0') for *_, taken in arms)}",
            *(f"DA:{line},{hits}" for line, hits in lines.items()),
            f"LF:{len(lines)}",
            f"LH:{sum(hits > 0 for hits in lines.values())}",
            "end_of_record",
        )
    )


def _arms(number: int, decision: Decision) -> list[tuple[int, int, int, str]]:
    return [
        (decision.line, number, branch, str(hits) if decision.reached else "-")
        for branch, (_, _, hits) in enumerate(decision.arms)
    ]
