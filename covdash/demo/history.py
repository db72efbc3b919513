"""The histories of the demo projects: git branches, commits, and what happened to the jobs of each. PURE.

A history is the file `history.txt` beside a project's sources. One line is one commit, oldest first, whatever its git branch:

    # author | message | switches | what happened
    ada | Refunds: give the money back | +refunds +t_refund
    branch release/2.x                                         grows from the commit above; go on with it by naming it again
      ben | Pin the gateway's certificate | +pinned | without e2e
    branch feature/refunds pull 41 Refunds: a queue         the rest of the line is the title of the pull request

Indented commits belong to the branch named last, the others to `main`. A switch turns on a section of the sources or a test
(`template.py`, `blocks.py`). What may happen: `without JOB` (it did not report), `retried JOB` (its first attempt lost tests),
`cut JOB` (its report was cut off while it was sent).
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from covdash.demo.template import SOURCES

WEEKS = 14
_BRANCH = re.compile(r"branch (?P<name>\S+)(?: pull (?P<pull>\d+)(?: (?P<title>\S.*))?)?$")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a demo project. `on` are the switches that are on; `number` counts from 1 in the order of the history."""

    number: int
    sha: str
    parent: str
    branch: str
    pull: str
    title: str
    author: str
    message: str
    at: datetime
    on: frozenset[str]
    happened: frozenset[tuple[str, str]]

    def did(self, what: str, job: str) -> bool:
        """Whether `what` (without, retried, cut) happened to `job`."""
        return (what, job) in self.happened


def read(project: str, *, until: datetime) -> tuple[Commit, ...]:
    """Return the commits of a project, oldest first, spread over the last `WEEKS` weeks before `until`.

    A sha depends on the text of the history only, so that the demo has the same commits on every machine and on every day.
    """
    lines = (SOURCES / project / "history.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    times = _times(project, sum("|" in line for line in lines), until)
    heads: dict[str, Commit] = {}
    pulls: dict[str, tuple[str, str]] = {}
    commits: list[Commit] = []
    named = "main"
    for line in lines:
        if found := _BRANCH.match(line.strip()):
            named = found["name"]
            heads.setdefault(named, heads["main"])
            pulls.setdefault(named, (found["pull"] or "", found["title"] or ""))
            continue
        author, message, switches, happened = [*(part.strip() for part in line.split("|")), "", ""][:4]
        branch = named if line.startswith(" ") else "main"
        parent = heads.get(branch)
        words = happened.split()
        pull, title = pulls.get(branch, ("", ""))
        heads[branch] = Commit(
            number=len(commits) + 1,
            sha=_sha(project, parent.sha if parent else "", branch, line),
            parent=parent.sha if parent else "",
            branch=branch,
            pull=pull,
            title=title,
            author=author,
            message=message,
            at=times[len(commits)],
            on=_switched(parent.on if parent else frozenset(), switches),
            happened=frozenset(zip(words[::2], words[1::2], strict=True)),
        )
        commits.append(heads[branch])
    return tuple(commits)


def _switched(on: frozenset[str], switches: str) -> frozenset[str]:
    after = set(on)
    for word in switches.split():
        if word[0] not in "+-" or (word[1:] in on) == (word[0] == "+"):
            raise ValueError(f"switch {word!r} does not change anything")
        after ^= {word[1:]}
    return frozenset(after)


def _sha(*words: str) -> str:
    return hashlib.sha1("\n".join(words).encode(), usedforsecurity=False).hexdigest()


def _times(project: str, count: int, until: datetime) -> list[datetime]:
    """Return `count` rising times in working hours, the last one 25 minutes before `until`."""
    dice = random.Random(project)  # noqa: S311 (the same dates each time are the point)
    last = until.replace(second=0, microsecond=0) - timedelta(minutes=25)
    step = timedelta(weeks=WEEKS) / max(count - 1, 1)
    times = []
    for back in range(count - 1, 0, -1):
        day = last - back * step
        day -= timedelta(days=max(0, day.weekday() - 4))
        day = day.replace(hour=dice.randint(8, 17), minute=dice.randint(0, 59), second=0, microsecond=0)
        times.append(min(day, last - back * timedelta(minutes=7)))
    return [*sorted(times), last]
