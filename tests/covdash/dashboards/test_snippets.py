"""Every snippet of the setup page really sends: each is taken out of its frame and run in a shell with the variables of its CI."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from covdash.dashboards.pages import snippets, uploaders
from covdash.dashboards.pages.ci_frame import Ci
from covdash.dashboards.pages.ci_systems import CIS
from covdash.dashboards.pages.coverage_tools import TOOLS, Tool
from ingest import envelope
from ingest.formats import FORMATS

BRANCH = "feature/a;b $(touch hacked) `touch hacked`"
ENVIRONMENTS = {
    "shell": {},
    "github": {"GITHUB_SHA": "@", "GITHUB_REF_NAME": BRANCH, "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "tests", "GITHUB_RUN_ATTEMPT": "2",
               "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"},
    "gitlab": {"CI_COMMIT_SHA": "@", "CI_COMMIT_REF_NAME": BRANCH, "CI_MERGE_REQUEST_IID": "12", "CI_JOB_NAME": "tests",
               "CI_JOB_URL": "https://forge.example/7"},
    "jenkins": {"GIT_COMMIT": "@", "GIT_BRANCH": f"origin/{BRANCH}", "JOB_NAME": "shop", "BUILD_NUMBER": "7",
                "BUILD_URL": "https://ci.example/7"},
    "circleci": {"CIRCLE_SHA1": "@", "CIRCLE_BRANCH": BRANCH, "CIRCLE_PULL_REQUEST": "https://forge.example/a/b/pull/12",
                 "CIRCLE_JOB": "tests", "CIRCLE_BUILD_NUM": "7", "CIRCLE_BUILD_URL": "https://ci.example/7"},
    "azure": {"BUILD_SOURCEVERSION": "@", "BUILD_SOURCEBRANCH": f"refs/heads/{BRANCH}", "BUILD_DEFINITIONNAME": "shop",
              "AGENT_JOBNAME": "tests", "SYSTEM_JOBATTEMPT": "1"},
    "bitbucket": {"BITBUCKET_COMMIT": "@", "BITBUCKET_BRANCH": BRANCH, "BITBUCKET_BUILD_NUMBER": "7",
                  "BITBUCKET_GIT_HTTP_ORIGIN": "https://forge.example/a/b"},
    "buildkite": {"BUILDKITE_COMMIT": "@", "BUILDKITE_BRANCH": BRANCH, "BUILDKITE_PULL_REQUEST": "false",
                  "BUILDKITE_PIPELINE_SLUG": "shop", "BUILDKITE_LABEL": "tests", "BUILDKITE_RETRY_COUNT": "0",
                  "BUILDKITE_BUILD_URL": "https://ci.example/7"},
    "woodpecker": {"CI_COMMIT_SHA": "@", "CI_COMMIT_BRANCH": BRANCH, "CI_WORKFLOW_NAME": "tests", "CI_PIPELINE_NUMBER": "7",
                   "CI_PIPELINE_URL": "https://ci.example/7"},
    "forgejo": {"GITHUB_SHA": "@", "GITHUB_REF_NAME": BRANCH, "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "tests",
                "GITHUB_SERVER_URL": "https://forge.example", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"},
    "drone": {"DRONE_COMMIT_SHA": "@", "DRONE_BRANCH": BRANCH, "DRONE_STAGE_NAME": "ci", "DRONE_STEP_NAME": "tests",
              "DRONE_BUILD_NUMBER": "7", "DRONE_BUILD_LINK": "https://ci.example/7"},
    "travis": {"TRAVIS_COMMIT": "@", "TRAVIS_BRANCH": BRANCH, "TRAVIS_PULL_REQUEST": "false",
               "TRAVIS_JOB_WEB_URL": "https://ci.example/7"},
    "appveyor": {"APPVEYOR_REPO_COMMIT": "@", "APPVEYOR_REPO_BRANCH": BRANCH, "APPVEYOR_URL": "https://ci.example",
                 "APPVEYOR_ACCOUNT_NAME": "a", "APPVEYOR_PROJECT_SLUG": "shop", "APPVEYOR_BUILD_ID": "7", "APPVEYOR_JOB_ID": "x"},
    "teamcity": {"BUILD_VCS_NUMBER": "@", "COVDASH_BRANCH": BRANCH, "TEAMCITY_PROJECT_NAME": "shop",
                 "TEAMCITY_BUILDCONF_NAME": "tests", "BUILD_URL": "https://ci.example/7"},
    "codebuild": {"CODEBUILD_RESOLVED_SOURCE_VERSION": "@", "CODEBUILD_WEBHOOK_HEAD_REF": f"refs/heads/{BRANCH}",
                  "CODEBUILD_WEBHOOK_TRIGGER": "pr/12", "CODEBUILD_BUILD_ID": "shop:7"},
    "cloudbuild": {"COVDASH_COMMIT": "@", "COVDASH_BRANCH": BRANCH, "COVDASH_JOB": "tests"},
    "semaphore": {"SEMAPHORE_GIT_SHA": "@", "SEMAPHORE_GIT_WORKING_BRANCH": BRANCH, "SEMAPHORE_BLOCK_NAME": "ci",
                  "SEMAPHORE_JOB_NAME": "tests", "SEMAPHORE_ORGANIZATION_URL": "https://ci.example",
                  "SEMAPHORE_WORKFLOW_ID": "7"},
    "cirrus": {"CIRRUS_CHANGE_IN_REPO": "@", "CIRRUS_BRANCH": BRANCH, "CIRRUS_TASK_NAME": "tests", "CIRRUS_TASK_ID": "7"},
}  # fmt: skip
"""What each CI sets for a push of `BRANCH`; `@` stands for the commit."""


class Receiver:
    """A door that keeps what was sent through it."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.fields: dict[str, list[str]] = {}
        self.files: dict[str, bytes] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.headers = dict(self.headers)
                head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
                message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
                for part in message.iter_parts():
                    name = str(part.get_param("name", header="content-disposition"))
                    content = part.get_payload(decode=True)
                    assert isinstance(content, bytes)
                    if part.get_filename():
                        receiver.files[name] = content
                    else:
                        receiver.fields.setdefault(name, []).append(content.decode())
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/api/v1/uploads"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with two commits and a report of every tool."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)
    for message in ("first", 'second: it\'s "quoted"\n\nwith a body'):
        command = ["git", *who, "commit", "--quiet", "--allow-empty", "--message", message]
        subprocess.run(command, cwd=tmp_path, check=True)
    for tool in TOOLS:
        report = tmp_path / tool.report
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(f"this is {tool.report}")
    return tmp_path


def git(checkout: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=checkout, check=True, capture_output=True, text=True
    ).stdout.strip()


def taken_out(ci: Ci, framed: str) -> str:
    """Take the script out of its frame as the CI itself would."""
    if ci.frame == "@@\n":
        return undoubled(ci, framed)
    if ci.key == "jenkins":
        found = re.search(r"sh '''\n(.*)'''", framed, re.DOTALL)
        assert found
        return dedent(found.group(1).replace("\\\n", ""))
    text = next(
        text
        for text in strings(yaml.safe_load(framed))
        if "curl " in text and ("COMMIT=" in text or "upload.py" in text)
    )
    return undoubled(ci, text)


def undoubled(ci: Ci, text: str) -> str:
    return text.replace(ci.replaces[0] + ci.replaces, ci.replaces) if ci.replaces else text


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from strings(child)


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")


@needs_curl
@pytest.mark.parametrize("ci", CIS, ids=lambda ci: ci.key)
def test_a_snippet_sends_what_the_door_understands(ci: Ci, receiver: Receiver, checkout: Path) -> None:
    sha = git(checkout, "rev-parse", "HEAD")
    variables = {name: sha if value == "@" else value for name, value in ENVIRONMENTS[ci.key].items()}
    framed = snippets.framed(ci, snippets.script(address=receiver.address, tool=TOOLS[0], ci=ci))

    script = taken_out(ci, framed)
    subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "COVDASH_TOKEN": "cvdu_secret", **variables},
        check=True,
        timeout=30,
    )

    said = envelope.read(receiver.fields)
    assert receiver.headers["Authorization"] == "Bearer cvdu_secret"
    assert receiver.files == {"report": b"this is coverage.json"}
    assert said.commit == sha
    assert said.branch == ("main" if ci.key == "shell" else BRANCH)
    assert said.parent == git(checkout, "rev-parse", "HEAD^")
    assert said.author == "Ada"
    assert said.message == 'second: it\'s "quoted"\n\nwith a body'
    assert said.committed_at is not None
    assert said.pull == (12 if ci.key in {"gitlab", "circleci", "codebuild"} else None)
    assert bool(said.job) == (ci.key != "shell")
    assert not (checkout / "hacked").exists()


@needs_curl
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.key)
def test_the_report_of_a_tool_is_the_file_that_is_sent(
    tool: Tool, receiver: Receiver, checkout: Path
) -> None:
    script = snippets.script(address=receiver.address, tool=tool, ci=CIS[0])

    subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "COVDASH_TOKEN": "x"},
        check=True,
    )

    assert receiver.files == {"report": f"this is {tool.report}".encode()}
    names_itself = {"pytest", "django", "jest", "vitest", "nyc", "jacoco", "simplecov", "dart", "elixir"}
    assert Path(tool.report).name in tool.commands or tool.key in names_itself


@needs_curl
def test_a_refusal_of_the_server_fails_the_step(checkout: Path) -> None:
    """`--fail-with-body`: a pipeline must not go on in silence; port 9 answers nobody."""
    script = snippets.script(address="http://127.0.0.1:9/api/v1/uploads", tool=TOOLS[0], ci=CIS[0])

    done = subprocess.run(
        ["sh", "-c", script],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "COVDASH_TOKEN": "x"},
        check=False,
    )

    assert done.returncode != 0


def test_keys_are_unique_and_formats_are_known() -> None:
    assert len({tool.key for tool in TOOLS}) == len(TOOLS)
    assert len({ci.key for ci in CIS}) == len(CIS)
    assert {ci.key for ci in CIS} == set(ENVIRONMENTS)


def test_formats_of_the_tools_are_on_the_shelf() -> None:
    known = {book.name for book in FORMATS}
    assert {tool.format for tool in TOOLS} <= known


PROGRAM = b"import sys\nopen('ran', 'w').write(' '.join(sys.argv[1:]))\n"


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that gives `/upload.py`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/upload.py?v=1.2.3" else 404)
            self.end_headers()
            self.wfile.write(PROGRAM)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@needs_curl
@pytest.mark.parametrize("ci", CIS, ids=lambda ci: ci.key)
@pytest.mark.parametrize(
    ("version", "spoiled", "runs"), [("1.2.3", False, True), ("1.2.3", True, False), ("9.9.9", False, False)]
)
def test_the_uploader_runs_only_when_it_is_the_one_that_was_pinned(
    ci: Ci, version: str, *, spoiled: bool, runs: bool, program: str, checkout: Path
) -> None:
    """Also without `-e`, as some CI systems run a script: another program, or none, is a failed step and executes nothing."""
    digest = hashlib.sha256(PROGRAM + b"#" * spoiled).hexdigest()
    text = uploaders.script(server=program, release=uploaders.Release(version, digest), tool=TOOLS[0])
    framed = snippets.framed(ci, text, for_uploader=True)
    assert "HEAD_SHA" not in framed
    assert ("COVDASH_MATRIX" in framed) == (ci.key in {"github", "forgejo"})

    done = subprocess.run(
        ["sh", "-c", taken_out(ci, framed)],
        cwd=checkout,
        env={"PATH": os.environ["PATH"]},
        check=False,
        timeout=60,
    )

    assert (done.returncode == 0) == runs
    ran = checkout / "ran"
    assert (ran.read_text() if ran.exists() else None) == ("--file coverage.json" if runs else None)


def test_uploaders_of_other_services_are_told_the_address_and_the_token() -> None:
    found = uploaders.others(server="https://covdash.example", tool=TOOLS[0], slug="acme/shop")
    assert len({one.title for one in found}) == len(found)
    for one in found:
        assert "https://covdash.example" in one.commands
        assert '"$COVDASH_TOKEN"' in one.commands
