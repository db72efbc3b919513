"""What scripts with real clients share: a running covdash, a scratch git repository with real reports, a place for the client, checks.

A script prints one line per check (`ok` or `FAILED`) and ends with status 1 when one failed. Loopback only; every wait is bounded; it
ends only processes that it started.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ingest.samples import SAMPLES
from tests.reliability.storm import ROOT, StormError, free_port, newcomer, wait

SHOPCART = SAMPLES / "sources/shopcart"
REPORTS: Mapping[str, Path] = {
    "coverage.xml": SAMPLES / "cobertura/coverage.py/shopcart/branch.xml",
    "lcov.info": SAMPLES / "lcov/coverage.py/shopcart/branch.lcov.info",
    "junit.xml": SAMPLES / "junit/pytest/shopcart/junit.xml",
}
"""Reports of one and the same run of the tests of `shopcart`, by the names that clients look for."""
SHOPCART_LINES, SHOPCART_ARMS = (58, 74), (16, 28)
"""Covered and total, as coverage.py itself prints them."""


@dataclass
class Server:
    """A running covdash."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def read(self, path: str) -> Any:
        """Return the JSON at an address of the read API, for example `projects/acme/shop/commits`."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=30) as answer:
            return json.load(answer)

    def page(self, path: str) -> str:
        """Return a page as text."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def status(self, path: str, *, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
        """Return HTTP status and body of a request, whatever they are."""
        request = urllib.request.Request(self.url + path, data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")

    def manage(self, *words: str) -> str:
        """Run a management command beside the server; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env={**newcomer(), "COVDASH_HOME": str(self.home)}, capture_output=True, text=True,
            timeout=90, check=False,
        )  # fmt: skip
        if done.returncode:
            raise StormError(f"{words[0]}: {done.stderr.strip()[-400:]}")
        return done.stdout.strip()

    def project(self, slug: str, *, public: bool = True) -> str:
        """Make a project; returns an upload token."""
        self.manage("create_project", slug, *(["--public"] if public else []))
        return self.manage("create_token", slug)

    def shell(self, code: str) -> str:
        """Run a few lines of Python beside the server, with Django set up; returns what they printed."""
        return self.manage("shell", "--verbosity", "0", "-c", code)

    def settled(self, slug: str, sha: str, uploads: int, *, seconds: float = 120) -> Any:
        """Wait until `uploads` uploads of a commit have ended and its report knows them; returns the report of the read API."""
        found: dict[str, Any] = {}

        def ready() -> bool:
            found.update(self.read(f"projects/{slug}/-/commits/{sha}"))
            counts = found["uploads"]
            ended = counts["processed"] + counts["failed"] + counts["superseded"]
            return ended >= uploads and not counts["waiting"]

        wait(ready, seconds, f"{slug} {sha[:8]}: {uploads} uploads did not settle: {found.get('uploads')}")
        # An answer is read in several statements: the counts may be newer than the report beside them.
        return self.read(f"projects/{slug}/-/commits/{sha}")

    def uploads(self, slug: str, sha: str = "") -> list[dict[str, Any]]:
        """Return the uploads of a project, newest first, each with its outcomes."""
        rows = self.read(f"projects/{slug}/-/uploads" + (f"?commit={sha}" if sha else ""))["items"]
        return [self.read(f"projects/{slug}/-/uploads/{row['id']}") for row in rows]


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """Start `manage.py up` in a fresh data home, with more variables if given; stop it in the end and remove the home."""
    home = Path(tempfile.mkdtemp(prefix="cvd-client-", dir="/tmp"))
    home.chmod(0o755)
    port = free_port()
    log = home.with_suffix(".log")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(home), "--no-browser"],
            cwd=ROOT, env={**newcomer(), "COVDASH_NO_BOOTSTRAP": "1", **environment}, stdout=sink, stderr=sink,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", home, process)
    try:
        wait(lambda: server.status("/readyz")[0] == 200, 180, f"no answer from `up`; see {log}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class Repository:
    """A scratch git repository with the sources of `shopcart` and the reports of its tests, these not committed."""

    folder: Path

    def git(self, *words: str) -> str:
        """Run git in it; returns what it printed."""
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *words],
            cwd=self.folder, capture_output=True, text=True, check=True, timeout=60, env=quiet(),
        )  # fmt: skip
        return done.stdout.strip()

    @property
    def sha(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """Write `files` (path -> text), commit everything but the reports; returns the new commit."""
        for path, text in (files or {}).items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.sha

    def report(self, name: str, content: bytes | str | None = None) -> Path:
        """Put a report beside the sources: one of `REPORTS`, or with this content; returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = REPORTS[name].read_bytes() if content is None else content
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path


def repository(folder: Path, *, remote: str = "https://github.com/acme/shopcart.git") -> Repository:
    """Make the scratch repository, on the git branch `main`, with one commit."""
    folder.mkdir(parents=True)
    shutil.copytree(SHOPCART, folder, dirs_exist_ok=True)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.git("remote", "add", "origin", remote)
    (folder / ".gitignore").write_text("".join(f"{name}\n" for name in REPORTS) + "reports/\n")
    made.commit("The shop")
    return made


def quiet() -> dict[str, str]:
    """Return our environment without what tells a client that it runs in a CI, without covdash's settings, tokens and git's config."""
    foreign = (
        "CI", "GITHUB_", "GITLAB_", "BUILDKITE", "CIRCLE", "JENKINS", "TRAVIS", "CODECOV", "COVERALLS", "CODACY", "TF_BUILD",
        "BITBUCKET", "DRONE", "GIT_", "APPVEYOR", "VIRTUAL_ENV", "PYTHON",
    )  # fmt: skip
    found = {name: value for name, value in newcomer().items() if not name.startswith(foreign)}
    return found | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def environment(folder: Path, *packages: str) -> Path:
    """Make a virtual environment in `folder` and install `packages` into it; returns its folder of programs."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    programs = folder / "bin"
    subprocess.run(
        [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages],
        check=True, timeout=600, env=quiet(), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return programs


@dataclass
class Done:
    """What a client did: its status, and everything that it printed."""

    status: int
    output: str


def run(command: list[str], *, folder: Path, seconds: float = 300, **environment: str) -> Done:
    """Run a client in `folder`, as on a machine without any CI but for the variables that are given."""
    done = subprocess.run(
        command, cwd=folder, env=quiet() | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=seconds, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


@dataclass
class Checks:
    """Counts what held and what did not."""

    failed: list[str] = field(default_factory=list)
    held: int = 0

    def equal(self, name: str, found: object, expected: object) -> None:
        """Check that two values are equal."""
        self.true(name, found == expected, f"found {found!r}, expected {expected!r}")

    def true(self, name: str, holds: object, otherwise: object = "") -> None:
        """Check that something holds; `otherwise` is printed when it does not."""
        if holds:
            self.held += 1
            print(f"ok      {name}", flush=True)
        else:
            self.failed.append(name)
            print(f"FAILED  {name}: {str(otherwise)[-2000:]}", flush=True)

    def end(self) -> int:
        """Print the count; returns the status of the script."""
        print(f"{self.held} checks held, {len(self.failed)} failed")
        return bool(self.failed)


def count(totals: Mapping[str, Any], kind: str) -> tuple[int, int]:
    """Return covered and total of one metric of an answer of the read API."""
    found = totals[kind]
    return found["covered"], found["total"]
