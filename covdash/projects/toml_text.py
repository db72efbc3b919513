"""A configuration as the text of a `covdash.toml`. PURE; the other way round is `configuration.parse_toml`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from covdash.projects.configuration import Configuration

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
WIDTH = 100
"""Lists that are longer than this are written a line each."""


def values_of(part: Any) -> Any:
    """Return a part of a configuration as plain values, without what is as by default: what is stored, and written as TOML."""
    if isinstance(part, msgspec.Struct):
        found = {}
        for field in msgspec.structs.fields(part):
            value = getattr(part, field.name)
            if field.required or value not in (field.default, {}):
                found[field.name] = values_of(value)
        return found
    if isinstance(part, tuple):
        return [values_of(item) for item in part]
    return dict(part) if isinstance(part, dict) else part


def written(configuration: Configuration, *, sections: Sequence[str]) -> str:
    """Return the sections of a configuration as TOML, "" when nothing in them is other than by default."""
    values = values_of(configuration)
    return text_of({section: values[section] for section in sections if section in values})


def text_of(values: Mapping[str, Any]) -> str:
    """Return sections given as plain values (checked by `configuration.parse`) as TOML."""
    blocks: list[str] = []
    for section, value in values.items():
        if isinstance(value, list):
            blocks += [_table(f"[[{section}]]", item) for item in value]
            continue
        plain = {key: item for key, item in value.items() if not _is_tables(item)}
        if plain:
            blocks.append(_table(f"[{section}]", plain))
        for key, item in value.items():
            if _is_tables(item):
                blocks += [_table(f"[[{section}.{key}]]", table) for table in item]
    return "\n".join(blocks)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _table(head: str, values: Mapping[str, Any]) -> str:
    return "".join([f"{head}\n", *(f"{_key(key)} = {_value(value)}\n" for key, value in values.items())])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        items = [_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        return line if len(line) <= WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # A text as JSON is a text as TOML, but for one character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if key and set(key) <= _BARE else _value(key)
