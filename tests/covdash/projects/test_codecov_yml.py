"""A `codecov.yml` becomes a `covdash.toml`: what has an equal is there, everything else is named; and no YAML harms the reader."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from covdash.audit import trail
from covdash.coverage.globs import matcher
from covdash.projects import bounded_yaml, configuration, wishes
from covdash.projects.bounded_yaml import YamlError
from covdash.projects.codecov_paths import UntranslatableError, fix_of, pattern_of, patterns_of
from covdash.projects.codecov_yml import ELSEWHERE, translate
from covdash.projects.models import Project

FILE = b"""\
codecov:
  token: 11111111-2222
  require_ci_to_pass: yes
  notify: {after_n_builds: 4, wait_for_ci: true}
  frobnicate: 1
coverage:
  precision: 2
  range: 70..100
  status:
    patch: {default: {target: 80%}}
    project:
      default: {target: auto, threshold: 1%}
      backend: {target: 90%, paths: ["src/backend"], threshold: 2%}
      ui: {target: auto, paths: [ui]}
      nightly: {target: 50, flags: [nightly]}
flags:
  unit: {carryforward: true, paths: [src/, "!src/gen"]}
  e2e: {}
flag_management:
  default_rules: {carryforward: true, statuses: [{type: project, target: auto}]}
  individual_flags:
    - {name: api, paths: ["api/**/*"], ignore: [api/tests], carryforward: false}
    - {paths: [x]}
component_management:
  default_rules: {statuses: [{type: project, target: 75}]}
  individual_components:
    - component_id: auth
      name: Auth
      paths: [src/auth/**]
      statuses: [{type: project, target: 95%, informational: true}, {type: patch}]
    - {component_id: pay, paths: ["src/pay/.*"]}
    - {component_id: odd, flag_regexes: ["u.*"]}
ignore: ["**/*_test.go", docs, "(a|b)/.*", vendor/*]
fixes: ["/app/::", "::src/", "build/*/::lib/", "nonsense"]
comment: {layout: reach}
unheard_of: true
"""


def test_what_has_an_equal_is_translated() -> None:
    found = translate(bounded_yaml.load(FILE))

    assert found.said == {
        "flags": [
            {"name": "unit", "carry_forward": True, "paths": ["/src/", "!src/gen"]},
            {"name": "e2e", "carry_forward": True},
            {"name": "api", "paths": ["api/**", "!api/tests"]},
        ],
        "components": [
            {"name": "Auth", "paths": ["src/auth/**"], "floors": {"lines": 95.0}},
            {"name": "pay", "paths": ["src/pay/**"], "floors": {"lines": 75.0}},
            {"name": "backend", "paths": ["src/backend"], "floors": {"lines": 90.0}},
        ],
        "paths": {
            "fixes": [
                {"find": "/app/"},
                {"find": "^", "to": "src/", "kind": "regex"},
                {"find": "^build/[^/]+/", "to": "lib/", "kind": "regex"},
            ],
            "ignore": [{"paths": ["**/*_test.go", "/docs", "vendor/*"], "reason": "from codecov.yml"}],
        },
    }
    configuration.parse(found.said)


def test_everything_else_is_named_with_a_reason() -> None:
    found = translate(bounded_yaml.load(FILE))

    assert [key for key, _ in found.notes] == [
        "comment",
        "unheard_of",
        "codecov.token",
        "codecov.require_ci_to_pass",
        "codecov.frobnicate",
        "codecov.notify.after_n_builds",
        "codecov.notify.wait_for_ci",
        "coverage.precision",
        "coverage.range",
        "flag_management.default_rules.statuses",
        "flag_management.individual_flags[1]",
        "flag_management.default_rules.carryforward",
        "component_management.individual_components[0].statuses[0].informational",
        "component_management.individual_components[0].statuses[1]",
        "component_management.individual_components[2].flag_regexes",
        "component_management.individual_components[2]",
        "coverage.status.patch",
        "coverage.status.project.default",
        "coverage.status.project.backend.threshold",
        "coverage.status.project.ui",
        "coverage.status.project.nightly",
        "component_management",
        "ignore: (a|b)/.*",
        "ignore: vendor/*",
        "fixes: nonsense",
    ]
    assert all(len(reason) > 10 for _, reason in found.notes)
    assert all(len(reason) > 10 for reason in ELSEWHERE.values())


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("src", "/src"),
        ("src/", "/src/"),
        ("./src/a.py", "src/a.py"),
        ("!src/gen", "!src/gen"),
        ("**/*.py", "**/*.py"),
        ("*.pb.go", "*.pb.go"),
        ("**/*.test.*", "**/*.test.*"),
        ("*/tests", "**/tests"),
        ("test/**/*", "test/**"),
        ("^/tests/**/*", "/tests/**"),
        ("tests/.*", "tests/**"),
        ("^src/.*_test\\.go$", "src/**/*_test.go"),
        (".*/vendor/.*", "**/vendor/**"),
        (".*_pb2\\.py", "*_pb2.py"),
        ("test_.*.rb", "/test_*.rb"),
        ("setup\\.py", "/setup.py"),
    ],
)
def test_paths_keep_their_meaning(path: str, pattern: str) -> None:
    assert pattern_of(path)[0] == pattern


@pytest.mark.parametrize("path", ["src/(?!x).*", "a{2}", "[z-a]", "", "a\\d", "../x"])
def test_a_path_without_a_pattern_says_why(path: str) -> None:
    with pytest.raises(UntranslatableError):
        pattern_of(path)


def test_what_is_taken_away_is_taken_away_whatever_the_order() -> None:
    found, _ = patterns_of(["!src/gen", "src"])
    alone, _ = patterns_of(["!src/gen"])

    assert [matcher(found).matches(path) for path in ("src/a", "src/gen/a", "b")] == [True, False, False]
    assert [matcher(alone).matches(path) for path in ("src/a", "src/gen/a", "b")] == [True, False, True]


def test_fixes_do_what_they_said() -> None:
    import re

    def fixed(said: str, path: str) -> str:
        rule = fix_of(said)
        if rule.get("kind") == "regex":
            return re.sub(rule["find"], rule["to"], path, count=1)
        return rule.get("to", "") + path.removeprefix(rule["find"]) if path.startswith(rule["find"]) else path

    assert fixed("before/::after/", "before/path") == "after/path"
    assert fixed("::after/", "path") == "after/path"
    assert fixed("before/::", "before/path") == "path"
    assert fixed("before/tests-*::after/", "before/tests-apples/test.js") == "after/test.js"
    assert fixed("before/tests-[^\\/]+/::after/", "before/tests-apples/test.js") == "after/test.js"
    assert fixed("before/tests-*::after/", "before/app-apples/app.js") == "before/app-apples/app.js"
    with pytest.raises(UntranslatableError):
        fix_of("a(::b")


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (i, i, *([i - 1] * 9)) for i in range(98, 110)
)
MERGES = b"a: &a {k: 1}\n" + b"".join(
    b"%c: &%c {<<: [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]}\n" % (i, i, *([i - 1] * 8)) for i in range(98, 115)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "unfolds to more than"),
        (MERGES, "unfolds to more than"),
        (b"a: &a [*a]", "contains itself"),
        (b"[" * 50_000, ""),
        (b"a: b: c", "line 1"),
        (b"!!python/object/apply:os.system ['x']", "could not determine a constructor"),
        (b"a: 2026-99-99", ""),
        (b"\xff\xfe", ""),
        (b"x" * 300_000, "262144 bytes"),
        (b"? [a]\n: b", ""),
        (b"a: 1\n---\nb: 2", "line 2"),
        (b"a: \x00", ""),
    ],
    ids=range(12),
)
def test_yaml_that_harms_is_refused_quickly(text: bytes, why: str) -> None:
    started = time.process_time()
    with pytest.raises(YamlError) as refused:
        bounded_yaml.load(text)

    assert why in str(refused.value)
    assert time.process_time() - started < 5


KEYS = (
    "flags", "name", "paths", "carryforward", "statuses", "target", "type", "ignore", "default_rules", "individual_flags",
    "individual_components", "component_id", "project", "status", "notify",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.sampled_from(["auto", "80%", "src", "**", "a::b", "(", "!x", "project"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(KEYS),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "codecov",
                "coverage",
                "flags",
                "flag_management",
                "component_management",
                "ignore",
                "fixes",
                "other",
            ]
        ),
        VALUES,
    )
)
def test_whatever_stands_in_the_file_the_translation_is_valid(document: dict[str, Any]) -> None:
    configuration.parse(translate(document).said)


def run(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_codecov_yml", *words, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_toml_and_lists_the_rest_without_a_database(tmp_path: Path) -> None:
    """No `db` fixture: a query would fail the test."""
    path = tmp_path / "codecov.yml"
    path.write_bytes(FILE)

    out, err = run(str(path))

    assert configuration.parse_toml(out.encode()) == translate(bounded_yaml.load(FILE)).said
    assert "codecov.notify.after_n_builds: numbers of uploads are not counted" in err
    assert err.rstrip().endswith("25 keys were not taken over as written.")
    path.write_text("")
    assert run(str(path)) == ("", "")


@pytest.mark.parametrize(
    ("text", "why"), [(b"- a", "a mapping of keys"), (b"a: [", "line 1"), (None, "No such file")]
)
def test_the_command_refuses_what_is_no_codecov_yml(tmp_path: Path, text: bytes | None, why: str) -> None:
    path = tmp_path / "codecov.yml"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(CommandError, match=why):
        run(str(path))
    with pytest.raises(CommandError, match="--write needs --project"):
        run(str(path), "--write")


def test_the_command_writes_into_the_settings_of_a_project(tmp_path: Path, project: Project) -> None:
    path = tmp_path / "codecov.yml"
    path.write_text("flags: {unit: {carryforward: true}}\nignore: [docs]\n")

    out, err = run(str(path), "--project", project.slug, "--write")

    assert (out, err) == ("flags: written\npaths: written\n", "")
    found = wishes.in_force(project_id=project.pk)
    assert found.flag("unit").carry_forward
    assert found.paths.ignore[0].paths == ("/docs",)
    assert [(d.actor, d.target) for d in trail.listing(project_id=project.pk)] == [
        ("", "paths"),
        ("", "flags"),
    ]
    assert (
        run(str(path), "--project", project.slug, "--write")[0]
        == "flags: was so already\npaths: was so already\n"
    )
    Project.objects.update(repository_settings={"flags": []})
    assert (
        "covdash.toml in the repository has this section and wins"
        in run(str(path), "--project", project.slug, "--write")[1]
    )
    with pytest.raises(CommandError, match="there is no project 'acme/none'"):
        run(str(path), "--project", "acme/none", "--write")
