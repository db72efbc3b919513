"""Where the search goes: folders, links, excluded places and limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import uploader
from ingest.client import search as room
from ingest.client.search import Search
from ingest.client.walking import is_excluded
from tests.ingest.client.checkouts import clean, commit, git, write
from tests.ingest.client.searching import COBERTURA, JUNIT, LCOV, left, sent


def test_folders_that_are_not_entered(found: Callable[..., Search], checkout: Path) -> None:
    """Dependencies, caches, environments by their marks; `vendor` only when git tracks nothing in it."""
    commit(checkout, "Vendored", {"vendor/ours.py": "x = 1\n"})
    places = (
        "node_modules/a",
        "my-venv/lib",
        "cached",
        "deps",
        "x.egg-info",
        "_build/dev/lib",
        ".git/hooks",
        "a/b/.tox",
        "vendor/out",
        "build",
    )
    files: dict[str, Path | str | bytes] = {f"{place}/coverage.xml": COBERTURA for place in places}

    result = found(
        files | {"my-venv/pyvenv.cfg": "home = /usr\n", "cached/CACHEDIR.TAG": "Signature: 8a477f59"}
    )

    assert sent(result) == ["build/coverage.xml", "vendor/out/coverage.xml"]


def test_links_are_not_followed_but_those_of_bazel(
    found: Callable[..., Search], checkout: Path, tmp_path: Path
) -> None:
    write(
        tmp_path, {"outside/coverage.xml": COBERTURA.read_bytes(), "logs/a/coverage.dat": LCOV.read_bytes()}
    )
    (checkout / "link").symlink_to(tmp_path / "outside")
    (checkout / "coverage.json").symlink_to(tmp_path / "outside/coverage.xml")
    (checkout / "bazel-testlogs").symlink_to(tmp_path / "logs")

    assert sent(found({})) == ["bazel-testlogs/a/coverage.dat"]


def test_excludes_and_places(found: Callable[..., Search]) -> None:
    """Globs fit a path, a name or a folder; the search can be told where."""
    files: dict[str, Path | str | bytes] = {
        "a/coverage.xml": COBERTURA,
        "b/c/coverage.xml": COBERTURA,
        "d/coverage.xml": COBERTURA,
    }

    assert sent(found(files, exclude=("b", "d/*.xml"))) == ["a/coverage.xml"]
    assert sent(found(files, "b/", "d")) == ["b/c/coverage.xml", "d/coverage.xml"]
    assert is_excluded("x/y/z.xml", ["y"])
    assert not is_excluded("x/yy/z.xml", ["y"])


def test_old_reports_can_be_left_out(found: Callable[..., Search], checkout: Path) -> None:
    write(checkout, {"old/coverage.xml": COBERTURA.read_bytes()})
    os.utime(checkout / "old/coverage.xml", (1, 1))

    result = found({"coverage.xml": COBERTURA}, newer=time.time() - 600)

    assert sent(result) == ["coverage.xml"]
    assert left(result)["old/coverage.xml"] == "older than --newer-than"


def test_limits_are_told(found: Callable[..., Search], monkeypatch: pytest.MonkeyPatch) -> None:
    """So many reports, so many bytes: what is over is named."""
    monkeypatch.setattr(room, "MAX_REPORTS", 2)
    result = found({f"{name}/coverage.xml": COBERTURA for name in "abc"})
    assert sent(result) == ["a/coverage.xml", "b/coverage.xml"]
    assert left(result)["c/coverage.xml"] == "more than 2 reports"

    monkeypatch.setattr(room, "MAX_REPORT", 10)
    assert sent(found({})) == []


def test_a_hundred_thousand_files(tmp_path: Path) -> None:
    """Three reports among 100,000 tracked files: found, listed and said within the budget, before the network is touched."""
    folder = tmp_path / "large"
    for number in range(400):
        place = folder / f"pkg{number:03}/src"
        place.mkdir(parents=True)
        for name in range(250):
            (place / f"module_{name}.py").write_bytes(b"")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Large")
    for name in ("coverage.xml", "pkg001/coverage.xml", "pkg399/src/junit.xml"):
        write(folder, {name: (JUNIT if "junit" in name else COBERTURA).read_bytes()})
    program = tmp_path / "covdash-upload.py"
    program.write_bytes(uploader.program(server="http://127.0.0.1:9").body)
    meter = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "facts = {'seconds': used.ru_utime + used.ru_stime, 'mb': used.ru_maxrss / 1000, 'out': done.stdout}\n"
        "print(json.dumps(facts))\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", meter, sys.executable, "-I", str(program), "--dry-run", "--json", "-q"],
        cwd=folder, env=clean(), capture_output=True, text=True, check=True,
    )  # fmt: skip

    measured = json.loads(said.stdout)
    manifest = json.loads(measured["out"])["manifest"]
    assert [one["path"] for one in manifest["reports"]] == [
        "coverage.xml",
        "pkg001/coverage.xml",
        "pkg399/src/junit.xml",
    ]
    assert manifest["tree"]["files"] == 100_000
    assert measured["mb"] < 60
    # Processor time, of git as well: a busy machine must not fail the test. On an idle one it is about the time on the clock.
    assert measured["seconds"] < 3.0
