"""`docs/project-settings.md` and the code name the same keys, with the same defaults; its examples are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from covdash.coverage.globs import matcher
from covdash.coverage.judging import MAX_GATES
from covdash.projects import configuration
from covdash.projects.codecov_yml import translate
from covdash.projects.configuration import Configuration

TEXT = (Path(__file__).parents[3] / "docs/project-settings.md").read_text()


def keys_of(struct: type[msgspec.Struct], at: str = "") -> dict[str, Any]:
    """Return key -> default (NODEFAULT for a required one) of a struct and all in it."""
    found: dict[str, Any] = {}
    hints = get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        inner = next((arg for arg in get_args(hints[field.name]) if _is_struct(arg)), None)
        if _is_struct(hints[field.name]):
            found |= keys_of(hints[field.name], f"{at}{field.name}.")
        elif inner is not None:
            found |= keys_of(inner, f"{at}{field.name}[].")
        elif field.default_factory is not msgspec.NODEFAULT:
            found[f"{at}{field.name}"] = field.default_factory()
        else:
            found[f"{at}{field.name}"] = field.default
    return found


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def test_every_key_is_explained_with_its_default_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z_.\[\]]+)` \| .* \| (.*) \|$", TEXT, re.MULTILINE)
    told = dict(rows)
    assert len(told) == len(rows)
    known = keys_of(Configuration)

    assert set(told) == set(known)
    for key, default in known.items():
        said = told[key].partition(" (")[0].strip("`")
        wanted = "required" if default is msgspec.NODEFAULT else msgspec.json.encode(default).decode()
        assert said == wanted, key


def test_the_example_is_valid_and_says_what_it_shows() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)

    found = configuration.parse(configuration.parse_toml(example.encode()))

    assert [component.name for component in found.components] == ["Authentication", "Everything else"]
    assert set(configuration.SECTIONS) - configuration.PAGES_ONLY == {
        "flags",
        "components",
        "gates",
        "paths",
        "completeness",
        "retention",
    }
    assert {
        section
        for section in configuration.SECTIONS
        if getattr(found, section) != getattr(Configuration(), section)
    } == (set(configuration.SECTIONS) - configuration.PAGES_ONLY)


def test_every_metric_and_limit_is_named() -> None:
    for metric in get_args(configuration.Metric):
        assert f"`{metric}`" in TEXT
    limits = (
        f"{configuration.MAX_RULES} flags, {configuration.MAX_RULES} components, {configuration.MAX_PATTERNS:,} patterns a section, "
        f"{configuration.MAX_RULES} fixes and ignore rules together, {configuration.MAX_EXPECTED} expected uploads, "
        f"{MAX_GATES} gates, {configuration.MAX_BYTES // 1024} KiB a file"
    )
    assert limits in TEXT


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("src/auth/**", "src/auth/x/a.py", "src/auth"),
        ("src/auth", "src/auth/x/a.py", "src/author"),
        ("src/auth/", "src/auth/a.py", "src/auth"),
        ("*.sql", "db/x/1.sql", "sql"),
        ("/setup.py", "setup.py", "x/setup.py"),
        ("src/**/api/*.py", "src/api/a.py", "src/api/a.js"),
        ("v[0-9]", "v7", "vx"),
        ("v[!0-9]", "vx", "v7"),
    ],
)
def test_patterns_mean_what_the_table_says(pattern: str, meant: str, not_meant: str) -> None:
    assert f"`{pattern}`" in TEXT
    assert matcher([pattern]).matches(meant)
    assert not matcher([pattern]).matches(not_meant)


def test_the_table_of_translations_names_what_is_translated() -> None:
    rule = [{"name": "a", "component_id": "a", "paths": ["x"]}]
    for document, section in (
        ({"flags": {"a": {"paths": ["x"]}}}, "flags"),
        ({"flag_management": {"individual_flags": rule}}, "flags"),
        ({"component_management": {"individual_components": rule}}, "components"),
        ({"coverage": {"status": {"project": {"a": {"paths": "x", "target": 1}}}}}, "components"),
        ({"ignore": ["x"]}, "paths"),
        ({"fixes": ["a::b"]}, "paths"),
    ):
        assert set(translate(document).said) == {section}
