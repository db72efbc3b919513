"""How addresses describe themselves in the OpenAPI schema: answers from the types of `shapes.py`, parameters by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from covdash.problems import ProblemShape

View = TypeVar("View", bound=Callable[..., Any])


# Behind a colon stands what tells words of the same spelling apart.
_QUERY = {
    "after": "cursor of the next page, as given in `next`",
    "path": "path of a file or directory in the repository; empty for the root",
    "flag": "look only at the uploads with this flag",
    "flag:several": "look only at the uploads with this flag; repeated, at those with any of the flags together (not with `diff`)",
    "diff": "a git branch or a commit: tell in `diff` what became of the lines since then",
    "component": "a component instead of a path, by its name",
    "component:narrow": "only files of this component, by its name",
    "show:arms": "`never` (of lines that ran), `all`, `lost` since the report before, or `flaky`; `never` if left out",
    "since": "only arms that the report of this day or commit did not know as never taken",
    "base": "commit or git branch to tell lost arms from, instead of the report before",
    "kind": "only arms of this kind",
    "file": "only the file at this path",
    "branch": "git branch; the default branch if left out",
    "weeks": "length of the period, 1 to 26; 4 if left out",
    "until": "last day of the period; today if left out",
    "metric": "only these metrics; repeatable",
    "grain": "`commit`, `day`, `week` or `month`: every report, or the last complete one of each period, instead of the changes",
    "from": "first moment, ISO 8601 date or time",
    "to": "last moment, ISO 8601 date or time (a date means all of that day)",
    "from:day": "first day (UTC) on which they came, ISO 8601 date",
    "to:day": "last day (UTC) on which they came, ISO 8601 date",
    "q": "only names that contain this",
    "owner": "only projects whose slug begins with these segments",
    "owner:narrow": "only files of this owner, as CODEOWNERS names it (`@acme/pay`)",
    "sort": "`slug`, `risk`, `missed`, `coverage`, `changed` or `last`, with `-` before it for descending",
    "state": "`received`, `processing`, `processed`, `failed` or `superseded`",
    "commit": "sha of a commit, or at least the first eight digits",
}
_PATH = {
    "slug": "slug of the project with its groups; ends before the next known word, or at a lone `-`",
    "sha": "sha of a commit, or at least the first eight digits",
    "path": "path of a file in the repository",
    "upload_id": "id of an upload",
}


def describes(
    shape: type,
    summary: str,
    *,
    name: str,
    path: tuple[str, ...] = (),
    query: tuple[str, ...] = (),
    paged: bool = False,
) -> Callable[[View], View]:
    """Describe a GET: it answers `shape`, or a page of it, takes the parameters named, and may answer 304 and 404."""
    body = _schema_of(shape)
    if paged:
        body = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": body},
                "next": {"type": "string", "nullable": True, "description": "address of the next page"},
            },
            "required": ["items", "next"],
        }
    return _described(summary, name, _parameters(path, query), {(200, "application/json"): body})


def describes_text(media: str, summary: str, *, name: str) -> Callable[[View], View]:
    """Describe a GET that answers the report of a commit, or of a flag of it, as a file of type `media`."""
    body = {"type": "string"}
    return _described(summary, name, _parameters(("slug", "sha"), ("flag",)), {(200, media): body})


def _described(
    summary: str, name: str, parameters: list[OpenApiParameter], answers: dict[Any, Any]
) -> Callable[[View], View]:
    described: Callable[[View], View] = extend_schema(
        operation_id=name,
        summary=summary,
        tags=["reports"],
        parameters=parameters,
        responses={
            **answers,
            304: OpenApiResponse(
                description="Not changed since the answer whose ETag was sent in If-None-Match."
            ),
            (404, "application/json"): _schema_of(ProblemShape),
        },
    )
    return described


def _parameters(path: tuple[str, ...], query: tuple[str, ...]) -> list[OpenApiParameter]:
    return [
        *(
            OpenApiParameter(word, OpenApiTypes.STR, OpenApiParameter.PATH, description=_PATH[word])
            for word in path
        ),
        *(
            OpenApiParameter(
                word.partition(":")[0],
                OpenApiTypes.STR,
                description=_QUERY[word],
                many=word.endswith(":several"),
            )
            for word in query
        ),
    ]


def _schema_of(shape: type) -> dict[str, Any]:
    found: dict[str, Any] = resolve_type_hint(shape)  # type: ignore[no-untyped-call]  # the library has no types
    return found
