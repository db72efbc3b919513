"""Outages, refusals in the middle, servers that break off and redirects: each ends in one exit code and one sentence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.client import wire
from tests.ingest.client.checkouts import write
from tests.ingest.client.conftest import REPORT, Run
from tests.ingest.client.fake_server import Fake, Handler, Seen, for_step, hang


def test_an_outage_passes(run: Run, server: Fake) -> None:
    """Two failures, then an answer: sent, with growing pauses that are told."""
    server.rules.append(
        for_step(
            "/uploads",
            lambda handler, _seen: handler.say(502, body=b"bad gateway", Server="nginx/1.2"),
            times=2,
        )
    )

    done = run("--no-source")

    assert done.code == 0
    assert "502 from " in done.text
    assert "retry 2/5" in done.text
    first, second = done.outcome["pauses"][:2]
    assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_retry_after_is_obeyed(run: Run, server: Fake) -> None:
    """Seconds are waited; a time beyond two minutes is not."""
    server.rules.append(
        for_step("/uploads", lambda handler, _seen: handler.refuse(503, "busy", Retry_After="7"), times=1)
    )
    done = run("--no-source")
    assert (done.code, done.outcome["pauses"][0]) == (0, 7.0)

    server.rules[:] = [
        for_step("/uploads", lambda handler, _seen: handler.refuse(503, "busy", Retry_After="3600"))
    ]
    done = run()
    assert done.code == 5
    assert "3600 s" in done.text


def test_a_refusal_in_the_middle_of_a_body_is_read(run: Run, server: Fake, checkout: Path) -> None:
    """A server that answers 401 and hangs up before it read a large body is heard all the same."""
    write(checkout, {"coverage.xml": REPORT.read_bytes() + noise(3_000_000)})
    server.rules.append(
        for_step(
            f"reports/{digest(checkout)}",
            lambda handler, _seen: handler.refuse(403, "revoked_token", "It was revoked."),
            read=False,
        )
    )

    done = run()

    assert done.code == 4
    assert "403 revoked_token - It was revoked." in done.text


def noise(size: int) -> bytes:
    """Return what no gzip makes smaller, as a comment of XML."""
    import random

    return b"<!--" + random.Random(7).randbytes(size).replace(b"-->", b"") + b"-->"


def digest(checkout: Path) -> str:
    return hashlib.sha256((checkout / "coverage.xml").read_bytes()).hexdigest()


def test_a_413_in_the_middle_halves_the_parts(run: Run, server: Fake, checkout: Path) -> None:
    """A proxy that lets one megabyte pass: parts are halved until they fit, and the report arrives whole."""
    write(checkout, {"coverage.xml": REPORT.read_bytes() + noise(3_000_000)})

    def limited(handler: Handler, seen: Seen) -> bool:
        if int(seen.headers.get("content-length", "0")) <= 1_000_000:
            return False
        handler.say(
            413,
            body=b"<html><title>413 Request Entity Too Large</title>",
            Server="nginx",
            Content_Type="text/html",
        )
        return True

    server.rules.append(limited)

    done = run("--no-source")

    assert done.code == 0
    assert "413 for" in done.text
    assert server.reports == {digest(checkout): (checkout / "coverage.xml").read_bytes()}
    ranges = [one.headers["content-range"] for one in server.seen if "content-range" in one.headers]
    assert len(ranges) > 3


def test_parts_of_the_size_that_the_server_wants(run: Run, server: Fake, checkout: Path) -> None:
    """The limit of the server is kept from the start."""
    write(checkout, {"coverage.xml": REPORT.read_bytes() + noise(300_000)})
    server.part_bytes = 100_000

    assert run("--no-source").code == 0
    assert max(len(one.body) for one in server.seen if "/reports/" in one.path) == 100_000
    assert server.reports[digest(checkout)] == (checkout / "coverage.xml").read_bytes()


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("reset", lambda handler, _seen: handler.cut(), "cannot reach"),
        ("hang", hang(0.6), "no answer within"),
        ("short", lambda handler, _seen: lie(handler), "the answer ends in the middle"),
        (
            "no http",
            lambda handler, _seen: (handler.wfile.write(b"SSH-2.0-x\r\n\r\n"), handler.cut())[0],
            "cannot reach",
        ),
    ],
)
def test_a_server_that_breaks_off(run: Run, server: Fake, name: str, answer: object, words: str) -> None:
    """Resets, hangs, lies about lengths and other protocols: 5, after all tries, in one sentence."""
    server.rules.append(for_step("/uploads", answer))  # type: ignore[arg-type]

    done = run("--timeout", "0.3", "--retries", "2")

    assert done.code == 5, done.text
    assert words in done.text
    assert len(server.seen) == 2
    assert "Traceback" not in done.text


def lie(handler: Handler) -> None:
    handler.send_response(201)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "x"')
    handler.wfile.flush()
    handler.close_connection = True


def test_a_dead_server(run: Run) -> None:
    """Nothing listens: 5; `rejected` lets the build go on with a warning, `never` as well."""
    dead = {"COVDASH_URL": "http://127.0.0.1:9"}

    assert run("--retries", "2", **dead).code == 5
    done = run("--retries", "2", "--fail-on", "rejected", **dead)
    assert done.code == 0
    assert "nothing listens there" in done.text
    assert "exit 0 instead of 5" in done.text
    assert run("--retries", "1", **dead, COVDASH_FAIL_ON="never").code == 0


def test_rejected_does_not_forgive_a_refusal(run: Run, server: Fake) -> None:
    server.rules.append(for_step("/uploads", lambda handler, _seen: handler.refuse(401, "unknown_token")))

    assert run("--fail-on", "rejected").code == 4
    assert run("--fail-on", "never").code == 0


def test_a_page_instead_of_an_answer(run: Run, server: Fake) -> None:
    """A proxy or a login page that says 200 is named by its title."""
    page = b"<!DOCTYPE html><html><head><title>Sign in to ACME</title></head></html>"
    server.rules.append(
        for_step("/uploads", lambda handler, _seen: handler.say(200, body=page, Content_Type="text/html"))
    )

    done = run()

    assert done.code == 5
    assert "a page ('Sign in to ACME')" in done.text


def test_a_token_goes_to_no_other_host(run: Run, server: Fake) -> None:
    """A redirect elsewhere is refused before anything is sent there."""
    server.rules.append(
        for_step(
            "/uploads", lambda handler, _seen: handler.say(302, body=b"", Location="http://localhost:1/login")
        )
    )

    done = run()

    assert done.code == 4
    assert "a token goes to no other host" in done.text


def test_a_redirect_on_the_same_host_is_followed(run: Run, server: Fake) -> None:
    """307 of the manifest to another path: the same request there."""

    def moved(handler: Handler, _seen: Seen) -> None:
        handler.say(307, body=b"", Location="/api/v1/uploads?moved=1")

    server.rules.append(for_step("/api/v1/uploads", moved, times=1))
    server.rules.append(
        for_step(
            "?moved=1",
            lambda handler, seen: (setattr(seen, "path", "/api/v1/uploads"), handler.exchange(seen))[0],
        )
    )

    assert run("--no-source").code == 0


def test_an_address_that_is_none(run: Run) -> None:
    for address in ("cov.example.org", "ftp://cov.example.org", "https://user:pw@cov.example.org"):
        done = run(COVDASH_URL=address)
        assert done.code == 2


def test_tries_end_after_ten_minutes(run: Run, server: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many tries are wanted."""
    monkeypatch.setattr(wire, "OVERALL", 0.0)
    server.rules.append(for_step("/uploads", lambda handler, _seen: handler.refuse(503, "busy")))

    done = run("--retries", "50")

    assert done.code == 5
    assert len(server.seen) == 1
