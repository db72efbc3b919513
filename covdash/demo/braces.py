"""Reports of projects in languages with braces: the sources are interpreted (`blocks.py`) and a writer tells what ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from covdash.demo.blocks import measure
from covdash.demo.measured import Measured
from covdash.demo.project import Run
from covdash.demo.template import checkout


class Writer(Protocol):
    """Write a report of `files` (path -> what ran there) as its tool would have done `at` that time."""

    def __call__(self, files: Mapping[str, Measured], *, at: datetime) -> bytes:
        """Return the report."""
        ...


def suites(
    suffix: str, writers: Mapping[str, Writer], *, script: bool = False
) -> Callable[[str, Sequence[Run]], list[bytes]]:
    """Return how a project makes its reports: of all files with `suffix`, by the writer of each job."""

    def reports(project: str, runs: Sequence[Run]) -> list[bytes]:
        made = []
        for run in runs:
            files = {}
            for path, text in checkout(project, run.commit.on).items():
                if path.endswith(suffix):
                    try:
                        files[path] = measure(text, run.tests, script=script)
                    except ValueError as error:
                        raise ValueError(f"{project}/{path} at {run.commit.message!r}: {error}") from error
            made.append(writers[run.job.name](files, at=run.commit.at))
        return made

    return reports
