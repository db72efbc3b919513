"""Headers of every answer, and the refusal of writes from other sites."""

from __future__ import annotations

import pytest
from django.test import Client

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
PAGE = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/help", "/nowhere", "/healthz", "/readyz", "/login", "/api/schema"])
def test_every_answer_carries_them(path: str, client: Client) -> None:
    """Pages, errors, documents, refusals."""
    headers = client.get(path).headers

    assert {name: headers.get(name) for name in EXPECTED} == EXPECTED
    assert "Content-Security-Policy" in headers


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/help", "/nowhere", "/login"])
def test_a_page_has_the_strict_policy(path: str, client: Client) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]

    assert {part.strip() for part in policy.split(";")} == PAGE


@pytest.mark.django_db
def test_a_document_can_do_nothing(client: Client) -> None:
    assert client.get("/readyz").headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_write_from_another_site_is_refused(origin: str, client: Client) -> None:
    """Before anything reads the cookie, and with a sentence."""
    answer = client.post("/login", {"login": "ada"}, headers={"Sec-Fetch-Site": origin})

    assert answer.status_code == 403
    assert b"another site" in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["same-origin", "none", None])
def test_a_write_from_here_goes_on(origin: str | None, client: Client) -> None:
    answer = client.post("/login", {}, headers={"Sec-Fetch-Site": origin} if origin else {})

    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_read_from_another_site_goes_on(client: Client) -> None:
    """A link on another page may lead here."""
    assert client.get("/help", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused() -> None:
    assert Client(enforce_csrf_checks=True).post("/login", {"login": "ada"}).status_code == 403
