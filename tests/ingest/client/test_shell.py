"""`/upload.sh`, for images without Python: the same variables and exit codes, in every POSIX shell here, with the real curl."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest import downloads
from tests.ingest.client.checkouts import clean, git, write
from tests.ingest.client.conftest import TOKEN
from tests.ingest.client.fake_server import Fake, for_step

SHELLS = [name for name in ("sh", "dash", "bash", "ksh", "mksh", "yash") if shutil.which(name)]
BUSYBOX = [["busybox", "sh"]] if shutil.which("busybox") else []
COMMANDS = [[name] for name in SHELLS] + BUSYBOX
ACCEPTED = {"id": "1", "url": "http://cov.example/p/acme/pay/-/upload/1", "state": "received"}


@pytest.fixture
def script(tmp_path: Path, server: Fake) -> Path:
    body, _digest = downloads._file(downloads.SHELL, server.url)
    (tmp_path / "covdash-upload.sh").write_bytes(body)
    server.rules.append(for_step("/api/v1/uploads", lambda handler, _seen: handler.say(202, ACCEPTED)))
    return tmp_path / "covdash-upload.sh"


def run(
    command: list[str], script: Path, folder: Path, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    env = clean() | {"COVDASH_TOKEN": TOKEN, "no_proxy": "*"} | variables
    return subprocess.run(
        [*command, str(script), *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_an_upload(command: list[str], script: Path, checkout: Path, server: Fake) -> None:
    """Named files with spaces, facts of git and of variables; the token is in a header and in no output."""
    write(checkout, {"a b.info": "TN:\n"})

    done = run(
        command,
        script,
        checkout,
        "-f",
        "coverage.xml",
        "--file",
        "a b.info",
        "--flag",
        "unit",
        "--flag",
        "slow",
        COVDASH_NAME='say "hi"; $x \\',
        COVDASH_PR="12",
    )

    assert done.returncode == 0, done.stderr
    assert "http://cov.example/p/acme/pay/-/upload/1" in done.stderr
    assert TOKEN not in done.stderr + done.stdout
    (seen,) = server.seen
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    body = seen.body.decode()
    fields = dict(re.findall(r'name="(\w+)"\r\n\r\n(.*)\r\n', body))
    assert fields == {
        "commit": git(checkout, "rev-parse", "HEAD"),
        "branch": "main",
        "flags": "unit,slow",
        "name": 'say "hi"; $x \\',
        "pull": "12",
    }
    assert re.findall(r'name="report"; filename="([^"]*)"', body) == ["coverage.xml", "a b.info"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("words", "variables", "code", "sentence"),
    [
        ([], {}, 3, "nothing to send"),
        (["-f", "gone.xml"], {}, 2, "no file is called gone.xml"),
        (["-f", "empty.xml"], {}, 2, "empty.xml is empty"),
        (["--what"], {}, 2, "unknown argument --what"),
        (["-f"], {}, 2, "wants a value"),
        (["-f", "coverage.xml"], {"COVDASH_TOKEN": ""}, 2, "COVDASH_TOKEN is not set"),
        (["-f", "coverage.xml"], {"COVDASH_TOKEN": "a\nheader"}, 2, "a character that no token has"),
        (["-f", "coverage.xml"], {"GITHUB_EVENT_NAME": "pull_request"}, 2, "HEAD is a merge here"),
        (["-f", "coverage.xml"], {"COVDASH_URL": "http://127.0.0.1:9"}, 5, "cannot reach http://127.0.0.1:9"),
        (
            ["-f", "coverage.xml"],
            {"COVDASH_URL": "http://127.0.0.1:9", "COVDASH_FAIL_ON": "rejected"},
            0,
            "exit 0 instead of 5",
        ),
        ([], {"COVDASH_FILES": "*.xml"}, 2, "empty.xml is empty"),
    ],
)
def test_what_can_be_wrong(
    command: list[str],
    script: Path,
    checkout: Path,
    words: list[str],
    variables: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    write(checkout, {"empty.xml": ""})

    done = run(command, script, checkout, *words, **variables)

    assert done.returncode == code, done.stderr
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, 4, "refused: 401 unknown_token - No such token."),
        (500, 5, "failed: 500"),
        (302, 4, "sends on to another address"),
        (200, 5, "not answer as covdash"),
    ],
)
def test_what_the_server_says(
    checkout: Path, server: Fake, script: Path, status: int, code: int, sentence: str
) -> None:
    """Refusals in its words, failures, redirects, pages."""
    body = (
        json.dumps({"error": {"code": "unknown_token", "message": "No such token.", "hint": ""}})
        if status == 401
        else "<html>"
    )
    server.rules[:] = [for_step("/uploads", lambda handler, _seen: handler.say(status, body=body.encode()))]
    script.write_text(script.read_text().replace("--retry 4", "--retry 0"))

    done = run(["sh"], script, checkout, "-f", "coverage.xml")

    assert done.returncode == code, done.stderr
    assert sentence in done.stderr


def test_help_and_version(script: Path, checkout: Path) -> None:
    assert "sh covdash-upload.sh -f coverage.xml" in run(["sh"], script, checkout, "--help").stdout
    assert run(["sh"], script, checkout, "--version").stdout.startswith("covdash-upload.sh ")
