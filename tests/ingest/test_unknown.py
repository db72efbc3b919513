"""An address that there is not: every client is told what there is, where it looks for a sentence; people get the page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from ingest.protocols import PROTOCOLS
from ingest.unknown import SENTENCE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/upload/github/acme::::demo/upload-coverages"),
        ("post", "/upload/v5"),
        ("put", "/api/v1/github/acme/demo/pulls/abc"),
        ("get", "/api/v1/nothing"),
        ("post", "/api/v1/repos"),
        ("get", "/api/v2/github/acme/repos/demo/report"),
        ("post", "/webhook/"),
        ("post", "/2.0/nothing"),
        ("post", "/prefix/api/v1/jobs"),
        ("post", "/a%0d%0aSet-Cookie:x=y"),
    ],
)
def test_a_program_is_told_what_is_taken(method: str, address: str) -> None:
    answer = getattr(Client(), method)(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
    said = answer.json()
    assert said["detail"].startswith(SENTENCE)
    assert said["detail"] == said["message"] == answer.reason_phrase
    wanted = said["error"] if address.startswith("/2.0/") else said["error"]["message"]
    assert wanted.startswith(SENTENCE)
    assert {"POST /api/v1/uploads", "POST /webhook", "POST /upload/v4"} < set(said["supported"])


@pytest.mark.parametrize(
    "address", ["/nothing", "/p/acme/nothing/", "/p/acme/nothing/-/upload/7", "/uploads"]
)
def test_a_person_gets_the_page(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_form_for_a_page_that_is_not_there_is_answered_with_the_page() -> None:
    answer = Client().post("/p/acme/nothing/-/settings/paths/add", {"find": "/a"})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_address_that_is_named_is_there(protocol: object) -> None:
    assert protocol.addresses  # type: ignore[attr-defined]
    for address in protocol.addresses:  # type: ignore[attr-defined]
        path = address.partition(" ")[2].replace("{id}", "2d3b9b98-7984-4a41-92d3-93ab04997a3f")
        path = path.replace("{number}", "7").replace("{sha}", "a" * 40)
        try:
            resolve(re.sub(r"\{\w+\}", "word", path))
        except Resolver404:
            pytest.fail(address)
