"""The forms in which a report leaves: LCOV and Cobertura. PURE; the texts are made in the core."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from covdash.coverage import cobertura_text, lcov_text
from covdash.coverage.lines import FileCoverage
from covdash.reports.facts import ReportFact

Files = Iterable[tuple[str, FileCoverage]]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Form:
    """One form: how it is written, as pieces of text, and its media type."""

    write: Callable[[Files, ReportFact], Iterator[str]]
    content_type: str
    title: str


FORMS: Mapping[str, Form] = {
    "lcov.info": Form(
        lambda files, _report: lcov_text.write(files), "text/plain; charset=utf-8", "LCOV tracefile"
    ),
    "cobertura.xml": Form(
        lambda files, report: cobertura_text.write(files, report.totals, report.commit.committed_at),
        "application/xml; charset=utf-8",
        "Cobertura XML",
    ),
}
"""Name of the file in the address -> form."""


def name_of(slug: str, report: ReportFact, form: str) -> str:
    """Return the name under which a browser saves the file: `acme-shop-a1b2c3d4-unit.lcov.info`, ASCII only."""
    parts = (slug, report.commit.short, report.flag)
    stem = "-".join(_UNSAFE.sub("-", part).strip("-.") for part in parts if part)
    return f"{stem}.{form}"
