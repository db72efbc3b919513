"""What a list of arms is, what it says of the reports it compares, what would stand in an empty one; arms by kind. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covdash.coverage import arms
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.gaps import Asked, Gap, GapsPage, arm_gap
from covdash.reports.findings import ArmFinding, ArmList, FileArms, Past

OF_KIND = 12
"""Arms of a kind that are listed of the files of a page."""


@dataclass(frozen=True, slots=True)
class KindRow:
    """An arm of a kind, with the file that it is in."""

    path: str
    gap: Gap


@dataclass(frozen=True, slots=True)
class KindGroup:
    """The arms of one kind in the files of a page: `more` are not listed, and `address` leads to all of the kind."""

    title: str
    rows: tuple[KindRow, ...]
    more: int
    address: str


@dataclass(frozen=True, slots=True)
class ArmLists:
    """What a page of arms says beside its files.

    `head` is what the list is of; `against` the report that it compares with, and `compare` where the two stand side by side.
    `empty` is the title and the text of an empty list. `groups` are the arms by kind, where that is asked for.
    """

    head: str
    notes: tuple[str, ...]
    empty: tuple[str, str]
    against: Past | None
    against_address: str
    compare: str
    groups: tuple[KindGroup, ...]


def build(found: ArmList, page: GapsPage) -> ArmLists:
    """Return what is said of a list of arms that stands on `page`."""
    place, asked, base = page.place, page.asked, found.against
    head = page.context.commit.sha
    return ArmLists(
        head=_head(asked),
        notes=tuple(_notes(found, asked)),
        empty=_empty(found, asked, page.context.where),
        against=base,
        against_address=place.commit_page(base.sha) if base else "",
        compare=place.compare(base.sha, head, tab="indirect") if base and asked.show == "lost" else "",
        groups=tuple(_groups(found, asked, place)) if asked.group else (),
    )


def _head(asked: Asked) -> str:
    if asked.show == "lost":
        return "Ways that tests went and go no more, in lines that both reports have."
    if asked.show == "flaky":
        return "Ways that some reports took and others did not, while nobody touched the file."
    if asked.since:
        return "Ways your code can go that no test has ever gone, and that the report compared with did not know as such."
    return "Ways your code can go that no test has ever gone."


def _notes(found: ArmList, asked: Asked) -> Iterator[str]:
    if not asked.of_past:
        return
    if asked.since and not found.against and not found.ignored:
        yield "No report of this git branch is older: all of them are listed."
    if asked.show == "flaky" and len(found.reports) > 1:
        yield (
            f"The newest {figures.counted(len(found.reports), 'report')} of the git branch are compared."
            " What changed once may be a test that was added or removed."
        )
    if found.looked:
        yield (
            f"{figures.counted(len(found.items), 'file')} of the {figures.group(found.looked)} that were looked into"
            f" {'has' if len(found.items) == 1 else 'have'} such an arm."
        )
    if found.unmatched:
        yield (
            f"{figures.counted(found.unmatched, 'file')} could not be compared: {'its' if found.unmatched == 1 else 'their'}"
            " text changed and was not sent."
        )


def _empty(found: ArmList, asked: Asked, where: str) -> tuple[str, str]:
    if asked.show == "lost":
        if not found.against:
            text = f"{where} has no earlier report. From the second one on, arms that it took and this one does not stand here."
            return "Nothing to compare with", f"{text} Name another commit or git branch with base=."
        return "No arm was lost", (
            "Here would be arms that the report compared with had taken and this one has not, in lines that both have."
        )
    if asked.show == "flaky":
        text = "Here would be arms that some of the newest 10 reports took and others did not, while their file stayed the same."
        if len(found.reports) < 2:
            return "Nothing to compare with", f"{where} has one report. {text}"
        return "No arm comes and goes", f"{text} Files whose text was not sent cannot be told."
    if asked.since:
        return "No arm is new here", (
            "Here would be arms never taken that the report compared with did not know: of new lines, or taken then."
        )
    return "Nothing matches", "No arm never taken is of this kind, or of this file."


def _groups(found: ArmList, asked: Asked, place: Place) -> Iterator[KindGroup]:
    rows: dict[str, list[tuple[FileArms, ArmFinding, int]]] = {}
    for file in found.items:
        for arm in file.arms:
            for number, kind in enumerate(arm.kinds):
                rows.setdefault(kind, []).append((file, arm, number))
    words = {
        "show": asked.show,
        "since": asked.since,
        "base": asked.base,
        "component": asked.component,
        "owner": asked.owner,
    }
    for kind, title in arms.KINDS.items():
        if listed := rows.get(kind):
            address = "" if asked.kind else place.arms(**words, file=asked.only, kind=kind)
            shown = tuple(_kind_row(*one, place) for one in listed[:OF_KIND])
            yield KindGroup(title, shown, max(len(listed) - OF_KIND, 0), address)


def _kind_row(file: FileArms, arm: ArmFinding, number: int, place: Place) -> KindRow:
    """Return one of the arms of a line as a row."""
    here = slice(number, number + 1)
    one = arm._replace(never=arm.never[here], kinds=arm.kinds[here], flips=arm.flips[here])
    return KindRow(file.path, arm_gap(one, file, place))
