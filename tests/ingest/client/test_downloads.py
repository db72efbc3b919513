"""`/upload.py`, `/upload.sh` and their digests: public, with this server written in, cached by content, pinned by version."""

from __future__ import annotations

import hashlib

import pytest
from django.conf import settings
from django.test import Client

from ingest import uploader

PROGRAMS = ("/upload.py", "/upload.sh")


@pytest.mark.parametrize("address", PROGRAMS)
def test_a_program_is_public_and_knows_its_server(client: Client, address: str) -> None:
    """No sign-in, no database; the type of a script, the address of this covdash in it."""
    found = client.get(address)

    assert found.status_code == 200
    assert (
        found.headers["Content-Type"]
        == ("text/x-python" if address.endswith("py") else "text/x-shellscript") + "; charset=utf-8"
    )
    assert settings.COVDASH_URL.encode() in found.content
    assert found.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in found.headers


@pytest.mark.parametrize("address", PROGRAMS)
def test_the_digest_is_that_of_the_file(client: Client, address: str) -> None:
    """`sha256sum --check` reads it; the ETag is the same digest, and asking with it costs nothing."""
    body = client.get(address).content
    line = client.get(f"{address}.sha256").content.decode()

    assert line == f"{hashlib.sha256(body).hexdigest()}  covdash-upload{address[-3:]}\n"
    etag = client.get(address).headers["ETag"]
    assert etag == f'"{line[:64]}"'
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("address", PROGRAMS)
def test_head_works(client: Client, address: str) -> None:
    found = client.head(address)

    assert (found.status_code, found.content) == (200, b"")
    assert int(found.headers["Content-Length"]) == len(client.get(address).content)


@pytest.mark.parametrize("address", PROGRAMS)
def test_a_version_never_changes(client: Client, address: str) -> None:
    """The version of this server may be kept for ever; another is not here, and says which is."""
    pinned = client.get(f"{address}?v={uploader.VERSION}")
    assert pinned.content == client.get(address).content
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"

    for path in (address, f"{address}.sha256"):
        other = client.get(f"{path}?v=9.9.9")
        assert other.status_code == 404
        assert f"has the uploader {uploader.VERSION}, not '9.9.9'" in other.content.decode()


def test_nothing_else_is_done_there(client: Client) -> None:
    assert client.post("/upload.py").status_code == 405
