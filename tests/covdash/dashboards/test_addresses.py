"""Addresses survive the way to the browser and back, whatever an upload calls its files."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from covdash.dashboards.addresses import Place, path_url, query_url

NASTY = (
    "src/pay/charge.py",
    "a b.py",
    "src/#hash.py",
    "what?.py",
    "100%.py",
    "%2e%2e/x.py",
    "c++/a+b.cc",
    "<script>alert(1)</script>.js",
    "\"quote'.py",
    "rtl\u202egnp.py",
    "пример/файл.py",
    "a&b=c;d.py",
    "back\\slash.py",
    "tab\tline\nbreak.py",
    "[id]/{x}.tsx",
    ":colon.py",
    "-/tree/x.py",
    "emoji-🦊.py",
)


@pytest.mark.parametrize("name", NASTY)
def test_a_file_address_is_plain_ascii_and_decodes_to_the_name(name: str) -> None:
    address = Place("acme/platform/shop").file(name)
    parts = urlsplit(address)
    assert address.isascii()
    assert not set(address) & set(" <>\"'\\{}\n\t")
    assert (parts.query, parts.fragment) == ("", "")
    assert unquote(parts.path) == f"/p/acme/platform/shop/-/file/{name}"


@pytest.mark.parametrize("name", NASTY)
def test_state_in_the_query_decodes_to_itself(name: str) -> None:
    address = Place("acme/shop", branch=name, flag="unit").file("a.py", 12)
    parts = urlsplit(address)
    assert parse_qsl(parts.query) == [("branch", name), ("flag", "unit"), ("line", "12")]
    assert parts.fragment == "L12"


def test_a_directory_ends_with_a_slash() -> None:
    place = Place("acme/shop")
    assert place.tree() == "/p/acme/shop/-/tree/"
    assert place.tree("src/pay") == place.tree("src/pay/") == "/p/acme/shop/-/tree/src/pay/"


def test_the_state_of_the_place_is_kept_and_can_be_replaced() -> None:
    place = Place("acme/shop", branch="main", flag="unit")
    assert place.tree("src", sort="-missed") == "/p/acme/shop/-/tree/src/?branch=main&flag=unit&sort=-missed"
    assert place.at(commit="ab" * 20).flagged("").overview() == f"/p/acme/shop/?commit={'ab' * 20}"


def test_the_rest_of_a_branch_page_is_the_name_of_the_branch() -> None:
    assert Place("acme/shop").branch_page("feature/a b") == "/p/acme/shop/-/branch/feature/a%20b"


def test_empty_state_leaves_no_trace() -> None:
    assert query_url("/", q="", after=None, flat=False) == "/"
    assert query_url("/", flag=("a", "b"), flat=True) == "/?flag=a&flag=b&flat=1"
    assert path_url("") == ""
