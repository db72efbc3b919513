"""Versioned bytes of coverage: one file as a coverage object (no exact counts) and its counts as a separate block.

A coverage object is what is content-addressed, so its bytes are canonical: the same knowledge gives the same digest. Exact counts
jitter between runs of the same code; they live in a block of their own that is aligned with the object.
Bytes from outside are hostile: `decode` checks every length and order and raises `CodecError`.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from covdash.coverage.lines import MAX_LINE, Column, FileCoverage, Function, Outcomes, State
from covdash.coverage.totals import KINDS

VERSION = 1
DIGEST_SIZE = 20
MAX_UNPACKED = 256 * 1024 * 1024

COUNTED, _EXECUTED_ONLY = 1, 2
"""Flags of a file."""
WIDTHS = ((1, "<u1"), (2, "<u2"), (4, "<u4"), (8, "<u8"))
"""Bytes of a number in a column, and their type."""


class CodecError(ValueError):
    """Bytes that are no coverage object of a known version."""


class _Outcomes(msgspec.Struct, array_like=True):
    line: bytes
    key: list[str]
    weight: bytes
    taken: bytes
    tally_line: bytes
    tally_covered: bytes
    tally_total: bytes


class _File(msgspec.Struct, array_like=True):
    flags: int
    lines: bytes
    states: bytes
    outcomes: dict[str, _Outcomes]
    functions: list[tuple[str, int, int, int]] | None
    uncounted: int


class _Functions(msgspec.Struct, array_like=True):
    """A file of which only the functions are looked at."""

    flags: msgspec.Raw
    lines: msgspec.Raw
    states: msgspec.Raw
    outcomes: msgspec.Raw
    functions: list[tuple[str, int, int, int]] | None


class _Counts(msgspec.Struct, array_like=True):
    lines: bytes
    outcomes: dict[str, bytes]
    functions: bytes


_file_decoder = msgspec.msgpack.Decoder(_File)
_functions_decoder = msgspec.msgpack.Decoder(_Functions)
_counts_decoder = msgspec.msgpack.Decoder(_Counts)
to_bytes = msgspec.msgpack.Encoder(order="deterministic").encode


def digest_of(payload: bytes) -> bytes:
    """Return the 20-byte BLAKE2b digest under which `payload` (not compressed) is stored."""
    return hashlib.blake2b(payload, digest_size=DIGEST_SIZE).digest()


def pack(payload: bytes) -> bytes:
    """Compress a payload for storage: one byte of codec version, then zlib."""
    return bytes((VERSION,)) + zlib.compress(payload, 6)


def unpack(data: bytes) -> bytes:
    """Undo `pack`. Raises `CodecError` for another version, damage, or more than `MAX_UNPACKED` bytes."""
    if not data or data[0] != VERSION:
        raise CodecError("not a stored object of codec version 1")
    engine = zlib.decompressobj()
    try:
        payload = engine.decompress(data[1:], MAX_UNPACKED)
    except zlib.error as error:
        raise CodecError(f"damaged object: {error}") from error
    if not engine.eof:
        raise CodecError("damaged object: cut short or too large")
    return payload


def encode(file: FileCoverage) -> bytes:
    """Return the canonical payload of a coverage object: lines, states, outcomes and functions, without exact counts."""
    outcomes = {
        kind: _Outcomes(
            _put_sorted(group.line),
            list(group.key),
            _put(group.weight),
            np.packbits(group.hits > 0).tobytes(),
            _put_sorted(group.tally_line),
            _put(group.tally_covered),
            _put(group.tally_total),
        )
        for kind in KINDS
        if (group := file.outcomes.get(kind)) is not None
    }
    functions = (
        None if file.functions is None else [(f.name, f.start, f.end, int(f.state)) for f in file.functions]
    )
    flags = COUNTED * file.counted | _EXECUTED_ONLY * file.executed_only
    return to_bytes(
        _File(flags, _put_sorted(file.lines), _pack_states(file.states), outcomes, functions, file.uncounted)
    )


def decode(payload: bytes) -> FileCoverage:
    """Rebuild a `FileCoverage` from `encode`; its hits are 1 where covered and 0 where missed.

    Raises `CodecError` when anything does not fit.
    """
    try:
        raw = _file_decoder.decode(payload)
        lines = _get_sorted(raw.lines)
        if len(lines) and (
            lines[0] < 1 or lines[-1] > MAX_LINE or np.any(np.diff(lines.astype(np.int64)) <= 0)
        ):
            raise CodecError("lines are not sorted, unique and in range")
        states = _unpack_states(raw.states, len(lines))
        partial = int(State.PARTIAL)
        functions = (
            None
            if raw.functions is None
            else tuple([Function(n, s, e, int(k > 0), k == partial) for n, s, e, k in raw.functions])
        )
        if unknown := set(raw.outcomes) - set(KINDS):
            raise CodecError(f"unknown kinds {sorted(unknown)}")
        return FileCoverage(
            lines=lines,
            hits=(states > 0).astype(np.int64),
            states=states,
            outcomes={kind: _get_outcomes(raw.outcomes[kind]) for kind in KINDS if kind in raw.outcomes},
            functions=functions,
            counted=bool(raw.flags & COUNTED),
            executed_only=bool(raw.flags & _EXECUTED_ONLY),
            uncounted=max(raw.uncounted, 0),
        )
    except (msgspec.DecodeError, ValueError, IndexError, OverflowError) as error:
        raise (
            error if isinstance(error, CodecError) else CodecError(f"damaged coverage object: {error}")
        ) from error


def functions_of(payload: bytes) -> tuple[tuple[str, int], ...]:
    """Return (name, first line) of the functions of a coverage object, without decoding the rest. Raises `CodecError` for damage."""
    try:
        return tuple(
            (name, start) for name, start, _, _ in _functions_decoder.decode(payload).functions or ()
        )
    except msgspec.DecodeError as error:
        raise CodecError(f"damaged coverage object: {error}") from error


def encode_counts(file: FileCoverage) -> bytes:
    """Return the exact counts of `file` as a block aligned with `encode(file)`; empty when they say no more than the states."""
    if not file.counted:
        return b""
    return to_bytes(
        _Counts(
            _put(file.hits),
            {kind: _put(group.hits) for kind, group in file.outcomes.items() if len(group.hits)},
            _put(np.array([f.hits for f in file.functions or ()], dtype=np.int64)),
        )
    )


def with_counts(file: FileCoverage, block: bytes) -> FileCoverage:
    """Return `file` (from `decode`) with the exact counts of `encode_counts`. Raises `CodecError` when they do not align."""
    if not block:
        return file
    try:
        raw = _counts_decoder.decode(block)
        hits = _aligned(_get(raw.lines), len(file.lines))
        outcomes: dict[str, Outcomes] = {}
        for kind, group in file.outcomes.items():
            counts = _get(raw.outcomes[kind]) if kind in raw.outcomes else np.zeros(0, np.int64)
            outcomes[kind] = Outcomes(
                group.line,
                group.key,
                group.weight,
                _aligned(counts, len(group.line)),
                group.tally_line,
                group.tally_covered,
                group.tally_total,
            )
        calls = _aligned(_get(raw.functions), len(file.functions or ())).tolist()
    except (msgspec.DecodeError, ValueError, IndexError) as error:
        raise error if isinstance(error, CodecError) else CodecError(f"damaged counts: {error}") from error
    functions = (
        None
        if file.functions is None
        else tuple(
            [Function(*row[:3], hits, row[4]) for row, hits in zip(file.functions, calls, strict=True)]
        )
    )
    return replace(file, hits=hits, outcomes=outcomes, functions=functions)


def _aligned(counts: Column, length: int) -> Column:
    if len(counts) != length:
        raise CodecError("counts do not belong to this coverage object")
    return counts


def _put(values: Column) -> bytes:
    """One byte of width, then little-endian unsigned integers of the least width that holds them all."""
    if not len(values):
        return b""
    greatest = int(values.max())
    width, dtype = next((w, d) for w, d in WIDTHS if greatest < 1 << 8 * w)
    return bytes((width,)) + values.astype(dtype).tobytes()


def _get(data: bytes) -> Column:
    if not data:
        return np.zeros(0, np.int64)
    dtype = dict(WIDTHS).get(data[0])
    if dtype is None or (len(data) - 1) % data[0]:
        raise CodecError("a column has a wrong width")
    return np.frombuffer(data, dtype, offset=1).astype(np.int64)


def _put_sorted(values: Column) -> bytes:
    return _put(np.diff(values.astype(np.int64), prepend=0))


def _get_sorted(data: bytes) -> Column:
    values = np.cumsum(_get(data))
    if len(values) and (values[-1] > MAX_LINE or values[-1] < 0):
        raise CodecError("a line number is out of range")
    return values.astype(np.uint32)


def _pack_states(states: Column) -> bytes:
    return np.packbits(np.concatenate((states > 0, states == State.PARTIAL))).tobytes()


def _unpack_states(data: bytes, length: int) -> Column:
    if len(data) != (2 * length + 7) // 8:
        raise CodecError("states do not belong to the lines")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=2 * length)
    return np.where(bits[:length], 2 - bits[length:], 0).astype(np.uint8)


def _get_outcomes(raw: Any) -> Outcomes:
    line, key = _get_sorted(raw.line), tuple(raw.key)
    weight = _get(raw.weight).astype(np.uint32)
    if not len(line) == len(key) == len(weight) or len(raw.taken) != (len(line) + 7) // 8:
        raise CodecError("columns of one metric differ in length")
    hits = np.unpackbits(np.frombuffer(raw.taken, np.uint8), count=len(line)).astype(np.int64)
    tally_line = _get_sorted(raw.tally_line)
    covered, total = _get(raw.tally_covered).astype(np.uint32), _get(raw.tally_total).astype(np.uint32)
    if not len(tally_line) == len(covered) == len(total):
        raise CodecError("tally columns differ in length")
    return Outcomes(line, key, weight, hits, tally_line, covered, total)
