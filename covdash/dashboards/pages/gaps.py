"""The pages of what nobody ran: code branches (arms never taken) and functions never called, grouped by file. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from covdash.coverage import arms
from covdash.coverage.arm_states import Flips
from covdash.coverage.totals import Count, Totals
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.context import ContextBar
from covdash.reports.facts import Page
from covdash.reports.findings import ArmFinding, ArmList, FileArms, FileFunctions, FirstSeen, FunctionPile

OF_EACH = 6
"""Places of a file that a list of files names; the rest is behind a door."""
OF_ONE = 400
"""Places that are named where one file was asked for."""
PILES = {
    "dead": (
        "dead-code candidates",
        "No test calls them, no component gives them weight, and the numbers of their file have not changed for 90 days and more.",
    ),
    "risk": (
        "untested risk",
        "No test calls them, and the numbers of their file changed within 90 days, or it is in a component of a weight over 1.",
    ),
}
"""Piles of functions: word of the query -> title, and why they lie there."""
_TOLD_BY_SOURCE = frozenset({"if-true", "else", "case", "catch", "loop-run", "loop-skip"})
_WHICH_UNKNOWN = "which one, the reports do not say"


@dataclass(frozen=True, slots=True)
class Gap:
    """One place: `said` is what never happened, `beside` what did instead, `text` the line of source."""

    place: str
    address: str
    said: str
    beside: str
    text: str = ""
    first: FirstSeen | None = None
    first_address: str = ""


@dataclass(frozen=True, slots=True)
class GapFile:
    """A file with its places; `count` is the metric of the page.

    `hidden` arms are on lines that never ran; `more` places are not listed here, and `more_address` leads to them. `since` is when its
    numbers last changed, where the page is about that. `owner` has the file by the CODEOWNERS, "" where none is known.
    """

    path: str
    address: str
    count: Count | None
    missed: int
    gaps: tuple[Gap, ...]
    hidden: int = 0
    more: int = 0
    more_address: str = ""
    since: datetime | None = None
    owner: str = ""


def _nobody(_path: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is narrowed to: a word of `show`, one file, one of `components`, one of `owners`, arms of one of `arms.KINDS`.

    `owner_of` says whose a file is, "" where nobody knows. `since` and `base` are what arms are compared with, `group` is kind where
    they stand together by it.
    """

    show: str = ""
    only: str = ""
    component: str = ""
    components: tuple[str, ...] = ()
    owner: str = ""
    owners: tuple[str, ...] = ()
    kind: str = ""
    ignored: tuple[str, ...] = ()
    owner_of: Callable[[str], str] = _nobody
    since: str = ""
    base: str = ""
    group: str = ""

    @property
    def of_past(self) -> bool:
        """Whether the list is a comparison with other reports."""
        return bool(self.since) or self.show in ("lost", "flaky")


NOTHING_ASKED = Asked()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to look at the page."""

    title: str
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class GapsPage:
    """All the page prints. `count` is the metric of the report, or of the component; None when no upload carries it there.

    `kinds` are those to choose from, (word, title). `notes` say what the list cannot tell.
    """

    kind: str
    place: Place
    context: ContextBar
    count: Count | None
    files: tuple[GapFile, ...]
    after: str
    asked: Asked
    choices: tuple[Choice, ...]
    whole_address: str
    kinds: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def narrowed(self) -> bool:
        """Whether only the files of a component or an owner are meant."""
        return bool(self.asked.component or self.asked.owner)

    @property
    def shown(self) -> int:
        """Places on this page."""
        return sum(len(file.gaps) for file in self.files)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """Words of the query that the filter keeps."""
        place, asked = self.place, self.asked
        words = (("branch", place.branch), ("commit", place.commit), ("flag", place.flag))
        kept = (("show", asked.show), ("file", asked.only), ("base", asked.base))
        return tuple(word for word in (*words, *kept) if word[1])


def arm_gaps(found: ArmList, totals: Totals, context: ContextBar, asked: Asked = NOTHING_ASKED) -> GapsPage:
    """Return the page of arms never taken; with `show=all` also those of lines that never ran.

    `totals` are those of what the page is narrowed to.
    """
    place = context.place
    state = {"component": asked.component, "owner": asked.owner, "kind": asked.kind, "group": asked.group}
    files = []
    for file in found.items:
        listed = tuple(arm_gap(arm, file, place) for arm in file.arms[: OF_ONE if asked.only else OF_EACH])
        told = sum(arm.total - arm.covered for arm in file.arms)
        files.append(
            GapFile(
                file.path,
                place.file(file.path),
                file.totals.get("branches"),
                file.missed,
                listed,
                0 if asked.kind or asked.of_past else max(file.missed - told, 0),
                len(file.arms) - len(listed),
                ""
                if asked.only
                else place.arms(
                    show=asked.show, file=file.path, kind=asked.kind, since=asked.since, base=asked.base
                ),
                owner=asked.owner_of(file.path),
            )
        )
    return GapsPage(
        "branches",
        place,
        context,
        _known(totals, "branches"),
        tuple(files),
        found.after,
        asked,
        tuple(
            Choice(title, place.arms(show=show, file=asked.only, **state, **since), show == asked.show)
            for show, title, since in (
                ("", "of lines that ran", {"since": asked.since}),
                ("all", "all", {"since": asked.since}),
                ("lost", "lost", {"base": asked.base}),
                ("flaky", "flaky", {}),
            )
        ),
        place.arms(),
        tuple((word, arms.KINDS[word]) for word in arms.KINDS if word in {*found.kinds, asked.kind}),
        tuple(_notes(found, asked)),
    )


def _notes(found: ArmList, asked: Asked) -> Iterator[str]:
    if asked.kind and not asked.of_past:
        yield (
            f"{figures.counted(len(found.items), 'file')} of the {figures.group(found.looked)} that were looked into"
            f" {'has' if len(found.items) == 1 else 'have'} such an arm."
        )
    if found.unknown:
        yield (
            f"Of {figures.counted(found.lines, 'line')} with such an arm in these files {figures.group(found.unknown)}"
            f" {'is' if found.unknown == 1 else 'are'} only counted: which arm it is, the reports do not say."
        )


def function_gaps(
    found: Page[FileFunctions] | FunctionPile,
    totals: Totals,
    context: ContextBar,
    asked: Asked = NOTHING_ASKED,
) -> GapsPage:
    """Return the page of functions never called; `totals` are of what it is narrowed to."""
    place = context.place
    most = OF_ONE if asked.only else OF_EACH
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
            more_address="" if asked.only else place.functions(file=file.path),
            since=file.since,
            owner=asked.owner_of(file.path),
        )
        for file in found.items
    )
    return GapsPage(
        "functions",
        place,
        context,
        _known(totals, "functions"),
        files,
        found.after,
        asked,
        ()
        if asked.only
        else tuple(
            Choice(
                title,
                place.functions(show=show, component=asked.component, owner=asked.owner),
                show == asked.show,
            )
            for show, title in (("", "all"), *((show, title) for show, (title, _) in PILES.items()))
        ),
        place.functions(),
        notes=tuple(_of_pile(found, PILES[asked.show][1])) if isinstance(found, FunctionPile) else (),
    )


def _of_pile(found: FunctionPile, why: str) -> Iterator[str]:
    """Say what is in a pile and what cannot be told."""
    looked = figures.counted(found.looked, "file")
    yield f"{why} Who calls them outside of tests, the reports do not say."
    yield (
        f"{figures.group(found.size)} of {looked} with functions never called"
        f"{', those with the most,' if found.capped else ''} {'is' if found.size == 1 else 'are'} here."
    )
    if found.unknown:
        yield (
            f"Of {figures.counted(found.unknown, 'file')} nobody can say how old: no report of this git branch tells, or only its"
            " first one, less than 90 days ago. They are in neither pile."
        )


def _known(totals: Totals, kind: str) -> Count | None:
    count = totals.get(kind)
    return count if count and count.total else None


def arm_gap(arm: ArmFinding, file: FileArms, place: Place) -> Gap:
    """Return a line with arms as a place."""
    where, address = f"line {figures.group(arm.line)}", place.file(file.path, arm.line)
    if arm.flips:
        said = "; ".join(_flips(*flip) for flip in zip(arm.never or ("",), arm.flips, strict=True))
        return Gap(where, address, said, "", arm.text)
    counted = f"{figures.group(arm.covered)} of {figures.group(arm.total)} taken"
    named = zip(arm.never, arm.kinds, strict=False)
    said = "; ".join(_said(key, kind) for key, kind in named) or f"{counted}; {_WHICH_UNKNOWN}"
    beside = "" if not arm.never else _taken(arm.taken, counted=file.counted) or counted
    if not arm.ran:
        beside = "the line never ran"
    first = file.first(arm)
    return Gap(where, address, said, beside, arm.text, first, place.commit_page(first.sha) if first else "")


def _flips(key: str, flips: Flips) -> str:
    """Say in how many reports an arm was taken; without a key, of a line that is only counted."""
    changes = {1: "once", 2: "twice"}.get(flips.changes, f"{flips.changes} times")
    what = arms.name(key) if key else "most arms"
    return f"{what} taken in {flips.taken} of {flips.told} reports, changed {changes}"


def _said(key: str, kind: str) -> str:
    """Say an arm in words; before a jump or exit stands what it means, where the source tells."""
    told = kind in _TOLD_BY_SOURCE and arms.kind(key) in ("jump", "exit")
    return f"{arms.KINDS[kind]}: {arms.words(key)}" if told else arms.words(key)


def _taken(taken: Iterable[tuple[str, int]], *, counted: bool) -> str:
    """Say what was taken instead, with how often, where hits are `counted`."""
    return ", ".join(
        f"{arms.name(key)} was taken{f' {_times(hits)}' if counted else ''}" for key, hits in list(taken)[:3]
    )


def _times(hits: int) -> str:
    return "once" if hits == 1 else f"{figures.group(hits)} times"
