"""What tests of the uploader stand on: a scratch checkout with a report, a server that obeys, and the program to run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.client import program
from ingest.client.repository import Repository
from ingest.client.search import Search, search
from tests.ingest.client import fake_server
from tests.ingest.client.checkouts import clean, commit, git, write
from tests.ingest.samples import SAMPLES

TOKEN = "cvdu_" + "Ab3" * 12 + "xy"
REPORT = SAMPLES / "cobertura/coverage.py/shopcart/branch.xml"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout on `main` with two source files, and a report that git does not know."""
    folder = tmp_path / "pay"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "First", {"src/pay.py": "def pay():\n    return 1\n", "README": "Pay\n"})
    (folder / "coverage.xml").write_bytes(REPORT.read_bytes())
    return folder


@pytest.fixture
def server() -> Iterator[fake_server.Fake]:
    """A server in a thread."""
    with fake_server.running() as fake:
        yield fake


@dataclass
class Done:
    """How a run ended: exit code, what it printed, and the outcome as JSON where it was asked for."""

    code: int
    text: str
    outcome: dict[str, Any]


Run = Callable[..., Done]


@pytest.fixture
def run(
    checkout: Path,
    server: fake_server.Fake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return `run(*words, **variables)`: the program in the checkout, with a token, without a CI and without real pauses."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(
            ("CI", "GITHUB_", "COVDASH_TOKEN", "COVDASH_URL")
        ):
            monkeypatch.delenv(name)
    for name, value in clean().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(checkout)
    pauses: list[float] = []
    monkeypatch.setattr("ingest.client.wire.pause", pauses.append)

    def running(*words: str, **variables: str) -> Done:
        env = clean() | {"COVDASH_URL": server.url, "COVDASH_TOKEN": TOKEN} | variables
        env = {name: value for name, value in env.items() if value is not None}
        code = program.main(list(words), env)
        printed = capsys.readouterr()
        assert TOKEN not in printed.err
        outcome = json.loads(printed.out) if "--json" in words else {}
        return Done(code, printed.err, outcome | {"pauses": list(pauses)})

    return running


@pytest.fixture
def found(checkout: Path) -> Callable[..., Search]:
    """Return `found(files, **options)`: writes files into the checkout (a sample by its path) and searches."""
    (checkout / "coverage.xml").unlink()

    def searching(
        files: dict[str, Path | str | bytes], *folders: str, exclude: tuple[str, ...] = (), newer: float = 0
    ) -> Search:
        write(
            checkout,
            {name: text.read_bytes() if isinstance(text, Path) else text for name, text in files.items()},
        )
        return search(Repository(str(checkout), clean()), folders, exclude, newer)

    return searching
