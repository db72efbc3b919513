"""Go cover profile, as `go test -covermode=count -coverprofile=cover.out ./...` writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from covdash.demo.measured import Measured

MODULE = "acme.example/gateway"


def write(files: Mapping[str, Measured], *, at: datetime) -> bytes:  # noqa: ARG001 (a profile has no date)
    """Return a profile: one line per stretch of statements; columns count from 1 there."""
    lines = ["mode: count"]
    lines += [
        f"{MODULE}/{path}:{s.line}.{s.column + 1},{s.end_line}.{s.end_column + 1} {s.statements} {s.hits}"
        for path, measured in files.items()
        for s in measured.stretches
        if s.statements
    ]
    return "\n".join([*lines, ""]).encode()
