"""Runs of plain LCOV records inside of sections that are not plain as a whole (`lcov_scan`): of one kind, numbers only. PURE."""

from __future__ import annotations

import re

import numpy as np
import orjson

from covdash.coverage.lines import Column

_CODE = 10**9
_FLAGS = b"abcdefghijklmnopqrstuvwxyz"
RUN = re.compile(
    rb"^(?:(?:DA:(?:0|[1-9]\d{0,8}),(?:0|[1-9]\d{0,17})(?:,[!-+\--~]{1,64})?\r?\n){8,4096}"
    rb"|(?:BRDA:(?:0|[1-9]\d{0,8}),[a-z]{0,4}(?:0|[1-9]\d{0,8}),(?:0|[1-9]\d{0,8}),(?:-|0|[1-9]\d{0,17})\r?\n){8,4096}"
    rb"|(?:FN(?:DA)?:(?:0|[1-9]\d{0,17}),[A-Za-z_~][!-+\--~]{0,1000}\n){2,1024})",
    re.MULTILINE,
)
"""Eight or more records in a row that hold only plain numbers, as nearly all do; a `DA` perhaps with its checksum.

Not possessive: Python before 3.11.5 matches such groups wrongly. Not endless: what a repetition may give back is remembered.
"""
_CHECKSUM = re.compile(rb"^(DA:\d+,\d+),[^\n]*", re.MULTILINE)


def lines_of(run: bytes) -> tuple[Column, bool]:
    """Return line, hits, line, hits ... of `DA` records, and whether they have checksums."""
    plain = run.replace(b"\r", b"")
    with_checksums = plain.count(b",") > plain.count(b"\n")
    if with_checksums:
        plain = _CHECKSUM.sub(rb"\1", plain)
    return np.array(orjson.loads(b"[%b]" % plain[3:-1].replace(b"\nDA:", b",")), np.int64), with_checksums


def arms_of(run: bytes) -> Column:
    """Return line, block, arm and hits of each `BRDA` record: numbers only, perhaps a flag before the block."""
    plain = run[5:-1].translate(None, b"\r" + _FLAGS).replace(b"\nBRDA:", b",").replace(b",-,", b",0,")
    if plain.endswith(b",-"):
        plain = plain[:-1] + b"0"
    return np.array(orjson.loads(b"[%b]" % plain), np.int64).reshape(-1, 4)


def stand_at_destinations(arms: Column) -> bool:
    """Tell whether arms stand on the lines they jump to: the ids of arms never repeat, and a block spans lines."""
    if not len(arms):
        return False
    ids = len(np.unique(arms[:, 1] * _CODE + arms[:, 2]))
    blocks = np.unique(arms[:, 1])
    places = np.unique(arms[:, 1] * _CODE + arms[:, 0])
    return ids == len(arms) and len(places) > len(blocks)
