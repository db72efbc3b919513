"""Paths of real and hostile reports: never a guess between candidates, nobody else's code, every name with one outcome."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.path_rules import Rules, ignoring, rewriting
from covdash.coverage.places import KINDS, OUTSIDE, Known
from covdash.coverage.placing import resolve

SHOP = Known.of(
    [
        "setup.py",
        "src/pay/util.py",
        "src/cart/util.py",
        "src/pay/charge.py",
        "src/cart/cart.py",
        "json/decoder.py",
        "app/settings.py",
        "settings.py",
        "packages/a/src/index.js",
        "src/index.js",
        "web/node_modules/own/x.js",
        "tests/conftest.py",
        "README.md",
        "readme.md",
    ]
)


def place(reported: str, *others: str, roots: tuple[str, ...] = (), slug: str = "") -> object:
    """The path, the candidates, or None."""
    found = resolve([reported, *others], roots=roots, known=SHOP, slug=slug)[reported]
    return found.path or found.candidates or None


@pytest.mark.parametrize(
    ("reported", "path"),
    [
        ("D:\\a\\shop\\shop\\src\\pay\\util.py", "src/pay/util.py"),
        ("\\\\?\\D:\\a\\shop\\src\\pay\\util.py", "src/pay/util.py"),
        ("\\\\server\\share\\shop\\src\\cart\\cart.py", "src/cart/cart.py"),
        ("C:/ci/shop\\src/pay\\charge.py", "src/pay/charge.py"),
        ("/usr/src/app/src/pay/charge.py", "src/pay/charge.py"),
        ("/usr/src/app/setup.py", "setup.py"),
        ("/opt/atlassian/pipelines/agent/build/src/pay/charge.py", "src/pay/charge.py"),
        ("/_/src/cart/cart.py", "src/cart/cart.py"),
        ("file:///C:/w/src/cart/cart.py", "src/cart/cart.py"),
        ("/app/web/node_modules/own/x.js", "web/node_modules/own/x.js"),
        ("pay/charge.py", "src/pay/charge.py"),
    ],
)
def test_runners_and_containers_are_cut(reported: str, path: str) -> None:
    assert place(reported) == path


@pytest.mark.parametrize(
    "reported",
    [
        "/usr/lib/python3.11/json/decoder.py",
        "/home/ci/.pyenv/versions/3.11.4/lib/python3.11/json/decoder.py",
        "C:\\hostedtoolcache\\windows\\Python\\3.11.9\\x64\\Lib\\json\\decoder.py",
        "/opt/venv/lib/python3.11/site-packages/tests/conftest.py",
        ".venv/lib/python3.11/site-packages/setup.py",
        "/home/ada/.cargo/registry/src/x-1.0/src/index.js",
        "/app/node_modules/lib/src/index.js",
        "node_modules/setup.py",
        "/rustc/abc/json/decoder.py",
        "/go/pkg/mod/github.com/x/src/index.js",
        "/app/.tox/py311/lib/python3.11/json/decoder.py",
        "/usr/src/app/node_modules/x/src/index.js",
    ],
)
def test_code_of_the_system_and_of_dependencies_is_never_taken_for_our_own(reported: str) -> None:
    found = resolve([reported, "/app/src/pay/util.py"], known=SHOP)[reported]
    assert (found.path, found.candidates, found.reason) == (None, (), OUTSIDE)


@pytest.mark.parametrize(
    ("reported", "candidates"),
    [
        ("util.py", ("src/cart/util.py", "src/pay/util.py")),
        ("/app/util.py", ("src/cart/util.py", "src/pay/util.py")),
        ("C:\\x\\util.py", ("src/cart/util.py", "src/pay/util.py")),
        ("Readme.MD", ("README.md", "readme.md")),
        ("/elsewhere/settings.py", ("app/settings.py", "settings.py")),
    ],
)
def test_what_could_be_several_files_is_none_of_them(reported: str, candidates: tuple[str, ...]) -> None:
    assert place(reported) == candidates


def test_roots_of_a_report_are_not_preferred_by_their_order() -> None:
    """Coverage.py names every source folder, and a file relative to one of them: with two `util.py` nobody knows which."""
    for roots in (("/w/src/pay", "/w/src/cart"), ("/w/src/cart", "/w/src/pay")):
        assert place("util.py", roots=roots) == ("src/cart/util.py", "src/pay/util.py")
        assert place("charge.py", roots=roots) == "src/pay/charge.py"


def test_the_root_of_a_report_goes_before_a_file_of_the_same_name_at_the_top() -> None:
    assert place("src/index.js", roots=("/home/runner/work/r/r/packages/a",)) == "packages/a/src/index.js"
    assert place("src/index.js", roots=("/home/runner/work/r/r",)) == "src/index.js"
    assert place("src/index.js") == "src/index.js"


def test_the_others_tell_which_folders_to_cut() -> None:
    """The repository is mounted at /app and has a folder app itself."""
    assert place("/app/settings.py", "/app/src/pay/util.py", "/app/src/cart/cart.py") == "settings.py"
    assert place("/app/app/settings.py", "/app/src/pay/util.py") == "app/settings.py"


def test_a_rule_says_where_a_path_is_and_is_named() -> None:
    rules = Rules((rewriting(kind="prefix", find="/app", to="src/pay"),))
    found = resolve(["/app/util.py", "/app/new.py", "D:\\x\\src\\pay\\charge.py"], known=SHOP, rules=rules)
    assert found["/app/util.py"].path == "src/pay/util.py"
    assert found["/app/util.py"].how.startswith("rule: /app ")
    assert found["/app/new.py"].path is None
    assert found["D:\\x\\src\\pay\\charge.py"].how == "without the folders before it"


def test_a_rule_wins_over_what_is_foreign() -> None:
    rules = Rules((rewriting(kind="prefix", find="/usr/lib/python3.11/json", to="json"),))
    reported = "/usr/lib/python3.11/json/decoder.py"
    assert resolve([reported], known=SHOP, rules=rules)[reported].path == "json/decoder.py"
    assert resolve([reported], rules=rules)[reported].path == "json/decoder.py"


def test_ignored_files_are_counted_as_such_with_or_without_a_list() -> None:
    rules = Rules(ignored=(ignoring(paths=("src/cart/**", "usr/include/**"), reason="being rewritten"),))
    for known in (SHOP, None):
        found = resolve(["src/cart/util.py", "/usr/include/stdio.h"], known=known, rules=rules)
        assert [(one.path, one.ignored, one.reason) for one in found.values()] == [
            (None, True, "ignored: being rewritten")
        ] * 2


@pytest.mark.parametrize("reported", ["file:///a%00b.py", "a\0b", "%00", "C:\\\0\\x"])
def test_no_name_brings_a_nul(reported: str) -> None:
    for known in (SHOP, None):
        for one in resolve([reported], known=known).values():
            assert "\0" not in (one.path or "")


_SEGMENT = st.sampled_from(
    [
        "src",
        "pay",
        "cart",
        "util.py",
        "cart.py",
        "app",
        "..",
        ".",
        "",
        "C:",
        "usr",
        "node_modules",
        "json",
        "é",
    ]
)
_PATH = st.builds(
    lambda first, parts, slash: first + slash.join(parts),
    st.sampled_from(["", "/", "C:\\", "file:///", "//", "../"]),
    st.lists(_SEGMENT, min_size=1, max_size=6),
    st.sampled_from(["/", "\\"]),
) | st.text(max_size=30)


@given(
    st.lists(_PATH, max_size=12),
    st.lists(st.sampled_from(["/w/src", "src/pay", ".", "/"]), max_size=3),
    st.randoms(),
)
def test_every_name_has_one_outcome_in_any_order(
    names: list[str], roots: list[str], chance: random.Random
) -> None:
    rules = Rules(
        (rewriting(kind="prefix", find="/app", to="src"),), (ignoring(paths=("json/",), reason="no"),)
    )
    first = resolve(names, roots=roots, known=SHOP, rules=rules)
    shuffled = chance.sample(names, len(names))
    assert resolve(shuffled, roots=roots, known=SHOP, rules=rules) == first
    assert first.keys() == set(names)
    for name, one in first.items():
        assert one.kind(name) in KINDS
        if one.path is not None:
            assert one.path in SHOP.exact.values()
            assert not one.candidates
        else:
            assert one.reason or one.candidates
            assert set(one.candidates) <= set(SHOP.exact.values())


@given(st.lists(_PATH, max_size=12))
def test_without_a_list_a_path_is_placed_by_itself_and_inside(names: list[str]) -> None:
    together = resolve(names)
    for name in names:
        assert resolve([name])[name] == together[name]
        path = together[name].path
        assert path is None or not path.startswith(("/", "../"))


def test_many_files_of_one_name_cost_no_search_each() -> None:
    """Twenty thousand `__init__.py`, and as many reported ones that are none of them."""
    known = Known.of(f"src/p{number}/__init__.py" for number in range(20_000))
    started = time.process_time()
    found = resolve([f"/x/q{number}/__init__.py" for number in range(20_000)], known=known)
    assert not any(one.path for one in found.values())
    assert time.process_time() - started < 10
