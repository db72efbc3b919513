"""What to talk about: the sentence of a period and up to seven points, from fixed templates, each with its door. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.pages.review_moves import Move
from covdash.reports.facts import ReportFact
from covdash.reports.review_facts import ReviewFacts
from covdash.reports.rule_facts import ComponentFact

if TYPE_CHECKING:
    from covdash.dashboards.pages.review import ReviewPage

MOST = 7
"""Points of one review."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something to talk about, with the page that shows it."""

    text: str
    address: str


def sentence(facts: ReviewFacts, whole: Move) -> str:
    """Say what became of the whole: metrics with their change, lines gained and lost, the component that is furthest under."""
    head, base = facts.period.head, facts.period.base
    if head is None:
        return ""
    said = [_metric(kind, head, base) for kind in ("lines", "branches") if _count(head, kind)]
    if not said:
        return "The reports measure no lines."
    first = ", ".join(said)
    parts = [f"{first[0].upper()}{first[1:]}."]
    if base is None:
        parts.append("This is the first report of the git branch, so there is nothing to compare with.")
    elif whole.tally is not None:
        parts.append(_moved(whole))
    if (worst := _worst(facts)) is not None:
        parts.append(f"{worst[0].name} is {_points(worst[1])} under its floor.")
    return " ".join(parts)


def of_team(team: str, whole: Move) -> str:
    """Say what became of the files of a team."""
    if whole.tally is None:
        return f"Files of {team}: nothing was compared line by line yet."
    return f"Files of {team}: {_moved(whole)}"


def with_points(page: ReviewPage, facts: ReviewFacts) -> ReviewPage:
    """Return the page with its talking points."""
    return replace(page, points=tuple(_points_of(page, facts))[:MOST])


def _points_of(page: ReviewPage, facts: ReviewFacts) -> Iterator[Point]:
    """Yield points, the most important first."""
    place, whole = page.place, page.whole
    if (worst := _worst(facts)) is not None:
        component, gap = worst
        floor = f"{component.floors['lines']:g} %"
        yield Point(
            f"{component.name} (weight {component.weight}) is {_points(gap)} under its floor of {floor}. What would close the gap?",
            place.tree(flat=True, component=component.name),
        )
    yield from _of_lines(page, whole)
    for row in facts.attention.rows[:1]:
        where = f" in {row.component} (weight {row.weight})" if row.component else ""
        address = place.attention() if row.kind == "floor" else place.file(row.path, row.line)
        yield Point(f"What needs eyes first{where}: {row.path}, {row.what}.", address)
    for hole in page.oldest[:1]:
        since = f"{'at least ' if hole.at_least else ''}{hole.since:%Y-%m-%d}"
        yield Point(f"{hole.path}, {hole.where}: missed since {since}. Test it, or delete it?", hole.address)
    if page.failed:
        uploads = figures.counted(page.failed, "upload")
        yield Point(
            f"{uploads} failed in this period: the numbers may lack what they would have shown.",
            page.failed_address,
        )
    if due := sum(row.is_due for row in page.hidden):
        yield Point(
            f"{figures.counted(due, 'hidden row')} will be seen again within two weeks.",
            f"{place.attention()}#hidden",
        )
    if whole.measuring and page.compare_address:
        yield Point(
            f"{_lines(whole.measuring)} moved because measuring changed, not because of work.",
            f"{page.compare_address}&cell=GIC",
        )
    if page.head and page.base and _one_way(page.head, page.base):
        yield Point("Lines rose while arms did not: the new tests go one way only.", place.arms())


def _of_lines(page: ReviewPage, whole: Move) -> Iterator[Point]:
    """Yield what lines did, where they were compared."""
    if whole.tally is not None and page.compare_address:
        compare = f"{page.compare_address}&cell="
        if whole.tally.lbc:
            yield Point(
                f"{_lines(whole.tally.lbc)} of unchanged code ran before and"
                f" {'does' if whole.tally.lbc == 1 else 'do'} no longer. Was that meant?",
                f"{compare}LBC",
            )
        if whole.tally.unc:
            fresh = whole.tally.unc + whole.tally.gnc
            yield Point(
                f"{figures.group(whole.tally.unc)} of {_lines(fresh)} that came in this period never ran.",
                f"{compare}UNC",
            )


def _moved(whole: Move) -> str:
    if not whole.gained and not whole.lost:
        return "No line was gained and none lost."
    return f"{_lines(whole.gained)} gained, {figures.group(whole.lost)} lost."


def _metric(kind: str, head: ReportFact, base: ReportFact | None) -> str:
    now = _count(head, kind)
    text = f"{figures.unit(kind)} {figures.percent(now)}"
    return f"{text} ({figures.delta(_count(base, kind), now, kind).text})" if base else text


def _count(report: ReportFact | None, kind: str) -> Count | None:
    found = report.totals.get(kind) if report else None
    return found if found and found.total else None


def _one_way(head: ReportFact, base: ReportFact) -> bool:
    shares = []
    for kind in ("lines", "branches"):
        before, after = _count(base, kind), _count(head, kind)
        if before is None or after is None:
            return False
        shares.append(Fraction(after.covered, after.total) - Fraction(before.covered, before.total))
    return shares[0] > 0 >= shares[1]


def _worst(facts: ReviewFacts) -> tuple[ComponentFact, Fraction] | None:
    """Return the component that is furthest under its floor of lines, by weight x gap."""
    under = [
        (one, gap)
        for one in facts.components.components
        if facts.components.counted and (gap := one.gap("lines")) is not None and gap > 0
    ]
    return max(under, key=lambda pair: (pair[0].weight * pair[1], pair[0].name), default=None)


def _points(gap: Fraction) -> str:
    tenths = max(1, round(gap * 10))
    return f"{tenths // 10}.{tenths % 10} pp"


def _lines(number: int) -> str:
    return figures.counted(number, "line")
