"""What a demo project is, and what its CI jobs deliver for a commit.

A book of `projects/` says how a project makes its reports; here they become deliveries, with what happened to the jobs of the commit.
Nothing here knows a format or talks to a server (`client.py`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from covdash.demo.dialect import strip
from covdash.demo.history import Commit
from covdash.demo.template import checkout


@dataclass(frozen=True, slots=True)
class Job:
    """A CI job, named after its flag. `prefix` starts the switches of its tests; without any the job does not exist yet.

    One that `announces` speaks the exchange of our own uploader, which takes the `covdash.toml` of the checkout along.
    """

    name: str
    prefix: str
    filename: str
    sends_sources: bool = False
    announces: bool = False

    @property
    def title(self) -> str:
        """What the CI calls it."""
        return f"{self.name} tests"


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a job at a commit. `lost`: the runner gave up after half of the tests."""

    commit: Commit
    job: Job
    attempt: int = 1
    lost: bool = False

    @property
    def tests(self) -> frozenset[str]:
        """The tests that really ran."""
        tests = sorted(switch for switch in self.commit.on if switch.startswith(self.job.prefix))
        return frozenset(tests[: len(tests) // 2] if self.lost else tests)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the demo. `name` is its folder under `sources/`; `reports` gives the bytes of each run of one commit."""

    name: str
    slug: str
    is_public: bool
    jobs: tuple[Job, ...]
    reports: Callable[[str, Sequence[Run]], list[bytes]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one run sends to the ingest API. `fields` are text, `files` are (field, file name, bytes).

    With a `configuration`, the text of a `covdash.toml`, it is announced first; it must then hold no sources.
    """

    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, bytes], ...]
    configuration: str = ""


def runs(project: Project, commit: Commit) -> tuple[Run, ...]:
    """Return the attempts of the jobs of a commit, in the order in which they report."""
    found: list[Run] = []
    for job in project.jobs:
        if commit.did("without", job.name) or not Run(commit, job).tests:
            continue
        again = commit.did("retried", job.name)
        if again:
            found.append(Run(commit, job, attempt=1, lost=True))
        found.append(Run(commit, job, attempt=1 + again))
    return tuple(found)


def deliveries(project: Project, commit: Commit) -> Iterator[Delivery]:
    """Make the reports of a commit and yield what its jobs send."""
    planned = runs(project, commit)
    texts = {path: strip(text) for path, text in checkout(project.name, commit.on).items()}
    for run, report in zip(planned, project.reports(project.name, planned), strict=True):
        files = [("report", *_as_sent(run, report))]
        if run.job.sends_sources:
            code = {path: text for path, text in texts.items() if not path.startswith("tests/")}
            files.append(("sources", "sources.zip", archive(code)))
        configuration = texts.get("covdash.toml", "") if run.job.announces else ""
        yield Delivery(_fields(project, run, texts), tuple(files), configuration)


def archive(texts: dict[str, str]) -> bytes:
    """Return a zip of `texts`, the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path, text in texts.items():
            file.writestr(zipfile.ZipInfo(path), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _as_sent(run: Run, report: bytes) -> tuple[str, bytes]:
    name = run.job.filename
    if run.commit.did("cut", run.job.name):
        return name, report[: len(report) * 3 // 5]
    if run.commit.did("zipped", run.job.name):
        log = f"{run.job.name}: {len(run.tests)} tests, all passed\n"
        return f"{run.job.name}.zip", archive({f"{run.job.name}.log": log, name: report.decode()})
    return name, report


def _fields(project: Project, run: Run, texts: dict[str, str]) -> tuple[tuple[str, str], ...]:
    commit = run.commit
    build = commit.number * 7 + 100
    fields = {
        "commit": commit.sha,
        "branch": commit.branch,
        "parent": commit.parent,
        "pull": commit.pull,
        "base": "main" if commit.pull else "",
        "title": commit.title,
        "flags": run.job.name,
        "job": run.job.title,
        "attempt": str(run.attempt),
        "name": run.job.filename,
        "build_url": f"https://ci.acme.example/{project.name}/builds/{build}",
        "committed_at": commit.at.isoformat(),
        "author": commit.author,
        "message": commit.message,
        "files": "\n".join(sorted(texts)) if any(job.sends_sources for job in project.jobs) else "",
    }
    return tuple((name, value) for name, value in fields.items() if value)
