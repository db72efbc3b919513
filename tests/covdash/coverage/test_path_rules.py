"""Rules for paths do what they say, and none that is accepted can take long, whatever the path."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.path_rules import MAX_FIND, MAX_MATCHED, RuleError, Rules, ignoring, rewriting


@pytest.mark.parametrize(
    ("find", "to", "path", "made"),
    [
        ("/app/", "", "/app/src/a.py", "src/a.py"),
        ("/app", "src", "/app/a.py", "src/a.py"),
        ("/app", "src", "/apple/a.py", None),
        ("app/", "lib/app/", "app/x.py", "lib/app/x.py"),
        ("app/", "lib/app/", "/app/x.py", None),
        ("D:\\a\\shop\\", "", "/a/shop/src/q.cs", "src/q.cs"),
        ("", "backend/", "util.py", "backend/util.py"),
        ("", "backend/", "/abs/util.py", None),
        ("/usr/lib/python3/dist-packages/shop", "src/shop", "/usr/lib/python3/dist-packages/shop/a.py", "src/shop/a.py"),
        ("/", "", "/a.py", "a.py"),
    ],
)  # fmt: skip
def test_a_prefix_is_cut_at_whole_folders(find: str, to: str, path: str, made: str | None) -> None:
    assert rewriting(kind="prefix", find=find, to=to).apply(path) == made


@pytest.mark.parametrize(
    ("find", "to", "path", "made"),
    [
        (r"/builds/[^/]+/[^/]+/", "", "/builds/acme/shop/src/a.py", "src/a.py"),
        (r".*/src/", "src/", "/x/src/y/src/a.py", "src/a.py"),
        (r"(.*)/out/([^.]+)\.js", r"\1/src/\2.ts", "web/out/a.js", "web/src/a.ts"),
        (r"/app/(?P<part>\w+)/", r"packages/\g<part>/src/", "/app/pay/a.py", "packages/pay/src/a.py"),
        (r"src/", "lib/", "x/src/a.py", None),
    ],
)
def test_an_expression_is_matched_from_the_beginning(find: str, to: str, path: str, made: str | None) -> None:
    assert rewriting(kind="regex", find=find, to=to).apply(path) == made


@pytest.mark.parametrize(
    "find",
    [
        "(a+)+b", "(a|a)*b", "(a*)*", "(.*)/out/(.*)[.]js",
        "([a-z]+)*$", "(.*)(.*)(.*)x", ".*.*x", "[a-z]+[a-z0-9]+x", r"(\w+\s?)*$", "(?:/[^/]+)+/x",
        r"(a)\1", "(?=a)a", "(?!a)b", "(?<=a)b", "(?i)a", "(?i:a)", "(?>a*)b", "a++b", "a?" * 40 + "b", "(ab|a)" * 40, "(", "[",
        "a{9,3}", "", "\\", "(?P<x>a)(?P<x>b)", "x" * (MAX_FIND + 1), "a\0", "(" * 400 + ")" * 400, "a{1,99999999999}", "(?(1)a|b)",
        ".{1,4000}.{1,4000}x", "(a?){30}", "(?:a{0,9}){9}",
    ],
)  # fmt: skip
def test_an_expression_that_could_take_long_or_says_nothing_is_refused(find: str) -> None:
    with pytest.raises(RuleError):
        rewriting(kind="regex", find=find, to="")


@pytest.mark.parametrize("to", [r"\2", r"\g<none>", "\\"])
def test_a_replacement_that_names_no_group_is_refused(to: str) -> None:
    with pytest.raises(RuleError):
        rewriting(kind="regex", find="(a)/", to=to)


_PIECES = st.sampled_from(
    [
        ".*",
        ".*?",
        "[^/]+",
        r"\w+",
        r"\d*",
        "a*",
        "a{2,9}",
        "[a-z]?",
        "(a|b)",
        "(?:x/)?",
        "/",
        "a",
        r"\.",
        "$",
        "(.*)",
        "[^/]*/",
    ]
)


@given(
    st.lists(_PIECES, min_size=1, max_size=8).map("".join), st.sampled_from(["a", "/", "ab", "a/", "x/", "0"])
)
def test_whatever_is_accepted_is_fast(find: str, unit: str) -> None:
    """The worst path for an expression repeats what it looks for, and ends otherwise."""
    try:
        rule = rewriting(kind="regex", find=find, to="")
    except RuleError:
        return
    path = (unit * MAX_MATCHED)[: MAX_MATCHED - 1] + "!"
    best = min(_seconds(rule.apply, path) for _ in range(3))
    assert best < 0.02, find


def _seconds(call: object, path: str) -> float:
    started = time.process_time()
    call(path)  # type: ignore[operator]
    return time.process_time() - started


def test_longer_paths_are_not_matched_by_expressions() -> None:
    rule = rewriting(kind="regex", find=".*/src/", to="src/")
    assert rule.apply(f"/{'x' * MAX_MATCHED}/src/a.py") is None


def test_the_first_rule_that_applies_is_used() -> None:
    rules = Rules(
        (rewriting(kind="prefix", find="/app/web", to="web"), rewriting(kind="prefix", find="/app", to="src"))
    )
    assert [rules.rewrite(path)[0] for path in ("/app/web/a.ts", "/app/b.py")] == ["web/a.ts", "src/b.py"]  # type: ignore[index]
    assert rules.rewrite("c.py") is None


def test_what_is_left_out_has_a_reason() -> None:
    rules = Rules(
        ignored=(
            ignoring(paths=("gen/**", "!gen/keep.py"), reason="generated"),
            ignoring(paths=("*.pb.go",), reason=""),
        )
    )
    assert rules.ignore("gen/a.py") == "ignored: generated"
    assert rules.ignore("gen/keep.py") == ""
    assert rules.ignore("api/x.pb.go") == "ignored: *.pb.go"
    with pytest.raises(RuleError):
        ignoring(paths=("[z-a]",), reason="")
