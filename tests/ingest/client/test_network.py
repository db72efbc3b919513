"""The way to the server: proxies and their exceptions, certificates and who signed them, each trouble in one sentence."""

from __future__ import annotations

import base64
import http.server
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from ingest.client.proxies import proxy_for, trust
from tests.ingest.client.conftest import Run
from tests.ingest.client.fake_server import Fake, Handler

TLS = Path(__file__).parent / "tls"


@contextmanager
def proxy(*, password: str = "") -> Iterator[tuple[str, list[str]]]:
    """A proxy that passes plain requests and tunnels on; yields its address and what it was asked for."""
    asked: list[str] = []

    class Passing(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def allowed(self) -> bool:
            wanted = "Basic " + base64.b64encode(f"ada:{password}".encode()).decode()
            if not password or self.headers.get("Proxy-Authorization") == wanted:
                return True
            self.send_response(407)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

        def do_CONNECT(self) -> None:
            asked.append(f"CONNECT {self.path}")
            if not self.allowed():
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                self.send_response(200)
                self.end_headers()
                pump(self.connection, far)

        def do_POST(self) -> None:
            asked.append(self.path)
            if not self.allowed():
                return
            place, _, path = self.path.removeprefix("http://").partition("/")
            host, _, port = place.partition(":")
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            with socket.create_connection((host, int(port))) as far:
                head = "".join(
                    f"{name}: {value}\r\n"
                    for name, value in self.headers.items()
                    if name != "Proxy-Authorization"
                )
                far.sendall(f"{self.command} /{path} HTTP/1.1\r\n{head}\r\n".encode() + body)
                while block := far.recv(65536):
                    self.wfile.write(block)
            self.close_connection = True

        do_PUT = do_GET = do_POST  # noqa: N815

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def pump(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until one side is done."""

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while block := source.recv(65536):
                target.sendall(block)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    other = threading.Thread(target=carry, args=(far, near), daemon=True)
    other.start()
    carry(near, far)
    other.join(5)


@pytest.fixture
def secure() -> Iterator[Fake]:
    """The same server with TLS, for the name localhost."""
    fake = Fake()
    handler = type("Own", (Handler,), {"fake": fake})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    fake.url = f"https://localhost:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield fake
    server.shutdown()
    server.server_close()


def test_through_a_proxy(run: Run, server: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP goes through it with its password, which is nowhere printed."""
    with proxy(password="hunter2") as (address, asked):
        monkeypatch.setenv("http_proxy", f"http://ada:hunter2@{address}")
        done = run("--no-source", "-v")

    assert done.code == 0, done.text
    assert asked[0] == f"{server.url}/api/v1/uploads"
    assert "hunter2" not in done.text


def test_tls_through_a_proxy(run: Run, secure: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS goes through a tunnel, and the certificate is checked at its end."""
    with proxy(password="hunter2") as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:hunter2@{address}")
        done = run("--no-source", COVDASH_URL=secure.url, COVDASH_CA_BUNDLE=str(TLS / "ca.pem"))

    assert done.code == 0, done.text
    assert asked[0] == f"CONNECT {secure.url.removeprefix('https://')}"


def test_a_proxy_that_wants_a_password(run: Run, secure: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(password="hunter2") as (address, _asked):
        monkeypatch.setenv("https_proxy", f"http://{address}")
        done = run("--retries", "1", COVDASH_URL=secure.url)

    assert done.code == 5
    assert "407" in done.text
    assert f"proxy {address} (from the environment)" in done.text


@pytest.mark.parametrize(
    ("without", "direct"),
    [
        ("127.0.0.0/8", True), ("10.0.0.0/8", False), ("localhost,127.0.0.1", True), ("*", True), ("", False),
        ("127.0.0.1:1", False),
    ],
)  # fmt: skip
def test_exceptions_from_the_proxy(monkeypatch: pytest.MonkeyPatch, without: str, *, direct: bool) -> None:
    """By name, by suffix, and by range of addresses, which Python itself does not understand."""
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", without)

    assert (proxy_for("http://127.0.0.1:8000/x") is None) == direct


def test_exceptions_by_suffix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", ".corp.example, intra.example")

    assert proxy_for("https://cov.corp.example") is None
    assert proxy_for("https://a.intra.example") is None
    found = proxy_for("https://cov.other.example")
    assert found is not None
    assert (found.host, found.port, found.authorization) == ("proxy.example.org", 3128, "")


def test_an_unknown_authority_is_named(run: Run, secure: Fake) -> None:
    """Who signed it, where was looked, what to set."""
    done = run("--retries", "1", COVDASH_URL=secure.url)

    assert done.code == 5
    assert 'certificate signed by "Corp Root CA" is not trusted (exit 5)' in done.text
    assert "set   COVDASH_CA_BUNDLE=" in done.text
    assert "tried system store" in done.text
    assert secure.seen == []


@pytest.mark.parametrize(
    "variable", ["COVDASH_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
)
def test_certificates_of_other_tools(run: Run, secure: Fake, variable: str) -> None:
    done = run("--no-source", COVDASH_URL=secure.url, **{variable: str(TLS / "ca.pem")})

    assert done.code == 0, done.text


def test_a_certificate_file_that_is_not_there(run: Run, secure: Fake) -> None:
    """It is told, and the next one is taken."""
    done = run(
        "--no-source",
        COVDASH_URL=secure.url,
        COVDASH_CA_BUNDLE="/nowhere/ca.pem",
        SSL_CERT_FILE=str(TLS / "ca.pem"),
    )

    assert done.code == 0
    assert "COVDASH_CA_BUNDLE names /nowhere/ca.pem, which is not there" in done.text


def test_certificates_of_gitlab_are_for_its_host_only(tmp_path: Path) -> None:
    """CI_SERVER_TLS_CA_FILE counts when covdash is on the host of GitLab."""
    env = {"CI_SERVER_URL": "https://git.example.org", "CI_SERVER_TLS_CA_FILE": str(TLS / "ca.pem")}

    assert trust(env, "git.example.org").origin.startswith("CI_SERVER_TLS_CA_FILE=")
    assert "CI_SERVER" not in trust(env, "cov.example.org").origin


def test_a_certificate_of_another_name(run: Run, secure: Fake) -> None:
    address = secure.url.replace("localhost", "127.0.0.1")

    done = run("--retries", "1", "--ca", str(TLS / "ca.pem"), COVDASH_URL=address)

    assert done.code == 5
    assert "its certificate is not for the name 127.0.0.1" in done.text or "not trusted" in done.text


def test_insecure_warns_every_time(run: Run, secure: Fake) -> None:
    done = run("--no-source", "--insecure", COVDASH_URL=secure.url)

    assert done.code == 0
    assert "nobody checks that this is your server" in done.text


def test_broken_certificates_are_a_matter_of_usage(run: Run, secure: Fake, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")

    done = run("--ca", str(tmp_path / "bad.pem"), COVDASH_URL=secure.url)

    assert done.code == 2
    assert "certificates cannot be read" in done.text


def test_a_name_that_is_not_known(run: Run) -> None:
    done = run("--retries", "1", COVDASH_URL="http://covdash.invalid")

    assert done.code == 5
    assert "'covdash.invalid' is not known" in done.text


def test_the_doctor(run: Run, server: Fake) -> None:
    """Python, git, proxy, server, clock and token, each with OK; a token that is refused is FAIL and 4."""
    done = run("--doctor")
    assert done.code == 0, done.text
    for what in ("python", "git", "proxy", "server", "clock", "token"):
        assert f"OK      {what}" in done.text

    server.rules.append(
        lambda handler, seen: (
            "uploads" in seen.path and (handler.refuse(401, "unknown_token", "No such token.") or True)
        )
    )
    done = run("--doctor")
    assert done.code == 4
    assert "FAIL    token" in done.text
    assert "No such token." in done.text


def test_the_doctor_of_a_dead_server(run: Run) -> None:
    done = run("--doctor", COVDASH_URL="http://127.0.0.1:9")

    assert done.code == 5
    assert "FAIL    server" in done.text


def test_the_doctor_sees_a_wrong_clock(run: Run, server: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Handler, "date_time_string", lambda _self: formatdate(time.time() - 4000, usegmt=True)
    )

    said = run("--doctor").text

    assert re.search(r"WARN    clock    (399|400)\d s ahead", said), said
