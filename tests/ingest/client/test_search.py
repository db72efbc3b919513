"""What is found: names nominate, first bytes decide, fixtures stay at home, the richest form of a run is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.client.recognition import HEAD, recognise
from ingest.client.repository import Repository
from ingest.client.search import Search, named
from ingest.client.walking import is_nominated
from ingest.client.words import Stop
from tests.ingest.client.checkouts import clean, commit, write
from tests.ingest.client.conftest import Run
from tests.ingest.client.fake_server import Fake
from tests.ingest.client.searching import COBERTURA, DATA, JUNIT, LCOV, PYTHON, left, sent
from tests.ingest.samples import SAMPLES

REFUSED_HERE = {"summary.json": "a summary of gcovr has no lines; the server says so too"}
"""Samples that the server knows and the uploader does not send, with the reason."""


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
