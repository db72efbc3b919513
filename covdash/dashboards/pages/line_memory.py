"""What the lines of a file were before, in words: a column beside the source, and the timeline of one line. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from covdash.coverage.memory import Was, timeline
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place
from covdash.reports.facts import CommitFact
from covdash.reports.findings import FileMemory

_WORDS = {Was.UNMEASURED: "not measured", Was.MISSED: "missed", Was.HIT: "ran"}
_GLYPHS = {Was.UNMEASURED: "unmeasured", Was.MISSED: "missed", Was.HIT: "covered"}


@dataclass(frozen=True, slots=True)
class Epoch:
    """A run of revisions in which a line was the same: since which commit, with its address."""

    glyph: str
    word: str
    commit: CommitFact
    address: str


@dataclass(frozen=True, slots=True)
class LineHistory:
    """The past of one line, newest first. `born` says how the oldest epoch begins."""

    line: int
    epochs: tuple[Epoch, ...]
    born: str


def words_of(fact: FileMemory, line: int, now: datetime) -> str:
    """Return what to say beside a line: since when it is missed; "" for one that runs, or is not executable."""
    found = fact.memory.of(line)
    if found is None:
        return ""
    since, last_hit, born = found
    if last_hit == 0:
        return ""
    commit = fact.commits[since]
    age = figures.ago(commit.committed_at, now)
    if last_hit > 0:
        return f"lost in {commit.short}, {age}"
    if born + 1 < fact.memory.known or since < born:
        return f"never since {commit.short}, {age}"
    return f"never, back to {commit.short}, {age}"


def history(fact: FileMemory, line: int, place: Place) -> LineHistory | None:
    """Return the timeline of a line; None for one that no report lists."""
    states = timeline(fact.revisions, line)
    if not states or set(states) <= {Was.ABSENT, Was.UNMEASURED}:
        return None
    epochs: list[Epoch] = []
    for number, was in enumerate(states):
        commit = fact.commits[number]
        epoch = Epoch(_GLYPHS[was], _WORDS[was], commit, place.at().commit_page(commit.sha))
        if epochs and epochs[-1].word == epoch.word:
            epochs[-1] = epoch
        else:
            epochs.append(epoch)
    whole = len(states) == len(fact.revisions)
    born = "as far back as its past is known" if whole else "when the line was written, or last rewritten"
    return LineHistory(line, tuple(epochs), born)
