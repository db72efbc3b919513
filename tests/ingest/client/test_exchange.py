"""The exchange: a manifest first, then only what the server asks for; each answer of a server is one exit code and one sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ingest.client import exchange
from tests.ingest.client.checkouts import commit, git
from tests.ingest.client.conftest import REPORT, TOKEN, Run
from tests.ingest.client.fake_server import UPLOAD, Fake, for_step

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


def test_paths_and_variables_are_said(run: Run, server: Fake) -> None:
    """As they are; a variable that is empty, unknown or holds the token is not sent."""
    words = ["--strip", "/app", "--strip", "/build", "--prefix", "src"]
    for name in ("OS", "EMPTY", "UNKNOWN", "SECRET"):
        words += ["--env", name]
    run(*words, OS="linux", EMPTY="", SECRET=f"x{TOKEN}")

    assert server.manifest["paths"] == {"strip": ["/app", "/build"], "prefix": "src"}
    assert server.manifest["ci"]["env"] == {"OS": "linux"}
    run()
    assert "paths" not in server.manifest
    assert "env" not in server.manifest["ci"]


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


def test_a_limit_of_covdash_itself_is_a_refusal(run: Run, server: Fake) -> None:
    """413 with a sentence of covdash is no matter of parts."""
    server.rules.append(
        for_step(DIGEST, lambda handler, _seen: handler.refuse(413, "too_large", "More than was announced."))
    )

    done = run()

    assert done.code == 4
    assert "413 too_large - More than was announced." in done.text


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
