"""Each CI system is read as its documentation says: variables and event as it sets them, a real clone in the state it checks out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ingest.client.commit import settle
from ingest.client.environment import Build, detect, fill
from ingest.client.options import Options
from ingest.client.repository import Repository
from ingest.client.systems import SYSTEMS, UNSET
from tests.ingest.client.checkouts import SECRET, Origin, clean, origin

ROWS = sorted((Path(__file__).parent / "systems").glob("*.json"))
SETTLED = (
    "commit", "branch", "pull", "base", "base_sha", "tested", "tree", "tag", "title", "build_url", "attempt", "job", "slot",
    "adds", "name",
)  # fmt: skip
"""Fields that a row gives in full: what it does not name must be absent."""
REPORTS = "d" * 64


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    return origin(tmp_path_factory.mktemp("origin") / "pay")


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put ids of commits in for `{head}` and `{head:12}`; other braces stay."""
    if isinstance(value, str):
        return re.sub(
            r"\{(\w+)(?::(\d+))?\}",
            lambda found: (
                names[found[1]][: int(found[2]) if found[2] else None] if found[1] in names else found[0]
            ),
            value,
        )
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return [filled(item, names) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", ROWS, ids=lambda path: path.stem)
def test_a_row(path: Path, repository: Origin, tmp_path: Path) -> None:
    """Detected as itself; every field as documented, with its origin; nothing more; doubts are told."""
    row = json.loads(path.read_text())
    row = filled(row, repository.names | {"folder": str(tmp_path)})
    folder = repository.checkout(row["checkout"], tmp_path / "clone", depth=row["depth"])
    env = clean() | row["env"]
    for name, text in row.get("files", {}).items():
        (tmp_path / name).write_text(text)
    if "event" in row:
        (tmp_path / "event.json").write_text(json.dumps(row["event"]))
        env["GITHUB_EVENT_PATH"] = str(tmp_path / "event.json")

    system = detect(env, SYSTEMS) or UNSET
    clone = Repository(str(folder), env)
    build = Build(env, clone.checkout, clone.on_target)
    fill(build, system)
    said = Options(row.get("said", []), env).said()
    filing = settle(build, said, clone, system=system.key, flags=[], reports=REPORTS)

    assert system.key == row["system"]
    assert {name: filing.fields[name] for name in SETTLED if name in filing.fields} == row["fields"]
    assert {name: filing.ci.get(name) for name in row.get("ci", {})} == row.get("ci", {})
    assert len(filing.doubts) == len(row["doubts"]), filing.doubts
    for doubt, words in zip(filing.doubts, row["doubts"], strict=True):
        assert words in doubt
    assert set(filing.origins) >= set(row["fields"]) - {"adds"}
    assert all(filing.origins[name] for name in filing.origins)
    assert SECRET not in json.dumps([filing.fields, filing.ci, filing.origins])


def test_no_adapter_is_without_a_row() -> None:
    """Whoever adds a system adds the state that it checks out."""
    rows = {json.loads(path.read_text())["system"] for path in ROWS}

    assert rows == {system.key for system in SYSTEMS} | {"git"}


def test_an_adapter_is_a_table_and_at_most_one_function() -> None:
    """Every name in the tables is a variable or a template of variables, of a field that is known."""
    fields = {
        "event", "commit", "branch", "pull_branch", "pull", "base", "base_sha", "head", "slug", "head_slug", "default_branch", "title",
        "tag", "build_url", "run", "attempt", "workflow", "job", "node", "host",
    }  # fmt: skip
    for system in SYSTEMS:
        assert set(system.names) <= fields
        for names in system.names.values():
            for name in names:
                assert re.fullmatch(r"[A-Za-z_0-9]+", name) or re.search(r"\{[A-Za-z_0-9]+\}", name), name


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), ("refs/pull/12/merge", "12"), ("https://github.com/a/b/pull/12", "12"), ("a/b!12", "12"), ("#12", "12"),
     ("false", ""), ("undefined", ""), ("null", ""), ("", ""), ("refs/heads/main", "")],
)  # fmt: skip
def test_the_number_of_a_pull_request(text: str, number: str) -> None:
    from ingest.client.environment import number_of

    assert number_of(text) == number


@pytest.mark.parametrize(
    ("address", "slug", "host"),
    [
        ("https://user:pw@git.example.org/group/sub/pay.git?x=1", "group/sub/pay", "git.example.org"),
        ("git@github.com:acme/pay.git", "acme/pay", "github.com"),
        ("ssh://git@git.example.org:2222/acme/pay.git", "acme/pay", "git.example.org:2222"),
        ("acme/pay", "acme/pay", ""),
    ],
)
def test_the_address_of_a_repository(address: str, slug: str, host: str) -> None:
    from ingest.client.environment import host_of, slug_of

    assert (slug_of(address), host_of(address)) == (slug, host)


def test_a_sha256_repository_is_filed_as_any_other(tmp_path: Path) -> None:
    """Ids of 64 digits are ids."""
    from tests.ingest.client.checkouts import commit, git

    (tmp_path / "wide").mkdir()
    git(tmp_path / "wide", "init", "--quiet", "--object-format=sha256", "--initial-branch", "main")
    sha = commit(tmp_path / "wide", "First", {"a.py": "x = 1\n"})
    clone = Repository(str(tmp_path / "wide"), clean())

    assert len(sha) == 64
    assert clone.checkout.sha == sha
    assert clone.listing() is not None
