"""What is found: names nominate, first bytes decide, fixtures stay at home, the richest form of a run is sent."""

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
from ingest.client.recognition import HEAD, recognise
from ingest.client.repository import Repository
from ingest.client.search import Search, named, search
from ingest.client.walking import is_excluded, is_nominated
from ingest.client.words import Stop
from tests.ingest.client.checkouts import clean, commit, git, write
from tests.ingest.client.conftest import Run
from tests.ingest.client.fake_server import Fake
from tests.ingest.samples import SAMPLES

PYTHON = SAMPLES / "coverage-py-json/coverage.py/itsdangerous/branch.json"
COBERTURA = SAMPLES / "cobertura/coverage.py/shopcart/branch.xml"
LCOV = SAMPLES / "lcov/coverage.py/shopcart/branch.lcov.info"
JUNIT = SAMPLES / "junit/pytest/shopcart/junit.xml"
DATA = SAMPLES / "coverage-py-data/coverage.py/shopcart"

REFUSED_HERE = {"summary.json": "a summary of gcovr has no lines; the server says so too"}
"""Samples that the server knows and the uploader does not send, with the reason."""


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


def sent(result: Search) -> list[str]:
    return [report.path for report in result.reports]


def left(result: Search) -> dict[str, str]:
    return {one.path: one.command or one.reason for one in result.left}


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SAMPLES.glob("*/*/**/*")) if path.is_file() and not path.name.endswith(".truth.json")
     and path.relative_to(SAMPLES).parts[0] not in ("hostile", "sources")],
    ids=lambda path: str(path.relative_to(SAMPLES)),
)  # fmt: skip
def test_every_sample_is_what_the_server_says(path: Path) -> None:
    """The first 4 KB of every report that covdash reads are enough to tell its format."""
    verdict = recognise(path.read_bytes()[:HEAD])

    assert verdict is not None
    if path.name in REFUSED_HERE:
        assert verdict.command
    else:
        assert verdict.format == path.relative_to(SAMPLES).parts[0]
        assert verdict.kind in ("coverage", "tests", "mutation")


DECOYS = {
    "coverage.json": '{"name": "coverage", "version": "1.0.0", "scripts": {}}',
    "package-coverage.json": '{"coverageThreshold": {"global": 80}}',
    "coverage.xml": "<project><modelVersion>4.0.0</modelVersion></project>",
    "clover.xml": "<!DOCTYPE html><html><title>Clover</title></html>",
    "jacoco.xml": "<beans xmlns='http://www.springframework.org/schema/beans'/>",
    "TEST-plan.xml": "<plan/>",
    "junit.xml": "<suite/>",
    "cover.out": "a binary that was built\n",
    "lcov.info": "Information\n",
    "package.info": "name: x\n",
    "coverage.txt": "Name  Stmts  Miss\n",
    "mutation.json": '{"biology": true}',
    "infection.json": '{"source": {"directories": ["src"]}}',
    "a.gcov": "",
    ".resultset.json": "{}",
    "tarpaulin.xml": "not xml",
    "report.exec": "#!/bin/sh\n",
    ".coverage": "SQLite format 3\0 of something else",
    "coverage.lcov": "\n\n\n",
    "results.xml": "<results/>",
}


def test_decoys_are_not_sent(found: Callable[..., Search]) -> None:
    """Every name of a report with other content beside one true report: the true one is sent, and nobody hears of the others."""
    result = found({**DECOYS, "out/coverage.json": PYTHON})

    assert sent(result) == ["out/coverage.json"]
    assert result.left == []


def test_what_git_tracks_is_a_fixture(found: Callable[..., Search], checkout: Path) -> None:
    """Unless it is named."""
    commit(
        checkout,
        "Fixtures",
        {"tests/data/coverage.xml": COBERTURA.read_bytes(), "junk/junit.xml": JUNIT.read_bytes()},
    )

    result = found({"coverage.xml": COBERTURA})

    assert sent(result) == ["coverage.xml"]
    assert left(result)["tests/data/coverage.xml"].startswith("tracked by git: a fixture")
    assert "junk/junit.xml" in left(result)
    named_one = named(Repository(str(checkout), clean()), [str(checkout / "tests/data/coverage.xml")], [])
    assert sent(named_one) == ["tests/data/coverage.xml"]


def test_the_richest_form_of_a_run(found: Callable[..., Search]) -> None:
    """Three forms of one run: the JSON; other runs, other folders and results of tests are apart."""
    result = found(
        {
            "coverage.json": PYTHON,
            "coverage.xml": COBERTURA,
            "coverage.lcov": LCOV,
            "coverage-unit.xml": COBERTURA,
            "sub/coverage.xml": COBERTURA,
            "junit.xml": JUNIT,
        }
    )

    assert sent(result) == ["coverage-unit.xml", "coverage.json", "junit.xml", "sub/coverage.xml"]
    assert left(result) == dict.fromkeys(
        ("coverage.lcov", "coverage.xml"), "same run as coverage.json, poorer"
    )


def test_five_forms_of_jest(found: Callable[..., Search]) -> None:
    """What Jest writes by default is one report."""
    jest = {
        "coverage/coverage-final.json": next((SAMPLES / "istanbul-json/jest").rglob("*.json")),
        "coverage/lcov.info": next((SAMPLES / "lcov/jest").rglob("*.info")),
        "coverage/clover.xml": next((SAMPLES / "clover/jest").rglob("*.xml")),
        "coverage/cobertura-coverage.xml": next((SAMPLES / "cobertura/jest").rglob("*.xml")),
        "coverage/lcov-report/index.html": "<html>",
    }

    result = found(jest)

    assert sent(result) == ["coverage/coverage-final.json"]
    assert len(result.left) == 3
    del jest["coverage/coverage-final.json"]


def test_a_data_file_of_coverage_py_alone(found: Callable[..., Search]) -> None:
    """The server reads its lines from the texts; beside a report it is the poorer form; uncombined ones are a near miss."""
    data = next(path for path in DATA.iterdir() if path.read_bytes().startswith(b"SQLite"))

    assert sent(found({".coverage": data})) == [".coverage"]
    assert sent(found({"coverage.json": PYTHON})) == ["coverage.json"]
    assert (
        left(found({".coverage.host1.pid77": data}))[".coverage.host1.pid77"]
        == "coverage combine && coverage json"
    )


@pytest.mark.parametrize(
    ("name", "head", "command"),
    [
        ("build/jacoco/test.exec", b"\x01\xc0\xc0\x10\x07", "jacocoTestReport"),
        ("default.profraw", b"\x81rforpl\xff", "llvm-cov export"),
        ("main.gcda", b"adcg", "gcovr"),
        ("covcounters.1a.2.3", b"\x00cwm", "go tool covdata textfmt"),
        ("TestResults/a.trx", b'<?xml version="1.0"?><TestRun id="1"/>', "JUnit XML"),
    ],
)
def test_raw_data_says_what_to_run(
    found: Callable[..., Search], name: str, head: bytes, command: str
) -> None:
    result = found({name: head})

    assert sent(result) == []
    assert command in left(result)[name]


def test_a_result_bundle_of_xcode(found: Callable[..., Search]) -> None:
    """A folder that is a result: not entered, and the command is told."""
    result = found({"App.xcresult/Data/coverage.xml": COBERTURA})

    assert sent(result) == []
    assert "xccov" in left(result)["App.xcresult"]


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


def test_named_files_are_never_filtered(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Globs are expanded here; a file in a skipped folder is sent; what is missing, empty, raw or unknown is an error at once."""
    monkeypatch.chdir(checkout)
    write(
        checkout,
        {
            "node_modules/odd.name": COBERTURA.read_bytes(),
            "r/1.xml": JUNIT.read_bytes(),
            "r/2.xml": JUNIT.read_bytes(),
        },
    )
    write(checkout, {"empty.xml": "", "raw.exec": b"\x01\xc0\xc0", "notes.txt": "hello"})
    repository = Repository(str(checkout), clean())

    assert sent(named(repository, ["node_modules/odd.name", "r/*.xml"], [])) == [
        "node_modules/odd.name",
        "r/1.xml",
        "r/2.xml",
    ]
    assert [one.kind for one in named(repository, [], ["coverage.xml"]).reports] == ["tests"]
    for name, words in (
        ("gone.xml", "no file"),
        ("empty.xml", "is empty"),
        ("raw.exec", "not a report"),
        ("notes.txt", "is no report"),
    ):
        with pytest.raises(Stop, match=words) as stop:
            named(repository, [name], [])
        assert stop.value.code == 2


def test_nothing_to_send(run: Run, server: Fake, checkout: Path) -> None:
    """Exit 3 with what was near; --allow-empty makes it 0; nothing is asked of the server."""
    (checkout / "coverage.xml").unlink()
    write(
        checkout,
        {".coverage.host1.pid77": b"SQLite format 3\0 coverage_schema", "node_modules/x/coverage.xml": "x"},
    )

    done = run()

    assert done.code == 3
    assert "nothing to send (exit 3)" in done.text
    assert "uncombined   run: coverage combine && coverage json" in done.text
    assert "skipped .git, node_modules" in done.text
    assert run("--allow-empty").code == 0
    assert server.seen == []


def test_a_folder_of_phpunit_is_one_report(run: Run, server: Fake, checkout: Path) -> None:
    """Its index and its files travel as one archive, the same bytes each time."""
    import io
    import tarfile

    (checkout / "coverage.xml").unlink()
    source = SAMPLES / "phpunit-xml/phpunit/phpapp/xml"
    write(
        checkout,
        {f"coverage-xml/{path.relative_to(source)}": path.read_bytes() for path in source.rglob("*.xml")},
    )

    assert run("--no-source").code == 0
    (body,) = server.reports.values()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert sorted(archive.getnames()) == [
            "Calculator.php.xml",
            "Model/User.php.xml",
            "index.xml",
            "untested.php.xml",
        ]
    before = set(server.reports)
    run("--no-source")
    assert set(server.reports) == before


@pytest.mark.parametrize("name", ["a/b/coverage.xml", ".coverage", "x.lcov", "target/site/jacoco/jacoco.xml", "build/kover/report.xml",
                                  "t/TEST-a.b.xml", "cover.out", "bazel-testlogs/x/coverage.dat", "covmeta.ab12"])  # fmt: skip
def test_names_that_nominate(name: str) -> None:
    assert is_nominated(name)


@pytest.mark.parametrize(
    "name", ["README.md", "src/coverage.py", "package.json", "pom.xml", "data.json", "coverage/index.html"]
)
def test_names_that_do_not(name: str) -> None:
    assert not is_nominated(name)


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
