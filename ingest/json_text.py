"""Typed decoding of JSON reports: unknown parts are skipped without being built. PURE; knows no format."""

from __future__ import annotations

import codecs
import re
from typing import TypeVar

import msgspec

from ingest.parsing import ParseError

Shape = TypeVar("Shape")
_AT_BYTE = re.compile(r"\(byte (\d+)\)")
_AT_PATH = re.compile(r" - at `(.*)`\Z", re.DOTALL)


def decode_json(decoder: msgspec.json.Decoder[Shape], data: bytes) -> Shape:
    """Return the document in the shape of `decoder`. Raises `ParseError` malformed, bad_encoding, too_deep."""
    return _decode(decoder, _as_utf8(data), "$")


def decode_part(decoder: msgspec.json.Decoder[Shape], raw: msgspec.Raw, where: str) -> Shape:
    """Return a part that was left raw; `where` is its place in the document. Raises like `decode_json`."""
    return _decode(decoder, raw, where)


def _decode(decoder: msgspec.json.Decoder[Shape], data: bytes | msgspec.Raw, where: str) -> Shape:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        said = str(error)
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


def _as_utf8(data: bytes) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data
