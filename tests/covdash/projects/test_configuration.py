"""The configuration of a project: every error names its place, sections win as they should, and TOML goes out and in again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.gating import Gate
from covdash.coverage.path_rules import RuleError, rewriting
from covdash.projects import configuration
from covdash.projects.configuration import Component, Configuration, ConfigurationError, Flag
from covdash.projects.toml_text import text_of, values_of, written
from tests.covdash.coverage.test_globs import patterns

ONE: dict[str, Any] = {"name": "auth", "paths": ["src/auth/**"]}
GATE: dict[str, Any] = {"name": "new", "rule": "patch", "least": 90}

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"flagz": []}, "flagz", "no key that covdash knows"),
    ({"flags": {}}, "flags", "Expected `array`"),
    ({"flags": ["unit"]}, "flags[0]", "Expected `object`"),
    ({"flags": [{"carry_forward": True}]}, "flags[0].name", "is missing"),
    ({"flags": [{"name": "unit"}, {"name": 7}]}, "flags[1].name", "Expected `str`"),
    ({"flags": [{"name": "unit", "carryforward": True}]}, "flags[0].carryforward", "no key"),
    ({"flags": [{"name": "unit"}, {"name": "unit"}]}, "flags[1].name", "twice"),
    ({"flags": [{"name": " "}]}, "flags[0].name", "1 to 64"),
    ({"flags": [{"name": "x" * 65}]}, "flags[0].name", "1 to 64"),
    ({"flags": [{"name": "a\0b"}]}, "flags[0].name", "cannot be stored"),
    ({"flags": [{"name": "unit", "max_age_days": 0}]}, "flags[0].max_age_days", "from 1 to 3650"),
    ({"flags": [{"name": "unit", "paths": ["src", "../x"]}]}, "flags[0].paths[1]", "without . and .."),
    ({"components": [ONE, {"name": "b", "paths": []}]}, "components[1].paths", "at least one"),
    ({"components": [{**ONE, "paths": ["a", "", "b"]}]}, "components[0].paths[1]", "must name something"),
    ({"components": [{**ONE, "weight": 11}]}, "components[0].weight", "from 0 to 10"),
    ({"components": [{**ONE, "weight": 1.5}]}, "components[0].weight", "Expected `int`"),
    ({"components": [{**ONE, "floors": {"lines": 101}}]}, "components[0].floors.lines", "from 0 to 100"),
    ({"components": [{**ONE, "floors": {"lines": float("nan")}}]}, "components[0].floors.lines", "from 0 to 100"),
    ({"components": [{**ONE, "floors": {"lines": 1, "branches": "80"}}]}, "components[0].floors.branches", "`float`"),
    ({"components": [{**ONE, "floors": {"lnes": 80}}]}, "components[0].floors", "'lnes' is no metric: lines"),
    ({"components": [{"name": str(n), "paths": ["x"]} for n in range(501)]}, "components", "500, not 501"),
    ({"components": [{**ONE, "paths": ["x"] * 2001}]}, "components.paths", "2000, not 2001"),
    ({"gates": [GATE, GATE]}, "gates[1].name", "twice"),
    ({"gates": [GATE, {"name": "b"}]}, "gates[1].rule", "is missing"),
    ({"gates": [{**GATE, "rule": "blended"}]}, "gates[0].rule", "'blended' is no rule: fall, floors, lost, patch, total"),
    ({"gates": [{**GATE, "least": "90"}]}, "gates[0].least", "Expected `float"),
    ({"gates": [{**GATE, "least": 101}]}, "gates[0].least", "from 0 to 100"),
    ({"gates": [{**GATE, "at_least": 1}]}, "gates[0].at_least", "no key"),
    ({"paths": {"fixes": [{"find": "a", "kind": "glob"}]}}, "paths.fixes[0].kind", "Invalid enum value"),
    ({"paths": {"ignore": [{"paths": ["[z-a]"]}]}}, "paths.ignore[0].paths[0]", "range"),
    ({"completeness": {"quiet_minutes": 0}}, "completeness.quiet_minutes", "from 1 to"),
    ({"completeness": {"expect": ["unit", " "]}}, "completeness.expect[1]", "empty"),
    ({"completeness": {"expect": ["x"] * 201}}, "completeness.expect", "200, not 201"),
    ({"uploads": {"forks": "yes"}}, "uploads.forks", "Expected `bool`"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "where", "why"), WRONG)
def test_every_error_names_the_place_and_the_reason(said: dict[str, Any], where: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configuration.parse(said)

    assert refused.value.where == where
    assert why in refused.value.message
    assert str(refused.value).startswith(f"{where}: ")


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (b"[[flags]\n", "", "cannot be read"),
        (b"\xff", "", "cannot be read"),
        (b"a = " + b"[" * 100_000, "", "cannot be read"),
        (b"# " + b"x" * configuration.MAX_BYTES, "", "may have 262144 bytes"),
        (b"[uploads]\nforks = true\n", "uploads", "settings pages only"),
        (b"[[flags]]\nname = 2026-01-01\n", "flags[0].name", "Expected `str`"),
        (b'[[flags]]\nname = "a\\u0000"\n', "flags[0].name", "cannot be stored"),
    ],
)
def test_a_covdash_toml_that_cannot_be_used_says_why(text: bytes, where: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configuration.parse_toml(text)

    assert refused.value.where == where
    assert why in refused.value.message


def test_a_section_of_covdash_toml_wins_as_a_whole_over_that_of_the_pages() -> None:
    settings = {"flags": [{"name": "unit", "max_age_days": 9}], "completeness": {"quiet_minutes": 5}}
    repository = {"flags": [{"name": "e2e"}]}

    found = configuration.effective(settings=settings, repository=repository)

    assert [flag.name for flag in found.configuration.flags] == ["e2e"]
    assert found.configuration.flag("unit").max_age_days == 30, (
        "nothing is said of unit, so the defaults hold"
    )
    assert found.configuration.completeness.quiet_minutes == 5
    assert found.origin == {
        "flags": "covdash.toml",
        "components": "",
        "gates": "",
        "paths": "",
        "completeness": "settings",
        "uploads": "",
        "retention": "",
    }


def test_equal_rules_have_equal_digests() -> None:
    one = configuration.digest_of((Flag(name="unit"),))

    assert one == configuration.digest_of((Flag(name="unit", carry_forward=False),))
    assert one != configuration.digest_of((Flag(name="unit", carry_forward=True),))


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=12)
PERCENT = st.floats(0, 100) | st.integers(0, 100).map(float)
METRICS = st.sampled_from(["lines", "branches", "functions"])


def _is_rule(fix: configuration.Fix) -> bool:
    try:
        rewriting(kind=fix.kind, find=fix.find, to=fix.to)
    except RuleError:
        return False
    return True


CONFIGURATIONS = st.builds(
    Configuration,
    flags=st.lists(
        st.builds(
            Flag,
            name=NAMES,
            carry_forward=st.booleans(),
            max_age_days=st.integers(1, 3650),
            paths=st.lists(patterns(), max_size=3).map(tuple),
        ),
        max_size=3,
        unique_by=lambda flag: flag.name,
    ).map(tuple),
    components=st.lists(
        st.builds(
            Component,
            name=NAMES,
            paths=st.lists(patterns(), min_size=1, max_size=30).map(tuple),
            weight=st.integers(0, 10),
            floors=st.dictionaries(METRICS, PERCENT),
        ),
        max_size=3,
        unique_by=lambda component: component.name,
    ).map(tuple),
    gates=st.lists(
        st.one_of(
            st.builds(
                Gate, name=NAMES, rule=st.just("patch"), least=PERCENT, component=WORDS, metric=st.sampled_from(["lines", "branches"])
            ),
            st.builds(Gate, name=NAMES, rule=st.just("fall"), most=PERCENT, metric=METRICS, informational=st.booleans()),
            st.builds(Gate, name=NAMES, rule=st.just("lost"), most=st.integers(0, 10**6).map(float)),
            st.builds(Gate, name=NAMES, rule=st.just("floors"), component=WORDS),
        ),
        max_size=3,
        unique_by=lambda gate: gate.name,
    ).map(tuple),
    paths=st.builds(
        configuration.Paths,
        fixes=st.lists(
            st.builds(configuration.Fix, find=WORDS, to=WORDS, kind=st.sampled_from(["prefix", "regex"])).filter(_is_rule), max_size=2
        ).map(tuple),
        ignore=st.lists(
            st.builds(configuration.Ignore, paths=st.lists(patterns(), max_size=2).map(tuple), reason=WORDS), max_size=2
        ).map(tuple),
    ),
    completeness=st.builds(
        configuration.Completeness,
        expect=st.lists(NAMES, max_size=3).map(tuple),
        learn=st.booleans(),
        quiet_minutes=st.integers(1, 10080),
    ),
)  # fmt: skip


@given(CONFIGURATIONS)
def test_what_is_written_as_toml_is_read_as_the_same(wanted: Configuration) -> None:
    text = written(wanted, sections=configuration.SECTIONS)

    values = configuration.parse_toml(text.encode())

    assert configuration.parse(values) == wanted
    assert values == values_of(wanted)
    assert json.loads(json.dumps(values)) == values, "it can be stored as JSON"
    assert configuration.parse_toml(text_of(values).encode()) == values


def test_toml_is_written_as_a_person_would() -> None:
    wanted = Configuration(
        flags=(Flag(name="unit", carry_forward=True),),
        components=(Component(name="auth", paths=("src/auth/**",), weight=10, floors={"lines": 90.0}),),
    )

    assert written(wanted, sections=configuration.SECTIONS) == (
        '[[flags]]\nname = "unit"\ncarry_forward = true\n\n'
        '[[components]]\nname = "auth"\npaths = ["src/auth/**"]\nweight = 10\nfloors = { lines = 90 }\n'
    )
    assert written(Configuration(), sections=configuration.SECTIONS) == ""
