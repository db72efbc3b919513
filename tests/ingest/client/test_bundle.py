"""An upload as a file: the same upload as sent at once; what comes from a stranger's workflow is checked before it is believed."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.ingest.client.checkouts import git
from tests.ingest.client.conftest import REPORT, Run
from tests.ingest.client.fake_server import Fake


def test_sent_later_it_is_the_same_upload(run: Run, server: Fake, tmp_path: Path) -> None:
    """Manifest, list and report of a bundle are those of an upload at once: the key is the same."""
    assert run("--bundle", str(tmp_path / "b.zip")).code == 0
    assert server.seen == []
    run("--no-source")
    at_once = server.seen[0]
    server.seen.clear()
    server.reports.clear()
    server.tree = b""

    assert run("--send", str(tmp_path / "b.zip"), "--no-source").code == 0

    assert server.seen[0].headers["idempotency-key"] == at_once.headers["idempotency-key"]
    assert list(server.reports.values()) == [REPORT.read_bytes()]
    assert server.tree


def test_a_bundle_is_the_same_bytes(run: Run, tmp_path: Path) -> None:
    run("--bundle", str(tmp_path / "a.zip"))
    run("--bundle", str(tmp_path / "b.zip"), "--dry-run")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def changed(path: Path, target: Path, **entries: bytes | None) -> Path:
    """Write a bundle with other entries."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, data in entries.items():
            new.writestr(name.replace("__", "/"), data or b"")
    return target


@pytest.mark.parametrize(
    "name", ["..__evil", "reports__short", "reports__" + "0" * 64, "tree2", "manifest.json"]
)
def test_what_no_bundle_holds(run: Run, server: Fake, tmp_path: Path, name: str) -> None:
    """Foreign names, a second manifest, a report that is not its digest: usage, and nothing is sent."""
    run("--bundle", str(tmp_path / "b.zip"))

    with pytest.warns(UserWarning, match="Duplicate") if name == "manifest.json" else _nothing():
        bad = changed(tmp_path / "b.zip", tmp_path / "bad.zip", **{name: b"{}"})
    done = run("--send", str(bad))

    assert done.code == 2
    assert "is no bundle" in done.text
    assert server.seen == []


class _nothing:  # noqa: N801
    def __enter__(self) -> None:
        """Expect nothing."""

    def __exit__(self, *args: object) -> None:
        """Nothing came."""


def test_no_bundle_at_all(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("not a zip")

    assert run("--send", str(tmp_path / "x.zip")).code == 2
    assert run("--send", str(tmp_path / "gone.zip")).code == 2
    assert run("--bundle", str(tmp_path / "no/where.zip")).code == 2


@pytest.fixture
def second(checkout: Path, tmp_path: Path) -> dict[str, str]:
    """The variables of a workflow_run that follows the workflow of a fork."""
    sha = git(checkout, "rev-parse", "HEAD")
    event = {
        "workflow_run": {
            "head_sha": sha,
            "head_branch": "main",
            "head_repository": {"full_name": "cleo/pay"},
            "pull_requests": [],
        },
        "repository": {"full_name": "acme/pay", "default_branch": "main"},
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_run", "GITHUB_SHA": sha, "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "acme/pay", "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
    }  # fmt: skip


def test_a_bundle_of_a_fork_is_filed_as_the_fork(
    run: Run, server: Fake, tmp_path: Path, second: dict[str, str]
) -> None:
    """Whatever git branch, tag or completeness it claims: the event says whose it is."""
    run("--bundle", str(tmp_path / "b.zip"), "--branch", "main", "--tag", "v9", "--complete")

    assert run("--send", str(tmp_path / "b.zip"), "--no-source", **second).code == 0

    fields = server.manifest["fields"]
    assert fields["branch"] == "cleo:main"
    assert "tag" not in fields
    assert "complete" not in fields


def test_a_bundle_for_another_commit_is_refused(
    run: Run, server: Fake, tmp_path: Path, second: dict[str, str]
) -> None:
    """A fork cannot put numbers on a commit that the workflow did not run for."""
    run("--bundle", str(tmp_path / "b.zip"), "--commit", "a" * 40)

    done = run("--send", str(tmp_path / "b.zip"), **second)

    assert done.code == 2
    assert "the bundle is of commit aaaaaaaa" in done.text
    assert server.seen == []
