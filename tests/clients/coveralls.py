"""The real clients of Coveralls against a running covdash: `python -m tests.clients.coveralls`; PyPI and npm have to be in reach.

Each is told one address and one token, as a CI step would be; then the totals, flags, completeness, sources and file pages are read.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import stage
from tests.clients.stage import SHOPCART_ARMS, SHOPCART_LINES, Checks, Done, Repository, Server, count
from tests.ingest.samples import SAMPLES

PYTHON, NPM, NEXT = "coveralls==4.1.0", "coveralls@3.1.1", "coveralls-next@6.0.2"
SLUG = "acme/shopcart"
DATA = SAMPLES / "coverage-py-data/coverage.py/shopcart/branch_ctx.coverage"
"""The data file of the run that the other reports of `shopcart` are of."""
GITHUB = "ghs_" + "0" * 36
ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_TOKEN": GITHUB,
    "GITHUB_REF": "refs/pull/5/merge",
    "GITHUB_HEAD_REF": "feat",
    "GITHUB_RUN_ID": "999",
    "GITHUB_REPOSITORY": SLUG,
}


@dataclass
class Scene:
    """A server with a project, a repository with reports, and what was checked."""

    server: Server
    token: str
    scratch: Repository
    checks: Checks
    programs: Path

    def python(self, *words: str, token: bool = True, **environment: str) -> Done:
        """Run the client in Python in the repository."""
        said = {"COVERALLS_HOST": self.server.url, **environment}
        if token:
            said["COVERALLS_REPO_TOKEN"] = self.token
        return stage.run([str(self.programs / "coveralls"), *words], folder=self.scratch.folder, **said)

    def node(self, script: Path, **environment: str) -> Done:
        """Run a client in JavaScript as recipes do: the LCOV file on its standard input."""
        said = {"COVERALLS_ENDPOINT": self.server.url, "COVERALLS_REPO_TOKEN": self.token, **environment}
        command = f"node '{script}' < lcov.info"
        return stage.run(["sh", "-c", command], folder=self.scratch.folder, **said)

    def commit(self, message: str) -> str:
        """Make a commit; the reports beside it stay."""
        return self.scratch.commit(message)

    def done(self, sha: str) -> str:
        """Return by which protocol a commit was said to be complete, "" if by none."""
        code = (
            "from covdash.projects.models import Commit; "
            f"print([c.done_by if c.done_at else '' for c in Commit.objects.filter(sha='{sha}')][0])"
        )
        return self.server.shell(code)

    def report(self, sha: str, uploads: int = 1) -> dict[str, Any]:
        """Return the settled report of a commit."""
        found: dict[str, Any] = self.server.settled(SLUG, sha, uploads)
        return found

    def totals(self, name: str, sha: str, uploads: int = 1, *, arms: tuple[int, int] = SHOPCART_ARMS) -> None:
        """Check the totals of a commit, and that its texts can be read without any forge."""
        report = self.report(sha, uploads)
        self.checks.equal(f"{name}: lines", count(report["totals"], "lines"), SHOPCART_LINES)
        self.checks.equal(f"{name}: arms", count(report["totals"], "branches"), arms)
        self.checks.equal(f"{name}: all processed", report["uploads"]["processed"], uploads)
        path = "src/shopcart/cart.py"
        file = self.server.read(f"projects/{SLUG}/-/commits/{sha}/files/{path}")
        self.checks.true(f"{name}: API of a file", file["path"] == path and file["lines"], file)
        page = self.server.page(f"/p/{SLUG}/-/file/{path}?commit={sha}")
        text = (self.scratch.folder / path).read_text()
        line = next(line for line in text.splitlines() if line.strip().startswith("class Cart"))
        self.checks.true(f"{name}: source on the page of a file", line.split()[1].rstrip(":") in page, page)
        self.checks.true(f"{name}: no token on the page of the upload", self.token not in self._pages(sha))

    def _pages(self, sha: str) -> str:
        rows = self.server.uploads(SLUG, sha)
        return json.dumps(rows) + "".join(self.server.page(f"/p/{SLUG}/-/upload/{row['id']}") for row in rows)


def plain(scene: Scene) -> None:
    """One job of a build of its own: complete at once."""
    sha = scene.commit("Plain")
    done = scene.python("-v")
    scene.checks.equal("Python: exit status", done.status, 0)
    scene.checks.true(
        "Python: prints the page of the upload", f"{scene.server.url}/p/{SLUG}/" in done.output, done.output
    )
    scene.totals("Python", sha)
    scene.checks.equal("Python: complete at once", scene.done(sha), "coveralls")
    again = scene.python()
    scene.checks.equal("Python: sent again", again.status, 0)
    scene.checks.equal("Python: sent again is the same upload", len(scene.server.uploads(SLUG, sha)), 1)


def parallel(scene: Scene) -> None:
    """Two legs of a matrix under flags, then `--finish`; a late third leg."""
    sha = scene.commit("Parallel")
    words = {"COVERALLS_PARALLEL": "true", "COVERALLS_SERVICE_NUMBER": "77"}
    for flag in ("py311", "py312"):
        done = scene.python(COVERALLS_FLAG_NAME=flag, COVERALLS_SERVICE_JOB_ID=f"77.{flag}", **words)
        scene.checks.equal(f"parallel {flag}: exit status", done.status, 0)
    scene.totals("parallel", sha, 2)
    scene.checks.equal("parallel: not complete before --finish", scene.done(sha), "")
    flags = {flag["name"] for flag in scene.report(sha, 2)["flags"]}
    scene.checks.equal("parallel: flags", flags, {"py311", "py312"})
    done = scene.python("--finish", COVERALLS_SERVICE_NUMBER="77")
    scene.checks.equal("--finish: exit status", done.status, 0)
    scene.checks.equal("--finish: complete", scene.done(sha), "coveralls")
    late = scene.python(COVERALLS_FLAG_NAME="late", COVERALLS_SERVICE_JOB_ID="77.9", **words)
    scene.checks.equal("a late job is taken", late.status, 0)
    scene.report(sha, 3)
    wrong = scene.python("--finish", COVERALLS_SERVICE_NUMBER="78")
    scene.checks.true(
        "--finish of a build without jobs says so", "No job of build '78'" in wrong.output, wrong.output
    )
    unnamed = scene.python("--finish")
    scene.checks.true("--finish without a build says so", "names no build" in unnamed.output, unnamed.output)


def submitted(scene: Scene) -> None:
    """`--output` writes a document without a token, `--submit` posts it as it is: the token stands in the address."""
    sha = scene.commit("Submitted")
    done = scene.python("--output", "reports/job.json", token=False, COVERALLS_REPO_TOKEN="")
    scene.checks.equal("--output: exit status", done.status, 0)
    document = json.loads((scene.scratch.folder / "reports/job.json").read_text())
    scene.checks.true("--output: no token in the document", "repo_token" not in document)
    done = scene.python("--submit", "reports/job.json")
    scene.checks.true(
        "--submit without a token is refused", done.status == 1 and "422" in done.output, done.output
    )
    scene.checks.true(
        "--submit: the sentence reaches its user", "carries no token" in done.output, done.output
    )
    document["repo_token"] = scene.token
    (scene.scratch.folder / "reports/job.json").write_text(json.dumps(document))
    scene.checks.equal("--submit: exit status", scene.python("--submit", "reports/job.json").status, 0)
    scene.totals("--submit", sha)


def actions(scene: Scene) -> None:
    """In GitHub Actions the client sends GITHUB_TOKEN, and all legs of a matrix carry one job id."""
    sha = scene.commit("Actions")
    done = scene.python(token=False, **ACTIONS)
    scene.checks.equal("GITHUB_TOKEN: exit status", done.status, 1)
    scene.checks.true(
        "GITHUB_TOKEN: says to set COVERALLS_REPO_TOKEN",
        "Set COVERALLS_REPO_TOKEN" in done.output,
        done.output,
    )
    named = {**ACTIONS, "COVERALLS_SERVICE_NAME": "github-actions", "COVERALLS_PARALLEL": "true"}
    for flag in ("linux", "windows"):
        done = scene.python(COVERALLS_FLAG_NAME=flag, **named)
        scene.checks.equal(f"Actions {flag}: exit status", done.status, 0)
    scene.totals("Actions", sha, 2)
    upload = scene.server.uploads(SLUG, sha)[0]
    scene.checks.equal("Actions: pull request", upload["pull"], 5)
    scene.checks.equal("Actions: git branch", upload["branch"], "feat")
    done = scene.python("--finish", **named)
    scene.checks.equal("Actions: --finish", (done.status, scene.done(sha)), (0, "coveralls"))


def merged(scene: Scene) -> None:
    """The checkout of a pull request is GitHub's own merge: the report is filed under its head."""
    base = scene.scratch.sha
    head = scene.commit("Head of the pull request")
    merge = scene.commit(f"Merge {head} into {base}")
    done = scene.python(**{**ACTIONS, "COVERALLS_SERVICE_NAME": "github-actions"})
    scene.checks.equal("merge of a pull request: exit status", done.status, 0)
    scene.totals("merge of a pull request", head)
    status, _ = scene.server.status(f"/api/v1/projects/{SLUG}/-/commits/{merge}")
    scene.checks.equal("merge of a pull request: nothing under the merge itself", status, 404)


def scripts(scene: Scene, folder: Path) -> None:
    """The clients in JavaScript, fed with LCOV. They send the names of arms as zeros; no arm is lost for that."""
    for name, package in (("coveralls", NPM), ("coveralls-next", NEXT)):
        sha = scene.commit(package)
        script = folder / name / "node_modules" / name / "bin/coveralls.js"
        done = scene.node(
            script,
            COVERALLS_FLAG_NAME="web",
            COVERALLS_SERVICE_NAME="jenkins",
            COVERALLS_SERVICE_NUMBER=package,
        )
        scene.checks.true(f"{package}: exit status", done.status == 0, done.output)
        scene.totals(package, sha)
        scene.checks.equal(f"{package}: flags", scene.server.uploads(SLUG, sha)[0]["flags"], ["web"])
        scene.checks.equal(f"{package}: complete at once", scene.done(sha), "coveralls")
        refused = scene.node(script, COVERALLS_REPO_TOKEN="nonsense", COVERALLS_SERVICE_NAME="jenkins")
        scene.checks.true(
            f"{package}: shows the sentence of a refusal",
            "not an upload token" in refused.output,
            refused.output,
        )


def installed(folder: Path) -> None:
    """Install the clients of npm, each into a folder of its own."""
    for name, package in (("coveralls", NPM), ("coveralls-next", NEXT)):
        (folder / name).mkdir(parents=True)
        command = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder / name),
            package,
        ]
        subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> int:
    """Run all; returns the exit status."""
    checks = Checks()
    folder = Path(tempfile.mkdtemp(prefix="cvd-coveralls-", dir="/tmp"))
    try:
        programs = stage.environment(folder / "python", PYTHON)
        installed(folder / "node")
        scratch = stage.repository(folder / "shop", remote=f"https://github.com/{SLUG}.git")
        scratch.report("lcov.info")
        scratch.commit(
            "Settings",
            {
                ".gitignore": ".coverage\nlcov.info\nreports/\n",
                ".coveragerc": "[run]\nbranch = True\nrelative_files = True\n",
            },
        )
        scratch.report(".coverage", DATA.read_bytes())
        (scratch.folder / "reports").mkdir()
        with stage.running() as server:
            scene = Scene(server, server.project(SLUG), scratch, checks, programs)
            plain(scene)
            parallel(scene)
            submitted(scene)
            actions(scene)
            merged(scene)
            scripts(scene, folder / "node")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
