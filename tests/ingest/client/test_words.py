"""What is said, and how it ends: masked, on one line, folded and marked where a CI can; a bug is one sentence, too."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import uploader
from ingest.client import words
from tests.ingest.client.checkouts import clean, write
from tests.ingest.client.conftest import REPORT, TOKEN, Run
from tests.ingest.client.fake_server import Fake, for_step

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}


def test_secrets_are_masked_and_lines_are_lines() -> None:
    """A name of a file or an answer of a server cannot make lines, colours or commands of a CI."""
    stream = io.StringIO()
    console = words.Console(stream)
    console.secrets.append("hunter2")

    console.line("send", "a\n::error::b\x1b[31m hunter2.xml")

    assert stream.getvalue() == "send    a\\n::error::b\\x1b[31m ***.xml\n"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1234, "1.2 kB"),
        (61_000, "61 kB"),
        (1_234_567, "1.2 MB"),
        (3_200_000_000, "3.2 GB"),
    ],
)
def test_amounts(size: int, text: str) -> None:
    assert words.amount(size) == text


def test_a_ci_gets_its_marks(run: Run, server: Fake, checkout: Path, tmp_path: Path) -> None:
    """Warnings and errors as annotations of GitHub, long lists folded, the address in the summary of the job."""
    write(
        checkout, {f"part{number}/coverage.xml": REPORT.read_bytes() + b"\n" * number for number in range(14)}
    )
    summary = tmp_path / "summary.md"

    done = run("--no-source", **GITHUB, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 0
    assert "::group::reports\n" in done.text
    assert done.text.count("::endgroup::") == 1
    assert "/p/acme/pay/-/upload/" in summary.read_text()

    server.rules.append(
        for_step("/uploads", lambda handler, _seen: handler.refuse(400, "bad", "100 %\nwrong"))
    )
    done = run(**GITHUB)
    assert "::error title=covdash::refused: 400 bad - 100 %25\\nwrong\n" in done.text


def test_quiet_and_verbose(run: Run, server: Fake) -> None:
    """Quiet: the address only. Verbose: every field with its origin."""
    quiet = run("-q", "--no-source")
    assert quiet.text.split("\n")[0].startswith("ok ")
    assert len(quiet.text.strip().split("\n")) == 1

    assert "author Ada   (git)" in run("--no-source", COVDASH_VERBOSE="1").text


def test_the_outcome_as_json(run: Run, server: Fake) -> None:
    """Stdout has one JSON document, for a refusal as well."""
    server.rules.append(
        for_step("/uploads", lambda handler, _seen: handler.refuse(403, "wrong_project", "No."))
    )

    done = run("--json")

    assert done.outcome["exit"] == 4
    assert done.outcome["error"] == "refused: 403 wrong_project - No."


def test_a_bug_is_told_and_its_trace_only_when_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1, one sentence; the traceback with -v."""

    def broken(*_args: object) -> None:
        raise RuntimeError("the moon")

    monkeypatch.setattr("ingest.client.program.content_of", broken)

    done = run()
    assert done.code == 1
    assert "a bug in covdash-upload: RuntimeError: the moon (exit 1)" in done.text
    assert "Traceback" not in done.text
    assert "Traceback" in run("-v").text


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.client.program.content_of", stopped)

    assert run().code == 130


@pytest.mark.parametrize(
    ("options", "variables", "sentence"),
    [
        (["--oidc"], {}, "does not take the identity of a CI yet"),
        (["--wait", "soon"], {}, "--wait takes seconds"),
        ([], {"COVDASH_FAIL_ON": "sometimes"}, "error, rejected or never"),
        ([], {"COVDASH_TOKEN": "", "COVDASH_TOKEN_FILE": "/nowhere"}, "/nowhere cannot be read"),
        (["--commit", "123"], {}, "is no full commit id"),
    ],
)
def test_what_cannot_be_meant(run: Run, options: list[str], variables: dict[str, str], sentence: str) -> None:
    done = run(*options, **variables)

    assert done.code == 2
    assert sentence in done.text


def test_a_token_from_a_file(run: Run, server: Fake, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    assert run("--no-source", "--token-file", str(tmp_path / "token"), COVDASH_TOKEN="").code == 0
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_token_on_the_command_line_is_warned_about(run: Run) -> None:
    assert "where other users see it" in run("--no-source", "--token", TOKEN).text


def test_a_short_commit_is_completed_by_git(run: Run, server: Fake) -> None:
    run("--no-source", "--commit", run("--json", "--dry-run").outcome["manifest"]["fields"]["commit"][:10])

    assert len(server.manifest["fields"]["commit"]) == 40


def test_an_old_report_is_warned_about_in_a_ci(run: Run, checkout: Path) -> None:
    import os

    os.utime(checkout / "coverage.xml", (1, 1))

    assert "coverage.xml is older than the commit" in run("--dry-run", **GITHUB).text
    assert "older than" not in run("--dry-run").text


def test_a_large_report_does_not_fill_the_memory(checkout: Path, server: Fake, tmp_path: Path) -> None:
    """150 MB are read, packed and sent as a stream."""
    with (checkout / "coverage.xml").open("ab") as report:
        for number in range(150):
            report.write(b"<!-- %d %s -->\n" % (number, b"x" * 1_000_000))
    program = tmp_path / "covdash-upload.py"
    program.write_bytes(uploader.program(server=server.url).body)
    meter = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:])\n"
        "print(json.dumps([done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000]))\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", meter, sys.executable, "-I", str(program), "-q", "--no-source"],
        cwd=checkout, env=clean() | {"COVDASH_TOKEN": TOKEN}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    code, megabytes = json.loads(said.stdout)
    assert code == 0, said.stderr
    assert len(next(iter(server.reports.values()))) > 150_000_000
    assert megabytes < 60
