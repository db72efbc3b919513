"""The exchange: a manifest first, then only what the server asks for; each answer of a server is one exit code and one sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ingest.client import exchange, wire
from tests.ingest.client.checkouts import commit, git, write
from tests.ingest.client.conftest import REPORT, TOKEN, Run
from tests.ingest.client.fake_server import UPLOAD, Fake, Handler, Seen, for_step, hang

DIGEST = hashlib.sha256(REPORT.read_bytes()).hexdigest()


def test_an_upload(run: Run, server: Fake, checkout: Path) -> None:
    """Manifest, list of files, report, done, source texts: each once, with the token; the manifest says what git says."""
    blob = git(checkout, "rev-parse", "HEAD:src/pay.py")
    server.blobs = [blob]

    done = run("--json")

    assert done.code == 0
    base = f"/api/v1/uploads/{UPLOAD}"
    assert server.paths()[:4] == [
        "POST /api/v1/uploads",
        f"PUT {base}/tree",
        f"PUT {base}/reports/{DIGEST}",
        f"POST {base}/done",
    ]
    assert server.tree == git_listing(checkout)
    assert server.reports == {DIGEST: REPORT.read_bytes()}
    assert server.texts == f"{blob} 24\n".encode() + b"def pay():\n    return 1\n"
    assert {one.headers["authorization"] for one in server.seen} == {f"Bearer {TOKEN}"}
    fields = server.manifest["fields"]
    assert (fields["commit"], fields["branch"]) == (git(checkout, "rev-parse", "HEAD"), "main")
    assert fields["tree"] == git(checkout, "rev-parse", "HEAD^{tree}") == server.manifest["tree"]["id"]
    assert (fields["author"], fields["message"]) == ("Ada", "First")
    assert server.manifest["reports"][0] | {"modified": 0} == {
        "path": "coverage.xml", "size": REPORT.stat().st_size, "sha256": DIGEST, "modified": 0, "kind": "coverage",
        "format": "cobertura",
    }  # fmt: skip
    assert done.outcome["id"] == UPLOAD
    assert server.manifest["ci"]["origins"]["commit"] == "git HEAD"


def git_listing(folder: Path) -> bytes:
    import subprocess

    return subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--full-tree", "HEAD"], cwd=folder, capture_output=True, check=True
    ).stdout


def test_only_what_is_needed_is_sent(run: Run, server: Fake) -> None:
    """A server that has the list and the report gets neither again; the key is the same for the same upload."""
    run()
    first = server.seen[0].headers["idempotency-key"]
    server.seen.clear()
    server.need_tree = False
    server.known = {DIGEST}

    done = run("--no-source", "--json")

    assert [path.rpartition("/")[2] for path in server.paths()] == ["uploads", "done"]
    assert server.seen[0].headers["idempotency-key"] == first
    assert done.outcome["sent_bytes"] == len(server.seen[0].body)


def test_what_done_misses_is_sent_again(run: Run, server: Fake) -> None:
    """The server lost a report in between: 409 names it."""
    server.rules.append(
        for_step(
            "/done", lambda handler, _seen: (server.reports.clear(), handler.exchange(_seen))[0], times=1
        )
    )

    assert run("--no-source").code == 0
    assert [path.rpartition("/")[2] for path in server.paths()].count(DIGEST) == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 4), (401, 4), (403, 4), (404, 4), (409, 4), (413, 4), (422, 4), (500, 5), (502, 5), (503, 5), (504, 5), (429, 5), (408, 5)],
)  # fmt: skip
def test_every_refusal_of_the_manifest(run: Run, server: Fake, status: int, code: int) -> None:
    """4xx is 4 at once, what may pass is tried five times and then 5; the sentence of the server is printed, never a traceback."""
    server.rules.append(
        for_step(
            "/uploads", lambda handler, _seen: handler.refuse(status, "so_it_is", "Because of the moon.")
        )
    )

    done = run()

    assert done.code == (4 if status in (429, 408) else code)
    assert f"{status} so_it_is - Because of the moon." in done.text
    assert f"(exit {done.code})" in done.text
    assert len(server.seen) == (5 if status in (408, 429, 500, 502, 503, 504) else 1)
    assert "Traceback" not in done.text


def test_a_refused_token_says_where_it_is_from(run: Run, server: Fake) -> None:
    """Enough of the token to know it again, its variable, the hint of the server."""
    server.rules.append(
        for_step(
            "/uploads",
            lambda handler, _seen: handler.refuse(403, "wrong_project", "Another project.", "Use its token."),
        )
    )

    done = run()

    assert done.code == 4
    assert "refused: 403 wrong_project - Another project. (exit 4)" in done.text
    assert f"token {TOKEN[:5]}...{TOKEN[-4:]} from COVDASH_TOKEN" in done.text
    assert "Use its token." in done.text


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


def test_a_limit_of_covdash_itself_is_a_refusal(run: Run, server: Fake) -> None:
    """413 with a sentence of covdash is no matter of parts."""
    server.rules.append(
        for_step(DIGEST, lambda handler, _seen: handler.refuse(413, "too_large", "More than was announced."))
    )

    done = run()

    assert done.code == 4
    assert "413 too_large - More than was announced." in done.text


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


def test_waiting_names_what_failed(run: Run, server: Fake) -> None:
    """With --wait a file that could not be read is exit 7, with its code and sentence."""
    server.status = {
        "state": "processed",
        "totals": {"lines": {"covered": 3, "total": 4}},
        "outcomes": [
            {"name": "coverage.xml", "state": "parsed"},
            {"name": "junit.xml", "state": "failed", "code": "truncated", "message": "it ends in the middle"},
        ],
    }

    done = run("--wait")

    assert done.code == 7
    assert "junit.xml: truncated it ends in the middle" in done.text
    assert "3 of 4 covered" in done.text


def test_waiting_ends(run: Run, server: Fake) -> None:
    """A server that does not get to it in time is exit 5."""
    server.status = {"state": "processing"}

    done = run("--wait", "0", "--no-source", COVDASH_WAIT="")
    assert done.code == 0

    done = run("--wait", "1", "--no-source")
    assert done.code == 5
    assert "not processed within 1 s: processing" in done.text


@pytest.mark.parametrize(
    ("gate", "code", "words"),
    [
        (None, 0, "none is configured"),
        ({"state": "passed", "message": ""}, 0, "passed"),
        ({"state": "failed", "message": "70 % < 80 %"}, 6, "70 % < 80 %"),
    ],
)
def test_the_gate(run: Run, server: Fake, gate: dict[str, str] | None, code: int, words: str) -> None:
    server.status = {"state": "processed", "outcomes": []} | ({"gate": gate} if gate else {})

    done = run("--gate")

    assert done.code == code
    assert words in done.text


def test_texts_that_cannot_be_sent_are_counted(run: Run, server: Fake, checkout: Path) -> None:
    """Pointers of LFS, large files and unknown ids are left out with the reason."""
    commit(
        checkout,
        "More",
        {"big.py": "x" * 2_100_000, "l.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"},
    )
    server.blobs = [
        git(checkout, "rev-parse", "HEAD:big.py"),
        git(checkout, "rev-parse", "HEAD:l.bin"),
        "0" * 39 + "1",
    ]
    server.status = {"state": "processed", "outcomes": []}

    done = run()

    assert done.code == 0
    assert server.texts == b""
    for words in ("larger than 2 MB", "stored in LFS", "not in this clone"):
        assert words in done.text


def test_no_source_sends_none(run: Run, server: Fake, checkout: Path) -> None:
    server.blobs = [git(checkout, "rev-parse", "HEAD:src/pay.py")]

    assert run("--no-source", "--wait").code == 0
    assert not any(one.path.endswith("/blobs") for one in server.seen)


def test_no_token_is_a_matter_of_usage(run: Run, server: Fake) -> None:
    done = run(COVDASH_TOKEN="")

    assert done.code == 2
    assert "COVDASH_TOKEN is empty" in done.text
    assert server.seen == []


def test_a_fork_without_a_secret(run: Run, server: Fake, checkout: Path) -> None:
    """It asks without a token, as its own git branch; when it may not, it says why, as a matter of usage."""
    event = checkout / "event.json"
    head = {"sha": git(checkout, "rev-parse", "HEAD"), "ref": "main", "repo": {"full_name": "cleo/pay"}}
    event.write_text(
        json.dumps({"pull_request": {"number": 3, "head": head, "base": {"repo": {"full_name": "acme/pay"}}}})
    )
    fork = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/3/merge", "GITHUB_HEAD_REF": "main",
        "GITHUB_REPOSITORY": "acme/pay", "GITHUB_EVENT_PATH": str(event), "COVDASH_TOKEN": "",
    }  # fmt: skip

    assert run("--no-source", **fork).code == 0
    assert "authorization" not in server.seen[0].headers
    assert (
        server.manifest["fields"]["fork"],
        server.manifest["fields"]["branch"],
        server.manifest["project"],
    ) == ("cleo:main", "cleo:main", "acme/pay")

    server.rules.append(for_step("/uploads", lambda handler, _seen: handler.refuse(401, "token_required")))
    done = run(**fork)
    assert done.code == 2
    assert "fork cleo:main: forks get no secrets" in done.text


def test_repository_files_come_with_the_manifest(run: Run, server: Fake, checkout: Path) -> None:
    """covdash.toml, CODEOWNERS and the diff against the parent are in the manifest."""
    first = git(checkout, "rev-parse", "HEAD")
    commit(
        checkout,
        "Two",
        {
            "covdash.toml": "[flags]\n",
            ".github/CODEOWNERS": "* @ada\n",
            "src/pay.py": "def pay():\n    return 2\n",
        },
    )

    run(
        "--no-source",
        "--flag",
        "unit",
        "--flag",
        "slow,unit",
        "--expect",
        "3",
        "--complete",
        "--carry-forward",
        "e2e",
    )

    said = server.manifest
    assert said["configuration"] == {"path": "covdash.toml", "text": "[flags]\n"}
    assert said["codeowners"] == {"path": ".github/CODEOWNERS", "text": "* @ada\n"}
    assert said["diff"]["base"] == first
    assert "-    return 1\n+    return 2\n" in said["diff"]["text"]
    assert "@@ -2 +2 @@" in said["diff"]["text"]
    assert (said["fields"]["flags"], said["fields"]["expect"], said["fields"]["complete"]) == (
        ["slow", "unit"],
        "3",
        "true",
    )
    assert said["carry_forward"] == ["e2e"]


def test_gzip_is_the_same_for_the_same_bytes() -> None:
    first, second = exchange.packed(iter([b"a" * 1000])), exchange.packed(iter([b"a" * 500, b"a" * 500]))
    first.seek(0)
    second.seek(0)

    assert first.read() == second.read()


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
