"""Optional columns of a table of files: what `?col=` asks for, read for exactly the rows of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from covdash.dashboards.pages import columns
from covdash.dashboards.views.scope import Scope
from covdash.reports import ages
from covdash.reports.facts import EntryFact
from covdash.reports.queries import commits, files


def read(
    seen: Scope, words: Sequence[str], known: Mapping[str, str], entries: Iterable[EntryFact]
) -> tuple[columns.Column, ...]:
    """Return the columns of `words` for some entries.

    One SQL statement for the age, one for all flags, and for each flag one a level that is not cached.
    """
    paths = [entry.path for entry in entries if entry.path]
    since = {}
    if "age" in words:
        since = ages.of_files(project=seen.project, report=seen.report, branch=seen.past, paths=paths)
    wanted = [word.removeprefix(columns.FLAG) for word in words if word.startswith(columns.FLAG)]
    reports = (
        commits.of_flags(project=seen.project, commit=seen.report.commit, flags=wanted) if wanted else ()
    )
    flags = {
        report.flag: files.totals_of(project=seen.project, report=report, paths=paths) for report in reports
    }
    return columns.build(words, known, ages=since, flags=flags)
