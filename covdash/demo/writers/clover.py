"""Clover XML in Istanbul's dialect: `truecount` arms taken and `falsecount` arms missed on a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import quoteattr

from covdash.demo.measured import Measured

ROOT = "/builds/acme/web"


def write(files: Mapping[str, Measured], *, at: datetime) -> bytes:
    """Return a report of all files in one project."""
    stamp = int(at.timestamp() * 1000)
    parts = [_file(path, measured) for path, measured in files.items()]
    metrics = [sum(column) for column in zip(*(numbers for numbers, _ in parts), strict=True)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<coverage generated="{stamp}" clover="3.2.0">',
            f'  <project timestamp="{stamp}" name="All files">',
            f"    {_metrics(metrics)}",
            *(text for _, text in parts),
            "  </project>",
            "</coverage>",
            "",
        ]
    ).encode()


def _file(path: str, measured: Measured) -> tuple[list[int], str]:
    arms: dict[int, list[int]] = {}
    for decision in measured.decisions:
        if decision.kind != "loop":
            arms.setdefault(decision.line, []).extend(hits for *_, hits in decision.arms)
    lines = measured.ran()
    taken = [hits > 0 for each in arms.values() for hits in each]
    called = [routine.hits > 0 for routine in measured.routines]
    numbers = [
        len(lines),
        sum(hits > 0 for hits in lines.values()),
        len(taken),
        sum(taken),
        len(called),
        sum(called),
    ]
    name = quoteattr(path.rpartition("/")[2])
    rows = [f"    <file name={name} path={quoteattr(f'{ROOT}/{path}')}>", f"      {_metrics(numbers)}"]
    for line, hits in lines.items():
        kind = 'type="stmt"'
        if line in arms:
            true = sum(hits > 0 for hits in arms[line])
            kind = f'type="cond" truecount="{true}" falsecount="{len(arms[line]) - true}"'
        rows.append(f'      <line num="{line}" count="{hits}" {kind}/>')
    return numbers, "\n".join([*rows, "    </file>"])


def _metrics(numbers: list[int]) -> str:
    names = (
        "statements",
        "coveredstatements",
        "conditionals",
        "coveredconditionals",
        "methods",
        "coveredmethods",
    )
    attributes = [f'{name}="{value}"' for name, value in zip(names, numbers, strict=True)]
    return f"<metrics {' '.join(attributes)}/>"
