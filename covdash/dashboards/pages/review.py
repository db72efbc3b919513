"""The review of a period: read from top to bottom in a meeting, printed on two pages. People are nowhere ranked. PURE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from covdash.coverage import pace
from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import attention, components, prose, review_moves, review_points
from covdash.dashboards.pages.review_points import Point
from covdash.reports.facts import ReportFact
from covdash.reports.review_facts import DecisionFact, HoleFact, ReviewFacts, WaiverFact

ZONES = 5
NEW_WAYS = 5
WEEKS = (1, 2, 4, 8, 13, 26)
DEFAULT_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `team` is one of `teams`, the owners that a CODEOWNERS names, or "" for all."""

    branch: str
    weeks: int
    until: date
    team: str = ""
    teams: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def since(self) -> date:
        """The day after which the period begins."""
        return self.until - timedelta(weeks=self.weeks)


@dataclass(frozen=True, slots=True)
class Bullet:
    """A component beside its floor. `before` is the tick of the beginning of the period, in pixels as the bar; `outlook` may be ""."""

    row: components.ComponentRow
    before: int | None
    delta: figures.Delta
    outlook: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A zone that nobody runs."""

    path: str
    address: str
    where: str
    missed: int
    component: str
    weight: int
    since: datetime
    last_hit: datetime | None
    born: datetime
    at_least: bool


@dataclass(frozen=True, slots=True)
class NewWays:
    """A file with more arms never taken or functions never called than before."""

    path: str
    address: str
    arms: int
    functions: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; `then` and `now` are the lines of what it is about, and `delta` what became of them."""

    fact: DecisionFact
    then: Count | None
    now: Count | None
    delta: figures.Delta
    is_late: bool


@dataclass(frozen=True, slots=True)
class Note:
    """The notes of a period in blocks."""

    until: date
    by: str
    at: datetime
    blocks: tuple[prose.Block, ...]
    body: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """All the page prints. `head` is None for a period without a report; `pending` says that lines are still being compared."""

    place: Place
    asked: Asked
    head: ReportFact | None
    base: ReportFact | None
    latest: ReportFact | None
    reports: int
    pending: bool
    sentence: str
    points: tuple[Point, ...]
    whole: review_moves.Move
    unknown: int
    gains: tuple[review_moves.Move, ...]
    losses: tuple[review_moves.Move, ...]
    bullets: tuple[Bullet, ...]
    oldest: tuple[Hole, ...]
    newest: tuple[Hole, ...]
    ways: tuple[NewWays, ...]
    failed: int
    carried: tuple[tuple[str, int], ...]
    hidden: tuple[attention.HiddenRow, ...]
    waivers: tuple[tuple[WaiverFact, bool], ...]
    notes: tuple[Note, ...] | None
    earlier: tuple[Decision, ...]
    decisions: tuple[Decision, ...]
    component_names: tuple[str, ...]

    @property
    def period(self) -> str:
        """The period in dates."""
        return f"{self.asked.since:%Y-%m-%d} to {self.asked.until:%Y-%m-%d}"

    @property
    def title(self) -> str:
        """`Review 2026-07-24 to 2026-08-21 · main · acme/shop`."""
        return f"Review {self.period} \u00b7 {self.asked.branch} \u00b7 {self.place.slug}"

    def _state(self) -> dict[str, str | int]:
        asked = self.asked
        weeks = "" if asked.weeks == DEFAULT_WEEKS else asked.weeks
        return {
            "weeks": weeks,
            "until": f"{asked.until:%Y-%m-%d}",
            "team": asked.team,
            "branch": asked.branch,
        }

    @property
    def address(self) -> str:
        """The address that shows the same period tomorrow."""
        return self.place.review(**self._state())

    @property
    def markdown_address(self) -> str:
        """The same as Markdown."""
        return self.place.review("md", **self._state())

    @property
    def poll_address(self) -> str:
        """What is asked until the lines are compared."""
        return self.place.review(**self._state(), part="moves")

    @property
    def earlier_address(self) -> str:
        """The period before this one, or that of the last report before an empty one; "" where no report is older."""
        older = self.latest if self.head is None else self.base
        if older is None or older.commit.committed_at.date() > self.asked.since:
            return ""
        until = self.asked.since if self.head else older.commit.committed_at.date()
        return self.place.review(**{**self._state(), "until": f"{until:%Y-%m-%d}"})

    @property
    def compare_address(self) -> str:
        """Both ends side by side."""
        return (
            self.place.compare(self.base.commit.sha, self.head.commit.sha) if self.base and self.head else ""
        )

    @property
    def failed_address(self) -> str:
        """The failed uploads of the period."""
        first = self.asked.since + timedelta(days=1)
        return self.place.uploads(state="failed", from_=f"{first}", to=f"{self.asked.until}")

    @property
    def hidden_address(self) -> str:
        """The list of what the team hides."""
        return f"{self.place.attention()}#hidden"

    @property
    def due(self) -> int:
        """Hidden rows that will soon be seen again."""
        return sum(row.is_due for row in self.hidden)

    @property
    def own_note(self) -> Note | None:
        """The notes to exactly this period."""
        return next((note for note in self.notes or () if note.until == self.asked.until), None)

    @property
    def other_notes(self) -> tuple[Note, ...]:
        """Notes to periods that ended within this one."""
        return tuple(note for note in self.notes or () if note.until != self.asked.until)

    @property
    def is_readable(self) -> bool:
        """Whether the reader may see what the team wrote."""
        return self.notes is not None


def build(
    facts: ReviewFacts,
    asked: Asked,
    place: Place,
    *,
    today: date,
    within: Callable[[str], bool] | None = None,
) -> ReviewPage:
    """Return the review of `facts`."""
    period = facts.period
    moved = review_moves.parts(facts, within)
    holes = [_hole(fact, facts, place) for fact in facts.holes]
    past = [hole for hole in holes if hole.born <= period.since]
    decisions = tuple(_decision(fact, facts, asked.until) for fact in facts.decisions or ())
    whole = review_moves.whole(moved)
    page = ReviewPage(
        place=place,
        asked=asked,
        head=period.head,
        base=period.base,
        latest=period.latest,
        reports=period.reports,
        pending=bool(period.base and period.head and facts.comparison is None),
        sentence=review_points.sentence(facts, whole)
        if not asked.team
        else review_points.of_team(asked.team, whole),
        points=(),
        whole=whole,
        unknown=facts.comparison.unknown if facts.comparison else 0,
        gains=review_moves.moves(moved, facts.steps, place, 1),
        losses=review_moves.moves(moved, facts.steps, place, -1),
        bullets=_bullets(facts, place),
        oldest=tuple(
            sorted(past, key=lambda hole: (hole.since, -hole.weight * hole.missed, hole.path))[:ZONES]
        ),
        newest=tuple(
            sorted(
                (hole for hole in holes if hole.born > period.since and not hole.at_least),
                key=lambda hole: (-hole.weight * hole.missed, hole.path),
            )[:ZONES]
        ),
        ways=_ways(facts, place, within),
        failed=facts.failed,
        carried=_carried(period.head),
        hidden=attention.hidden(facts.attention.dismissed, today),
        waivers=tuple((one, one.is_due(today)) for one in facts.waivers),
        notes=None
        if facts.notes is None
        else tuple(
            Note(fact.until, fact.by, fact.at, prose.blocks(fact.body), fact.body) for fact in facts.notes
        ),
        earlier=tuple(one for one in decisions if one.fact.until < asked.until)[:10],
        decisions=tuple(one for one in decisions if one.fact.until == asked.until),
        component_names=tuple(component.name for component in facts.components.components),
    )
    return review_points.with_points(page, facts)


def lines_of(facts: ReviewFacts, component: str) -> Count | None:
    """Return the lines of a component at the end of the period, of the whole project for ""."""
    if not component:
        totals = facts.period.head.totals if facts.period.head else None
    else:
        totals = next((one.totals for one in facts.components.components if one.name == component), None)
    return totals.get("lines") if totals else None


def _bullets(facts: ReviewFacts, place: Place) -> tuple[Bullet, ...]:
    head = facts.period.head
    table = components.build(facts.components, head.totals, place) if head else None
    if table is None:
        return ()
    before = {one.name: one.totals for one in facts.before.components} if facts.before else {}
    kinds = {label: kind for kind, label in figures.KIND_LABELS.items()}
    found = []
    for row in table.rows:
        kind = kinds.get(row.metric, "lines")
        was = (before.get(row.name) or Totals()).get(kind)
        tick = was.covered * components.WIDTH // was.total if was and was.total else None
        found.append(Bullet(row, tick, figures.delta(was, row.count, kind), _outlook(facts, row)))
    return tuple(found)


def _outlook(facts: ReviewFacts, row: components.ComponentRow) -> str:
    weekly = facts.weekly.get(row.name)
    rules = facts.components.components
    floor = next((one.floors.get("lines") for one in rules if one.name == row.name), None)
    if not weekly or floor is None or row.metric != figures.KIND_LABELS["lines"] or not row.is_under:
        return ""
    weeks = pace.weeks_to(floor, weekly)
    return f"at this pace at its floor in about {figures.counted(weeks, 'week')}" if weeks else ""


def _hole(fact: HoleFact, facts: ReviewFacts, place: Place) -> Hole:
    component = facts.components.rules.owner(fact.path)
    return Hole(
        fact.path,
        place.file(fact.path, fact.first),
        f"line {fact.first}" if fact.first == fact.last else f"lines {fact.first} to {fact.last}",
        fact.missed,
        component,
        facts.components.weights.get(component, 1),
        fact.since.committed_at,
        fact.last_hit.committed_at if fact.last_hit else None,
        fact.born.committed_at,
        fact.at_least,
    )


def _ways(facts: ReviewFacts, place: Place, within: Callable[[str], bool] | None) -> tuple[NewWays, ...]:
    found = []
    for change in facts.changes:
        if change.after is None or (within is not None and not within(change.path)):
            continue
        kinds = ("branches", "functions")
        grown = [max(_missed(change.after, kind) - _missed(change.before, kind), 0) for kind in kinds]
        if any(grown):
            found.append(NewWays(change.path, place.file(change.path), *grown))
    return tuple(sorted(found, key=lambda row: (-row.arms - row.functions, row.path))[:NEW_WAYS])


def _missed(totals: Totals | None, kind: str) -> int:
    count = totals.get(kind) if totals else None
    return count.missed if count else 0


def _carried(head: ReportFact | None) -> tuple[tuple[str, int], ...]:
    """Return (flag, age in days) of what was carried forward into the newest report."""
    if head is None:
        return ()
    return tuple((one.flag, max((head.commit.committed_at - one.at).days, 0)) for one in head.carried)


def _decision(fact: DecisionFact, facts: ReviewFacts, until: date) -> Decision:
    then = None if fact.covered is None or fact.total is None else Count(fact.covered, fact.total)
    now = lines_of(facts, fact.component)
    late = fact.due is not None and fact.done_at is None and fact.due < until
    return Decision(fact, then, now, figures.delta(then, now), late)
