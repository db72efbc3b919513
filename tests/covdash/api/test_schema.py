"""The OpenAPI schema names every address once, with what it answers; answers are what it says."""

from __future__ import annotations

from typing import Any

from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from covdash.accounts.models import User
from covdash.projects import wishes
from ingest.components import recount
from tests.covdash.reports.stock import Stock, rich

SLUG = "acme/platform/shop"
P = "/api/v1/projects"


def schema() -> dict[str, Any]:
    """The schema of the read API by address."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {path: found["get"] for path, found in made["paths"].items() if path.startswith(P)}


def test_every_address_is_described_once() -> None:
    found = schema()

    assert set(found) == {
        P, f"{P}/{{slug}}/", f"{P}/{{slug}}/branches", f"{P}/{{slug}}/commits", f"{P}/{{slug}}/commits/{{sha}}",
        f"{P}/{{slug}}/commits/{{sha}}/components", f"{P}/{{slug}}/commits/{{sha}}/gates",
        f"{P}/{{slug}}/commits/{{sha}}/lcov.info", f"{P}/{{slug}}/commits/{{sha}}/cobertura.xml",
        f"{P}/{{slug}}/commits/{{sha}}/files/{{path}}", f"{P}/{{slug}}/commits/{{sha}}/tree", f"{P}/{{slug}}/trend",
        f"{P}/{{slug}}/commits/{{sha}}/arms", f"{P}/{{slug}}/commits/{{sha}}/attention", f"{P}/{{slug}}/review",
        f"{P}/{{slug}}/uploads", f"{P}/{{slug}}/uploads/{{upload_id}}",
    }  # fmt: skip
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for operation in found.values():
        assert {"200", "304", "404"} <= set(operation["responses"])


def test_the_same_word_may_mean_a_day_or_a_moment() -> None:
    told = {
        name: {one["name"]: one["description"] for one in schema()[f"{P}/{{slug}}/{name}"]["parameters"]}
        for name in ("uploads", "trend")
    }

    assert list(told["uploads"]) == sorted({"slug", "state", "commit", "from", "to", "after"})
    for word, end in (("from", "first"), ("to", "last")):
        assert told["uploads"][word].startswith(f"{end} day (UTC)")
        assert told["trend"][word].startswith(f"{end} moment")


def fits(value: object, shape: dict[str, Any], at: str) -> None:
    """Assert that `value` has the type that the schema says, all the way down."""
    if value is None:
        assert shape.get("nullable") or "null" in str(shape), at
        return
    for part in (*shape.get("oneOf", ()), *shape.get("anyOf", ()), *shape.get("allOf", ())):
        if part.get("type") == {dict: "object", list: "array", str: "string", int: "integer"}.get(
            type(value)
        ):
            shape = part
    kind = shape.get("type")
    if isinstance(value, dict):
        assert kind == "object", at
        named = shape.get("properties", {})
        assert set(shape.get("required", ())) <= set(value), at
        for key, item in value.items():
            inner = named.get(key, shape.get("additionalProperties"))
            assert inner, f"{at}.{key} is not in the schema"
            fits(item, inner, f"{at}.{key}")
    elif isinstance(value, list):
        assert kind == "array", at
        for item in value:
            fits(item, shape["items"], f"{at}[]")
    else:
        assert kind == {str: "string", bool: "boolean", int: "integer", float: "number"}[type(value)], at


def test_words_of_arms_and_of_files_are_described() -> None:
    """An owner of code is another one than that of a project; only a file is seen through several flags."""

    def words(address: str) -> dict[str, str]:
        of = schema()[f"{P}/{{slug}}/commits/{{sha}}/{address}"]["parameters"]
        return {one["name"]: one["description"] for one in of}

    assert "CODEOWNERS" in words("arms")["owner"]
    assert "repeated" in words("files/{path}")["flag"]
    assert "repeated" not in words("arms")["flag"]
    of_file = schema()[f"{P}/{{slug}}/commits/{{sha}}/files/{{path}}"]["parameters"]
    assert [one["name"] for one in of_file if one["schema"]["type"] == "array"] == ["flag"]


def test_answers_are_what_the_schema_says(stock: Stock, ada: User, client: Client) -> None:
    client.force_login(ada)
    stock.report({"src/a.py": rich()}, flags=["unit"])
    commit = stock.report({"src/a.py": rich(), "src/b.py": rich()}, sources={"c.py": "x"}, flags=["unit"])
    stock.report({"src/a.py": rich(), "src/b.py": rich()}, "x", parent=commit.sha, sources={"c.py": "x"})
    upload = stock.upload(commit, {}, state="failed")
    rule = {"name": "source", "paths": ["src"], "floors": {"lines": 99.5}}
    wishes.write_section(project_id=stock.project.pk, actor=ada, section="components", said=[rule])
    recount(stock.project.pk)

    for path, operation in schema().items():
        address = path.format(slug=SLUG, sha=commit.sha, path="src/a.py", upload_id=upload.pk)
        answer = client.get(address)
        assert answer.status_code == 200, address
        ((media, told),) = operation["responses"]["200"]["content"].items()
        assert answer["Content-Type"].partition(";")[0] == media
        said = answer.json() if media == "application/json" else answer.getvalue().decode()
        fits(said, told["schema"], path)
