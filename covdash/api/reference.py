"""The page that describes the API to people, made from the OpenAPI schema: plain HTML, under the strict policy, without script.

The schema itself is at `/api/schema`. Nothing is described here; every word comes from the views.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field: `name` is dotted where it lies deeper, `[]` marks a list."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A table of rows under a title: parameters, a body of one media type, or an answer."""

    title: str
    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together."""

    name: str
    operations: tuple[Operation, ...]


def page(request: HttpRequest) -> HttpResponse:
    """Answer the page of the whole API."""
    return render(request, "api/reference.html", {"groups": groups()})


@cache
def groups() -> tuple[Group, ...]:
    """Return every operation of the schema, grouped by tag. The schema does not change while the process runs."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # the library has no types
    found: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "other")
                found.setdefault(tag, []).append(_operation(path, method, item[method]))
    return tuple(Group(name, tuple(found[name])) for name in sorted(found, reverse=True))


def _operation(path: str, method: str, spec: dict[str, Any]) -> Operation:
    parts: list[Part] = []
    parameters = tuple(
        Row(
            item["name"],
            f"{item['in']}, {_kind(item['schema'])}",
            item.get("required", False),
            item.get("description", ""),
        )
        for item in spec.get("parameters", ())
    )
    if parameters:
        parts.append(Part("Parameters", "", parameters))
    for media, body in spec.get("requestBody", {}).get("content", {}).items():
        parts.append(Part(f"Body: {media}", "", tuple(_rows(body["schema"]))))
    for status, answer in spec.get("responses", {}).items():
        rows = tuple(row for body in answer.get("content", {}).values() for row in _rows(body["schema"]))
        parts.append(Part(f"Answer {status}", answer.get("description", ""), rows))
    return Operation(
        spec["operationId"],
        method.upper(),
        path,
        spec.get("summary", ""),
        spec.get("description", ""),
        tuple(parts),
    )


def _rows(schema: dict[str, Any], under: str = "", depth: int = 0) -> Iterator[Row]:
    """Yield the fields of an object, deeper ones after the field they belong to."""
    if schema.get("type") == "array":
        yield from _rows(schema["items"], f"{under}[]", depth)
        return
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        whole = f"{under}.{name}" if under else name
        yield Row(whole, _kind(field), name in required, field.get("description", ""))
        if depth < _DEEPEST:
            yield from _rows(field, whole, depth + 1)


def _kind(schema: dict[str, Any]) -> str:
    kind: str = schema.get("format") or schema.get("type", "any")
    if kind == "array":
        kind = f"list of {_kind(schema['items'])}"
    return f"{kind} or null" if schema.get("nullable") else kind
