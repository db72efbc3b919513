"""No address with a NUL reaches the database, whoever asks."""

from __future__ import annotations

import pytest
from django.test import Client

from covdash.accounts.models import User
from tests.covdash.reports.stock import Stock, lines

API = "/api/v1/projects"
SLUG = "acme/platform/shop"


@pytest.mark.parametrize(
    "address",
    [
        f"{API}?q=%00", f"{API}/{SLUG}%00/", f"{API}/{SLUG}/commits?branch=a%00", f"{API}/{SLUG}/trend?path=%00&flag=x",
        f"{API}/{SLUG}/trend?flag=%00", f"{API}/{SLUG}/uploads/%00", f"/p/{SLUG}/?branch=%00", f"/p/{SLUG}/-/branches?q=%00",
        f"/p/{SLUG}/-/branch/%00", f"/p/{SLUG}/-/tree/%00/", f"/p/{SLUG}/-/file/a%00.py", "/?q=%00",
    ],
)  # fmt: skip
def test_a_nul_is_a_bad_address(address: str, stock: Stock, ada: User, client: Client) -> None:
    stock.report({"a.py": lines(1)})
    client.force_login(ada)

    answer = client.get(address)

    assert answer.status_code == 400
    assert b"NUL" in answer.content
    assert answer["Content-Type"] == ("application/json" if address.startswith("/api/") else "text/plain")
