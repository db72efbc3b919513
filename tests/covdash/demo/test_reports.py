"""Every report of the demo is read by the format it was made for, and made the same each time."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from covdash.coverage.lines import merge
from covdash.coverage.totals import Count, Totals
from covdash.demo.history import Commit, read
from covdash.demo.project import Delivery, Project, deliveries
from covdash.demo.projects import PROJECTS
from covdash.demo.template import checkout
from ingest.reading import Failed, Outcome, Parsed, Skipped, read_upload_file

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
FORMATS = {
    "coverage.xml": "cobertura",
    "coverage.json": "coverage-py-json",
    ".coverage": "coverage-py-data",
    "jacoco.xml": "jacoco",
    "jacoco-it.xml": "jacoco",
    "coverage-final.json": "istanbul-json",
    "clover.xml": "clover",
    "cover.out": "go-cover",
    "lcov.info": "lcov",
}
COMMITS = [(project, commit) for project in PROJECTS for commit in read(project.name, until=NOW)]
LAST = {project.name: commit for project, commit in COMMITS if commit.branch == "main"}


def outcomes(delivery: Delivery) -> list[Outcome]:
    """Read the report of a delivery with the sources that it brings along."""
    files = {field: (name, content) for field, name, content in delivery.files}
    texts: dict[str, bytes] = {}
    if "sources" in files:
        with zipfile.ZipFile(io.BytesIO(files["sources"][1])) as packed:
            texts = {name: packed.read(name) for name in packed.namelist()}
    name, content = files["report"]
    return list(read_upload_file(name, [content], source_text=texts.get))


@pytest.mark.parametrize(
    ("project", "commit"), COMMITS, ids=lambda it: getattr(it, "name", None) or it.sha[:8]
)
def test_every_report_is_accepted(project: Project, commit: Commit) -> None:
    """... except for the one that was cut off; a bundle holds a log file beside its report."""
    for delivery in deliveries(project, commit):
        fields = dict(delivery.fields)
        found = outcomes(delivery)
        if commit.did("cut", fields["flags"]):
            assert [type(outcome) for outcome in found] == [Failed]
            continue
        if commit.did("zipped", fields["flags"]):
            assert [type(outcome) for outcome in found] == [Skipped, Parsed]
        parsed = [outcome for outcome in found if isinstance(outcome, Parsed)]
        assert [outcome.format for outcome in parsed] == [FORMATS[fields["name"]]]
        warnings = {code for outcome in parsed for code in outcome.report.warnings.found}
        assert warnings == ({"needs_sources"} if project.name == "nightly" else set())


def test_python_compiles_at_every_commit() -> None:
    texts = {
        (path, text)
        for project, commit in COMMITS
        for path, text in checkout(project.name, commit.on).items()
        if path.endswith(".py")
    }

    for path, text in texts:
        compile(text, path, "exec")
    assert len(texts) > 60


def covered(delivery: Delivery) -> Count:
    """Return the lines of the one report of a delivery."""
    (parsed,) = (outcome for outcome in outcomes(delivery) if isinstance(outcome, Parsed))
    counted = sum((file.totals() for file in parsed.report.files.values()), Totals()).get("lines")
    assert counted is not None
    return counted


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_delivery_is_the_same_each_time(project: Project) -> None:
    """The bytes, too: a second load must find its uploads there already."""
    commit = LAST[project.name]

    assert list(deliveries(project, commit)) == list(deliveries(project, commit))


def test_all_eight_formats_appear() -> None:
    sent = {job.filename for project in PROJECTS for job in project.jobs}

    assert {FORMATS[name] for name in sent} == set(FORMATS.values())
    assert len(set(FORMATS.values())) == 8


def test_the_rewrite_of_the_payments_costs_coverage() -> None:
    (shop,) = (project for project in PROJECTS if project.name == "shop")
    commits = [commit for project, commit in COMMITS if project is shop and commit.branch == "main"]
    rewrite = next(number for number, commit in enumerate(commits) if "capture" in commit.on)

    first, before, after, last = (share(shop, commits[number]) for number in (0, rewrite - 1, rewrite, -1))

    assert first < 0.4
    assert before > 0.6
    assert after < before - 0.05
    assert after < last


def share(project: Project, commit: Commit) -> float:
    """Return the share of the lines that the unit tests cover."""
    (unit,) = (d for d in deliveries(project, commit) if ("flags", "unit") in d.fields)
    lines = covered(unit)
    return lines.covered / lines.total


def test_two_formats_of_one_file_count_its_statements_once() -> None:
    """Clover names no statements; joined with Istanbul's named ones they are the same statements, not more."""
    (web,) = (project for project in PROJECTS if project.name == "web")
    unit, browser = (outcomes(delivery)[-1] for delivery in deliveries(web, LAST["web"]))
    assert isinstance(unit, Parsed)
    assert isinstance(browser, Parsed)

    for path, file in unit.report.files.items():
        both = merge(file, browser.report.files[path]).totals()
        assert total(both, "statements") == total(file.totals(), "statements")


def total(totals: Totals, kind: str) -> int:
    """Return how many of a kind there are; 0 when it is absent."""
    count = totals.get(kind)
    return count.total if count else 0


def test_what_the_first_attempt_lost_the_second_has() -> None:
    project, commit = next((p, c) for p, c in COMMITS if c.did("retried", "browser"))

    first, second = (d for d in deliveries(project, commit) if ("flags", "browser") in d.fields)

    assert [dict(delivery.fields)["attempt"] for delivery in (first, second)] == ["1", "2"]
    assert covered(first).covered < covered(second).covered
