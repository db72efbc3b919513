"""The real codecov-cli against a running covdash: every command, with real reports in a scratch git repository.

    python -m tests.clients.codecov_cli [--client FOLDER]

Installs codecov-cli into a virtual environment of its own (or uses the programs in FOLDER), starts `manage.py up` in a new data home,
and holds exit codes, totals, flags, completeness and files against what coverage.py itself printed. One line for each check.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.clients import stage
from tests.clients.stage import SHOPCART_ARMS, SHOPCART_LINES, Checks, Done, Repository, Server

VERSION = "11.3.1"
SLUG = "acme/shopcart"
GITHUB = {
    "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": SLUG, "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "4711", "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "test", "GITHUB_HEAD_REF": "fix/cart",
    "GITHUB_REF": "refs/pull/12/merge",
}  # fmt: skip


class Client:
    """codecovcli, pointed at our server."""

    def __init__(self, programs: Path, server: Server, repository: Repository, token: str) -> None:
        self.program = str(programs / "codecovcli")
        self.server, self.repository, self.token = server, repository, token

    def __call__(self, command: str, *options: str, token: str | None = None, **environment: str) -> Done:
        """Run one command in the repository; a `token` of "" sends none."""
        secret = self.token if token is None else token
        given = {"CODECOV_TOKEN": secret} if secret else {}
        words = [self.program, "-u", self.server.url, command, *options]
        return stage.run(words, folder=self.repository.folder, **given, **environment)


def main() -> int:
    """Run all scenes; status 1 when a check failed."""
    parser = argparse.ArgumentParser(description="Hold covdash against the real codecov-cli.")
    parser.add_argument("--client", type=Path, help="folder of an environment that has codecov-cli already")
    options = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="cvd-codecov-") as folder:
        ground = Path(folder)
        programs = options.client or stage.environment(ground / "client", f"codecov-cli=={VERSION}")
        repository = stage.repository(ground / "shopcart")
        with stage.running() as server:
            client = Client(programs, server, repository, server.project(SLUG))
            for scene in (
                upload_coverage, again, upload_process, legacy, test_results, pull_request, empty, junk, groups, forks,
                refusals,
            ):  # fmt: skip
                repository.commit(scene.__name__)
                scene(client, checks)
    return checks.end()


def _only(repository: Repository, *names: str) -> None:
    """Leave exactly these reports in the repository."""
    for name in stage.REPORTS:
        (repository.folder / name).unlink(missing_ok=True)
    for name in names:
        repository.report(name)


def _totals(checks: Checks, name: str, report: dict[str, object]) -> None:
    totals: dict[str, object] = report["totals"]  # type: ignore[assignment]
    checks.equal(f"{name}: lines are those of coverage.py", stage.count(totals, "lines"), SHOPCART_LINES)
    checks.equal(f"{name}: arms are those of coverage.py", stage.count(totals, "branches"), SHOPCART_ARMS)


def upload_coverage(client: Client, checks: Checks) -> None:
    """The default of the current action: one POST, one PUT."""
    server, sha = client.server, client.repository.sha
    _only(client.repository, "coverage.xml")
    done = client(
        "upload-coverage", "--git-service", "github", "-F", "unit", "-F", "py311", "-n", "unit tests"
    )
    checks.equal("upload-coverage: exit code", done.status, 0)
    checks.true(
        "upload-coverage: the log names the page", f"/p/{SLUG}/-/commit/{sha}" in done.output, done.output
    )
    report = server.settled(SLUG, sha, 1)
    _totals(checks, "upload-coverage", report)
    checks.equal("upload-coverage: flags", [flag["name"] for flag in report["flags"]], ["py311", "unit"])
    checks.equal("upload-coverage: git branch", report["commit"]["branches"], ["main"])
    upload = server.uploads(SLUG, sha)[0]
    checks.equal(
        "upload-coverage: paths are resolved by the list of files",
        upload["paths"]["unmatched"] + upload["paths"]["ambiguous"],
        0,
    )
    file = server.read(f"projects/{SLUG}/-/commits/{sha}/files/src/shopcart/cart.py")
    hits = file["lines"]
    checks.true(
        "upload-coverage: the file has lines that ran and lines that did not",
        0 in hits.values() and any(hits.values()),
    )
    checks.true(
        "upload-coverage: the page shows the percentage", "78.4 %" in server.page(f"/p/{SLUG}/-/commit/{sha}")
    )


def again(client: Client, checks: Checks) -> None:
    """A job that is run twice sends the same bytes: nothing doubles."""
    _only(client.repository, "coverage.xml", "lcov.info")
    sha = client.repository.sha
    for _ in range(2):
        done = client("upload-coverage", "--git-service", "github", "-n", "job")
        checks.equal("sent again: exit code", done.status, 0)
    report = client.server.settled(SLUG, sha, 1)
    checks.equal("sent again: one upload", len(client.server.uploads(SLUG, sha)), 1)
    checks.equal("sent again: lines", stage.count(report["totals"], "lines"), SHOPCART_LINES)


def upload_process(client: Client, checks: Checks) -> None:
    """Four requests, each also as a command of its own; then all are sent."""
    server, sha = client.server, client.repository.sha
    _only(client.repository, "lcov.info")
    checks.equal(
        "upload-process: exit code",
        client("upload-process", "--git-service", "github", "-F", "unit").status,
        0,
    )
    server.settled(SLUG, sha, 1)
    _only(client.repository, "coverage.xml")
    steps = {
        "create-commit": (),
        "create-report": (),
        "do-upload": ("-F", "e2e", "-n", "e2e"),
    }
    for command, more in steps.items():
        done = client(command, "--git-service", "github", *more)
        checks.true(
            f"{command}: exit code and no error",
            done.status == 0 and "failed" not in done.output,
            done.output,
        )
    report = server.settled(SLUG, sha, 2)
    _totals(checks, "two uploads of one run", report)
    checks.equal("two uploads: flags", [flag["name"] for flag in report["flags"]], ["e2e", "unit"])
    for command in ("create-report-results", "get-report-results", "send-notifications"):
        done = client(command, "--git-service", "github")
        checks.true(
            f"{command}: exit code and no error",
            done.status == 0 and "failed" not in done.output,
            done.output,
        )
    checks.true("send-notifications: counts", "'uploads_success': 2" in done.output, done.output)
    found = server.shell(
        f"from covdash.projects.models import Commit; print(Commit.objects.get(sha='{sha}').done_by)"
    )
    checks.equal("send-notifications: the commit is done", found, "codecov")
    base = "b" * 40
    done = client("pr-base-picking", "--base-sha", base, "--pr", "7", "--slug", SLUG, "--service", "github")
    checks.true(
        "pr-base-picking: exit code and no error",
        done.status == 0 and "failed" not in done.output,
        done.output,
    )
    found = server.shell(
        "from covdash.projects.models import PullRequest; print(PullRequest.objects.get(number=7).base_sha)"
    )
    checks.equal("pr-base-picking: base", found, base)


def legacy(client: Client, checks: Checks) -> None:
    """`do-upload --legacy`: the protocol of the bash uploader."""
    _only(client.repository, "coverage.xml")
    sha = client.repository.sha
    done = client("do-upload", "--legacy", "--slug", SLUG, "-F", "unit", "-F", "old", "--env", "HOME")
    checks.true(
        "legacy: exit code and no error", done.status == 0 and "failed" not in done.output, done.output
    )
    report = client.server.settled(SLUG, sha, 1)
    _totals(checks, "legacy", report)
    checks.equal("legacy: flags", [flag["name"] for flag in report["flags"]], ["old", "unit"])


def test_results(client: Client, checks: Checks) -> None:
    """Results of tests are kept with the upload and change no number."""
    _only(client.repository, "junit.xml", "coverage.xml")
    sha, server = client.repository.sha, client.server
    client("upload-coverage", "--git-service", "github", "--disable-search", "-f", "coverage.xml")
    done = client(
        "upload-process",
        "--git-service",
        "github",
        "--report-type",
        "test_results",
        "--disable-search",
        "-f",
        "junit.xml",
    )
    checks.true(
        "test results: exit code and no error", done.status == 0 and "failed" not in done.output, done.output
    )
    report = server.settled(SLUG, sha, 2)
    _totals(checks, "test results beside coverage", report)
    formats = {outcome["format"]: outcome for row in server.uploads(SLUG, sha) for outcome in row["outcomes"]}
    checks.true(
        "test results: parsed as JUnit", formats.get("junit", {}).get("results", {}).get("tests"), formats
    )
    _only(client.repository)
    done = client("do-upload", "--git-service", "github", "--report-type", "test_results", "--disable-search")
    checks.true("no test results: no error", "failed" not in done.output, done.output)


def pull_request(client: Client, checks: Checks) -> None:
    """As on GitHub Actions, in a merge of the pull request: filed under its head."""
    repository, server = client.repository, client.server
    repository.git("checkout", "--quiet", "-b", "fix/cart", "HEAD~1")
    head = repository.commit("A fix", {"src/shopcart/new.py": "x = 1\n"})
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "fix/cart")
    _only(repository, "coverage.xml")
    done = client("upload-coverage", GITHUB_SHA=repository.sha, **GITHUB)
    checks.equal("pull request: exit code", done.status, 0)
    report = server.settled(SLUG, head, 1)
    checks.equal("pull request: git branch", report["commit"]["branches"], ["fix/cart"])
    upload = server.uploads(SLUG, head)[0]
    checks.equal("pull request: number", upload["pull"], 12)
    checks.equal("pull request: job", upload["job"], "CI - test")
    checks.equal("pull request: build", upload["build_url"], f"https://github.com/{SLUG}/actions/runs/4711")


def empty(client: Client, checks: Checks) -> None:
    """Nothing to send, and saying so."""
    _only(client.repository)
    done = client("empty-upload", "--git-service", "github", "--force")
    checks.true(
        "empty-upload: exit code and answer",
        done.status == 0 and "no coverage will come" in done.output,
        done.output,
    )
    done = client("upload-coverage", "--git-service", "github", "--handle-no-reports-found")
    checks.equal("no reports found: exit code", done.status, 0)


def junk(client: Client, checks: Checks) -> None:
    """The client picks files by name: what is no report is left out and said."""
    repository = client.repository
    _only(repository, "coverage.xml")
    repository.report("reports/coverage-notes.log", "dear diary\n")
    repository.report("reports/coverage.json", '{"not": "a report"}')
    repository.commit("Many files", {f"src/extra{number}.c": "int x;\n" for number in range(150)})
    for number in range(150):
        repository.report(
            f"reports/lcov/{number}.lcov", f"TN:\nSF:src/extra{number}.c\nDA:1,1\nend_of_record\n"
        )
    done = client("upload-coverage", "--git-service", "github")
    checks.equal("junk: exit code", done.status, 0)
    report = client.server.settled(SLUG, repository.sha, 1)
    covered, total = SHOPCART_LINES
    checks.equal(
        "junk: lines of all reports", stage.count(report["totals"], "lines"), (covered + 150, total + 150)
    )
    states = [outcome["state"] for outcome in client.server.uploads(SLUG, repository.sha)[0]["outcomes"]]
    checks.equal("junk: left out", (states.count("parsed"), states.count("failed")), (151, 0))
    for path in sorted((repository.folder / "reports").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def groups(client: Client, checks: Checks) -> None:
    """A slug with subgroups, a forge that the client does not know, a token of the group."""
    server, repository = client.server, client.repository
    token = server.shell(
        "from covdash.projects.models import Project; from covdash.projects import tokens;"
        "Project.objects.create(slug='group/sub/shop', is_public=True);"
        "print(tokens.mint(project=None, group='group', name='all').secret)"
    )
    _only(repository, "coverage.xml")
    where = ("--git-service", "gitlab_enterprise", "--slug", "group/sub/shop")
    done = client("upload-coverage", *where, token=token)
    checks.equal("group: exit code", done.status, 0)
    _totals(checks, "group", server.settled("group/sub/shop", repository.sha, 1))
    done = client("upload-coverage", "--git-service", "gitlab", "--slug", "group/unknown", token=token)
    checks.true(
        "group: an unknown project is said", "There is no project 'group/unknown'" in done.output, done.output
    )


def forks(client: Client, checks: Checks) -> None:
    """A fork without a token: refused, until the owner lets forks in."""
    server, repository = client.server, client.repository
    _only(repository, "coverage.xml")
    where = ("--git-service", "github", "--slug", SLUG, "-B", "mallory:main", "--pr", "13")
    done = client("upload-coverage", *where, token="")
    checks.true(
        "fork: refused with the way out", "ask its owner" in done.output and done.status == 0, done.output
    )
    done = client("upload-coverage", *where, "-Z", token="")
    checks.equal("fork: refused, exit code with -Z", done.status, 1)
    server.shell(
        f"from covdash.projects.models import Project;"
        f"Project.objects.filter(slug='{SLUG}').update(settings={{'uploads': {{'forks': True}}}})"
    )
    done = client("upload-process", *where, token="")
    checks.true("fork: let in", done.status == 0 and "failed" not in done.output, done.output)
    _totals(checks, "fork", server.settled(SLUG, repository.sha, 1))


def refusals(client: Client, checks: Checks) -> None:
    """What the server refuses stands in the log of the job."""
    _only(client.repository, "coverage.xml")
    where = ("--git-service", "github")
    wrong = client("upload-coverage", *where, token="cvdu_" + "x" * 38)
    checks.true(
        "wrong token: the log says it",
        wrong.status == 0 and "oken" in wrong.output and "401" not in wrong.output,
        wrong.output,
    )
    checks.equal(
        "wrong token: exit code with -Z", client("upload-coverage", *where, "-Z", token="nonsense").status, 1
    )
    flags = [word for number in range(60) for word in ("-F", f"flag{number}")]
    done = client("upload-coverage", *where, *flags)
    checks.true("60 flags: the log says how many there may be", "more than 50" in done.output, done.output)
    big = client.repository.report("lcov.info", b"TN:\n" + os.urandom(110_000_000))
    done = client("upload-coverage", *where, "--disable-search", "-f", "lcov.info")
    checks.true("150 MB: the log says the limit", "the limit is 104857600" in done.output, done.output)
    big.unlink()
    for command in ("create-report", "do-upload", "upload-coverage", "send-notifications"):
        said = client(command, *where, "--sha", "abc").output
        checks.true(
            f"{command} of a short commit id: the log says what is wanted", "full git id" in said, said
        )
    pull = ("--base-sha", "main", "--pr", "7", "--slug", SLUG, "--service", "github")
    said = client("pr-base-picking", *pull).output
    checks.true("pr-base-picking of a name: the log says what is wanted", "--base-sha SHA" in said, said)
    status, text = client.server.status("/upload/github/acme::::x/nothing", method="POST", body=b"{}")
    checks.equal("unknown address", (status, "supported" in json.loads(text)), (404, True))


if __name__ == "__main__":
    sys.exit(main())
