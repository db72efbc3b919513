"""The pages of what nobody ran: code branches (arms never taken) and functions never called, grouped by file. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covdash.coverage import arms
from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.context import ContextBar
from covdash.reports.facts import Page, ReportFact
from covdash.reports.findings import ArmFinding, FileArms, FileFunctions

OF_EACH = 6
"""Places of a file that a list of files names; the rest is behind a door."""
OF_ONE = 400
"""Places that are named where one file was asked for."""
_WHICH_UNKNOWN = "which one, the reports do not say"


@dataclass(frozen=True, slots=True)
class Gap:
    """One place: `said` is what never happened, `beside` what did instead, `text` the line of source."""

    place: str
    address: str
    said: str
    beside: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class GapFile:
    """A file with its places; `count` is the metric of the page.

    `hidden` arms are on lines that never ran; `more` places are not listed here, and `more_address` leads to them.
    """

    path: str
    address: str
    count: Count | None
    missed: int
    gaps: tuple[Gap, ...]
    hidden: int = 0
    more: int = 0
    more_address: str = ""


@dataclass(frozen=True, slots=True)
class GapsPage:
    """All the page prints. `count` is the metric of the whole report, None when no upload carries it."""

    kind: str
    place: Place
    context: ContextBar
    count: Count | None
    files: tuple[GapFile, ...]
    after: str
    everything: bool
    here_address: str
    all_address: str
    only: str = ""

    @property
    def shown(self) -> int:
        """Places on this page."""
        return sum(len(file.gaps) for file in self.files)


def arm_gaps(
    found: Page[FileArms], report: ReportFact, context: ContextBar, *, everything: bool, only: str = ""
) -> GapsPage:
    """Return the page of arms never taken, or those of `only` a file; `everything` also lists those of lines that never ran."""
    place = context.place
    files = []
    for file in found.items:
        listed = tuple(_arm(arm, file.path, place) for arm in file.arms[: OF_ONE if only else OF_EACH])
        told = sum(arm.total - arm.covered for arm in file.arms)
        files.append(
            GapFile(
                file.path,
                place.file(file.path),
                file.totals.get("branches"),
                file.missed,
                listed,
                max(file.missed - told, 0),
                len(file.arms) - len(listed),
                place.arms(show="all" if everything else None, file=file.path) if not only else "",
            )
        )
    return GapsPage(
        "branches",
        place,
        context,
        _known(report, "branches"),
        tuple(files),
        found.after,
        everything,
        place.arms(file=only or None),
        place.arms(show="all", file=only or None),
        only,
    )


def function_gaps(
    found: Page[FileFunctions], report: ReportFact, context: ContextBar, *, only: str = ""
) -> GapsPage:
    """Return the page of functions never called, or those of `only` a file."""
    place = context.place
    most = OF_ONE if only else OF_EACH
    files = tuple(
        GapFile(
            file.path,
            place.file(file.path),
            file.totals.get("functions"),
            len(file.functions),
            tuple(
                Gap(
                    f"line {figures.group(one.start)}" if one.start else "",
                    place.file(file.path, one.start),
                    one.name,
                    figures.counted(one.lines, "executable line") if one.lines is not None else "",
                )
                for one in file.functions[:most]
            ),
            more=max(len(file.functions) - most, 0),
            more_address=place.functions(file=file.path) if not only else "",
        )
        for file in found.items
    )
    address = place.functions()
    return GapsPage(
        "functions",
        place,
        context,
        _known(report, "functions"),
        files,
        found.after,
        False,
        address,
        address,
        only,
    )


def _known(report: ReportFact, kind: str) -> Count | None:
    count = report.totals.get(kind)
    return count if count and count.total else None


def _arm(arm: ArmFinding, path: str, place: Place) -> Gap:
    counted = f"{figures.group(arm.covered)} of {figures.group(arm.total)} taken"
    said = "; ".join(arms.words(key) for key in arm.never) or f"{counted}; {_WHICH_UNKNOWN}"
    beside = "" if not arm.never else _taken(arm.taken) or counted
    if not arm.ran:
        beside = "the line never ran"
    return Gap(f"line {figures.group(arm.line)}", place.file(path, arm.line), said, beside, arm.text)


def _taken(taken: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{arms.name(key)} was taken" for key, _ in list(taken)[:3])
