"""Who is asking, behind a proxy and without one."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from covdash.proxies import ClientAddress


def asked_by(peer: str, forwarded: str) -> str:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.META["REMOTE_ADDR"])

    request = RequestFactory().get(
        "/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded} if forwarded else {}
    )
    answer = ClientAddress(view)(request)
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.9", "", "10.0.0.9"),
        ("10.0.0.9", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.9", "192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("10.0.0.9", "127.0.0.1, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.9", "10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("10.0.0.9", "nonsense, 10.1.1.1", "10.1.1.1"),
        ("10.0.0.9", "2001:db8::1", "2001:db8::1"),
        ("192.0.2.1", "127.0.0.1", "192.0.2.1"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: str, expected: str, settings: Any) -> None:
    """And of what it passes on, only the part that trusted proxies wrote themselves."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    assert asked_by(peer, forwarded) == expected
