"""Paths of a report find their place in the repository, the same whatever else the report holds and in whatever order."""

from __future__ import annotations

import random

import pytest

from ingest.paths import Known, listed, resolve, summary

REPOSITORY = Known.of(
    [
        "src/a.py",
        "src/b/c.py",
        "src/b/only.py",
        "setup.py",
        "lib/x/util.js",
        "lib/y/util.js",
        "lib/x/main.js",
        "Src2/Q.cs",
        "caf\u00e9.py",
    ]
)


@pytest.mark.parametrize(
    ("reported", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src/a.py", "src/a.py"),
        ("src/b/../a.py", "src/a.py"),
        ("/home/runner/work/r/r/src/a.py", "src/a.py"),
        ("C:\\build\\src\\b\\c.py", "src/b/c.py"),
        ("file:///w/src/a.py", "src/a.py"),
        ("../../src/a.py", "src/a.py"),
        ("b/c.py", "src/b/c.py"),
        ("only.py", "src/b/only.py"),
        ("/anywhere/setup.py", "setup.py"),
        ("src2/q.cs", "Src2/Q.cs"),
        ("cafe\u0301.py", "caf\u00e9.py"),
        ("src/a.py\r", "src/a.py"),
    ],
)
def test_a_listed_file_is_found(reported: str, path: str) -> None:
    assert resolve([reported], known=REPOSITORY)[reported].path == path


@pytest.mark.parametrize(
    "reported",
    ["nope.c", "/usr/lib/python3/setup.py", "node_modules/x/src/a.py", "", ".", "a\0b", "x" * 5000],
)
def test_what_is_no_file_of_the_repository_stays_out_with_a_reason(reported: str) -> None:
    place = resolve([reported], known=REPOSITORY)[reported]
    assert (place.path, bool(place.reason)) == (None, True)


def test_a_name_that_could_be_two_files_is_ambiguous_and_names_them() -> None:
    place = resolve(["util.js"], known=REPOSITORY)["util.js"]
    assert (place.path, place.candidates) == (None, ("lib/x/util.js", "lib/y/util.js"))


def test_the_other_files_of_the_report_settle_an_ambiguous_name() -> None:
    places = resolve(["util.js", "main.js"], known=REPOSITORY)
    assert places["util.js"].path == "lib/x/util.js"


def test_the_bare_name_is_trusted_only_where_the_others_were_cut() -> None:
    """`setup.py` of another tree is not the one at the top of the repository."""
    places = resolve(
        ["/w/src/a.py", "/w/src/b/c.py", "/elsewhere/deep/setup.py", "/w/setup.py"], known=REPOSITORY
    )
    assert places["/w/setup.py"].path == "setup.py"
    assert places["/elsewhere/deep/setup.py"].path is None


def test_source_roots_of_the_report_are_tried() -> None:
    assert resolve(["c.py"], roots=["/build/src/b"], known=REPOSITORY)["c.py"].path == "src/b/c.py"


def test_order_changes_nothing() -> None:
    reported = ["util.js", "main.js", "/w/src/a.py", "only.py", "b/c.py", "/w/setup.py", "nope.c"]
    first = resolve(reported, known=REPOSITORY)
    for seed in range(20):
        shuffled = random.Random(seed).sample(reported, len(reported))
        assert resolve(shuffled, known=REPOSITORY) == first


@pytest.mark.parametrize(
    ("reported", "path"),
    [
        ("/home/runner/work/r/r/src/a.py", "src/a.py"),
        ("D:\\a\\r\\r\\src\\a.cs", "src/a.cs"),
        ("D:\\a\\1\\s\\src\\a.cs", "src/a.cs"),
        ("/home/vsts/work/1/s/a.cs", "a.cs"),
        ("/builds/acme/platform/shop/src/a.c", "src/a.c"),
        ("/builds/other/fork/src/a.c", "src/a.c"),
        ("/var/jenkins_home/workspace/shop_PR-5/src/a.c", "src/a.c"),
        ("/usr/src/app/src/a.ts", "src/a.ts"),
        ("/home/ada/shop/a.c", "home/ada/shop/a.c"),
        ("webpack:///./src/a.js", "src/a.js"),
        ("src\\a.cs", "src/a.cs"),
    ],
)
def test_without_a_list_the_workspace_of_the_ci_service_is_cut(reported: str, path: str) -> None:
    assert resolve([reported], slug="acme/platform/shop")[reported].path == path


@pytest.mark.parametrize(
    "reported",
    ["../../etc/passwd", "..", "/usr/include/stdio.h", "node_modules/a/b.js", "/opt/x/site-packages/y.py"],
)
def test_without_a_list_foreign_code_stays_out(reported: str) -> None:
    assert resolve([reported])[reported].reason == "it lies outside the repository"


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("src", "src/a.py"),
        ("/home/runner/work/r/r/src", "src/a.py"),
        ("/some/machine/src", "a.py"),
        (".", "a.py"),
        ("D:\\", "a.py"),
    ],
)
def test_without_a_list_one_source_root_is_joined_if_it_lies_in_the_repository(root: str, path: str) -> None:
    assert resolve(["a.py"], roots=[root])["a.py"].path == path


def test_several_source_roots_are_no_hint_without_a_list() -> None:
    assert resolve(["a.py"], roots=["src", "lib"])["a.py"].path == "a.py"


@pytest.mark.parametrize(
    ("reported", "path"),
    [
        ("github.com/acme/shop/cart/cart.go", "cart/cart.go"),
        ("github.com/acme/shop/v2/cart.go", "cart.go"),
        ("example.com/shop/cart/cart.go", "cart/cart.go"),
        ("shop/cart.go", "shop/cart.go"),
        ("github.com/acme/shop", "github.com/acme/shop"),
    ],
)
def test_a_go_import_path_loses_its_module(reported: str, path: str) -> None:
    assert resolve([reported], go=True)[reported].path == path


def test_the_list_of_files_may_be_lines_or_nul_separated() -> None:
    assert listed(b"src/a.py\r\n./b.py\n\n../out.py\n/abs.py\n") == ["src/a.py", "b.py"]
    assert listed(b"src/a.py\0b c.py\0") == ["src/a.py", "b c.py"]


def test_the_summary_counts_everything_once() -> None:
    places = resolve(["src/a.py", "/w/src/b/c.py", "util.js", "nope.c"], known=REPOSITORY)
    found = summary(places)
    assert [
        found[f"{kind}"] for kind in ("matched", "rewritten_count", "ambiguous_count", "unmatched_count")
    ] == [1, 1, 1, 1]
    assert found["rewritten"] == [("/w/src/b/c.py", "src/b/c.py", "without the folders before it")]


def test_a_hundred_thousand_paths_take_no_search_each() -> None:
    """Lookups, not scans: a report of a large repository is placed in a few seconds."""
    known = Known.of(f"src/d{number % 500}/f{number}.c" for number in range(100_000))
    reported = [f"/ci/build/src/d{number % 500}/f{number}.c" for number in range(100_000)]
    places = resolve(reported, known=known)
    assert all(place.path for place in places.values())
