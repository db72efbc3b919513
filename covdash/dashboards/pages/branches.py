"""The list of git branches, the default branch first, each compared with it. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from covdash.coverage.totals import Count
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import metrics
from covdash.reports.divergence_facts import DivergenceFact, Reason
from covdash.reports.facts import BranchFact, Page

STATES = {
    "": "all",
    "active": "active",
    "merged": "merged",
    "stale": "no report for 30 days",
    "no-report": "without a report",
}
"""What the list can be narrowed to: word of the query -> title."""


_WHY: Mapping[Reason, str] = {
    "default": "this is the default branch",
    "no_default": "no git branch is the default one",
    "no_report": "no report yet",
    "no_base": "no older commit of {trunk} has a report",
    "too_far": "more commits away from {trunk} than are followed",
    "not_compared": "not compared yet: look again in a moment",
    "no_text": "the text of the files that differ was not sent",
    "parents_unknown": "not all commits between it and {trunk} are known",
}
"""Why something of a git branch is not known, in words."""


@dataclass(frozen=True, slots=True)
class PatchCell:
    """The new lines of a git branch: `count` is None where none was measured or nothing is known, then `why` says so.

    `words` are parts that do not break, `5 changed, 2 measured,` and `1 covered`.
    """

    count: Count | None
    words: tuple[str, ...]
    why: str
    against: str
    address: str


@dataclass(frozen=True, slots=True)
class BranchLine:
    """A git branch. `lines` is None without a report, then `reason` says why; `delta` compares with the default branch.

    `apart` are the commits ahead and behind, each as (words, why there is no number).
    """

    branch: BranchFact
    address: str
    commits_address: str
    head_address: str
    lines: Count | None
    partial: int
    arms: Count | None
    reason: str
    delta: figures.Delta
    patch: PatchCell
    apart: tuple[tuple[str, str], ...]
    pull_address: str


@dataclass(frozen=True, slots=True)
class BranchesPage:
    """One page of the list; `search` is the text that the names contain, `state` one of `STATES` or ""."""

    place: Place
    rows: tuple[BranchLine, ...]
    after: str
    search: str
    state: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[tuple[str, str, bool], ...]:
        """What the list can be narrowed to: (title, address, chosen)."""
        return tuple(
            (title, self.place.branches(state=word, q=self.search), word == self.state)
            for word, title in STATES.items()
        )


def build(
    page: Page[BranchFact],
    default: BranchFact | None,
    place: Place,
    *,
    apart: Mapping[str, DivergenceFact],
    search: str,
    state: str = "",
    ignored: tuple[str, ...] = (),
) -> BranchesPage:
    """Return the page of `page`; `default` is the default branch, wherever in the list it stands, `apart` how far each is, by name."""
    base = default.totals.get("lines") if default and default.totals else None
    trunk = default.name if default else "the default branch"
    lines = tuple(_line(branch, base, place, apart[branch.name], trunk) for branch in page.items)
    return BranchesPage(place, lines, page.after, search, state, ignored)


def _line(
    branch: BranchFact, base: Count | None, place: Place, apart: DivergenceFact, trunk: str
) -> BranchLine:
    lines = branch.totals.get("lines") if branch.totals else None
    return BranchLine(
        branch=branch,
        address=place.branch_page(branch.name),
        commits_address=place.commits(branch=branch.name),
        head_address=place.commit_page(branch.head.sha) if branch.head else "",
        lines=lines if lines and lines.total else None,
        partial=branch.totals.partial if branch.totals else 0,
        arms=branch.totals.get("branches") if branch.totals else None,
        reason=metrics.reason("lines", branch.totals) if branch.totals else "no report yet",
        delta=figures.Delta(figures.NOTHING, why="this is the default branch")
        if branch.is_default
        else figures.delta(base, lines),
        patch=_patch(branch, place, apart, trunk),
        apart=_apart(apart, trunk),
        pull_address=place.pull(branch.pull) if branch.pull is not None else "",
    )


def _patch(branch: BranchFact, place: Place, apart: DivergenceFact, trunk: str) -> PatchCell:
    patch = apart.patch
    if patch is None:
        return PatchCell(None, (), _why(apart, "patch", trunk), "", "")
    said = (patch.changed, "changed"), (patch.measured, "measured"), (patch.covered, "covered")
    first, second, third = (f"{figures.group(number)} {word}" for number, word in said)
    rest = f", {figures.counted(apart.uncompared, 'file')} not compared" if apart.uncompared else ""
    return PatchCell(
        count=Count(patch.covered, patch.measured) if patch.measured else None,
        words=(f"{first}, {second},", f"{third}{rest}"),
        why="no measurable line changed",
        against=f"against {apart.base[:8]}",
        address=place.compare(head=branch.name),
    )


def _apart(apart: DivergenceFact, trunk: str) -> tuple[tuple[str, str], ...]:
    """Return `2 ahead` and `5 behind`; one dash where neither is known."""
    if apart.ahead is None and apart.behind is None:
        return ((figures.NOTHING, _why(apart, "ahead", trunk)),)
    known = (("ahead", apart.ahead), ("behind", apart.behind))
    return tuple(
        (figures.NOTHING, f"{name}: {_why(apart, name, trunk)}")
        if number is None
        else (f"{figures.group(number)} {name}", "")
        for name, number in known
    )


def _why(apart: DivergenceFact, name: str, trunk: str) -> str:
    return _WHY[apart.unknown[name]].format(trunk=trunk)
