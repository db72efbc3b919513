"""Typed decoding of JSON reports: unknown parts are skipped without being built. PURE; knows no format."""

from __future__ import annotations

import codecs
import json
import re
from typing import TypeVar

import msgspec

from ingest.parsing import ParseError

Shape = TypeVar("Shape")
_LONG = 19
"""Digits of the numbers that do not fit into 64 bits."""
_HUGE = 2**63 - 1
_AT_BYTE = re.compile(r"\(byte (\d+)\)")
_AT_PATH = re.compile(r" - at `(.*)`\Z", re.DOTALL)


def decode_json(decoder: msgspec.json.Decoder[Shape], data: bytes | memoryview) -> Shape:
    """Return the document in the shape of `decoder`. Raises `ParseError` malformed, bad_encoding, too_deep."""
    return _decode(decoder, _as_utf8(data), "$")


def decode_part(decoder: msgspec.json.Decoder[Shape], raw: msgspec.Raw, where: str) -> Shape:
    """Return a part that was left raw; `where` is its place in the document. Raises like `decode_json`."""
    return _decode(decoder, raw, where)


def _decode(
    decoder: msgspec.json.Decoder[Shape], data: bytes | memoryview | msgspec.Raw, where: str
) -> Shape:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        said = str(error)
        if "out of range" in said:
            return _with_huge_numbers(decoder, data, where)
        inner = _AT_PATH.search(said)
        place = f"{where}{inner[1].removeprefix('$')}" if inner else where
        raise ParseError(
            "malformed", f"the JSON has not the shape of this format: {_AT_PATH.sub('', said)}"[:500], place
        ) from error
    except msgspec.DecodeError as error:
        said = str(error)
        found = _AT_BYTE.search(said)
        at = f"byte {found[1]}" if found else where
        if "truncated" in said:
            cut = f"byte {len(memoryview(data))}" if where == "$" else where
            raise ParseError(
                "malformed", "the JSON ends in the middle: the file was cut off; send it again whole", cut
            ) from error
        raise ParseError("malformed", f"the file is not valid JSON: {said}"[:500], at) from error
    except RecursionError as error:
        raise ParseError("too_deep", "the JSON is nested too deep; no report is", where) from error
    except UnicodeDecodeError as error:
        raise ParseError(
            "bad_encoding", "the JSON is not UTF-8; write it as UTF-8", f"byte {error.start}"
        ) from error


def _with_huge_numbers(
    decoder: msgspec.json.Decoder[Shape], data: bytes | memoryview | msgspec.Raw, where: str
) -> Shape:
    """Decode a part that holds numbers beyond 64 bits or beyond a double: they are brought to the edge of what is believed."""
    try:
        found = json.loads(bytes(data), parse_int=_integer, parse_float=_real)
        return msgspec.convert(found, decoder.type)
    except (ValueError, RecursionError) as error:  # a ValidationError of msgspec is a ValueError
        inner = _AT_PATH.search(str(error))
        place = f"{where}{inner[1].removeprefix('$')}" if inner else where
        said = _AT_PATH.sub("", str(error))
        raise ParseError(
            "malformed", f"the JSON has not the shape of this format: {said}"[:500], place
        ) from error


def _integer(text: str) -> int:
    return int(text) if len(text) < _LONG else _HUGE if text[0] != "-" else -_HUGE


def _real(text: str) -> float:
    return min(max(float(text), -float(_HUGE)), float(_HUGE))


def _as_utf8(data: bytes | memoryview) -> bytes | memoryview:
    head = bytes(data[:3])
    if head == codecs.BOM_UTF8:
        return data[3:]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return bytes(data).decode("utf-16", "replace").encode("utf-8", "replace")
    return data
