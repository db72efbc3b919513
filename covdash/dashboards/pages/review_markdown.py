"""The review as Markdown: tables and links, for a wiki or a mail. PURE."""

from __future__ import annotations

from collections.abc import Iterator

from covdash.dashboards import figures
from covdash.dashboards.pages.markdown import heading, link, plain, table
from covdash.dashboards.pages.review import Hole, ReviewPage
from covdash.dashboards.pages.review_moves import Move


def text_of(page: ReviewPage, server: str) -> str:
    """Return the whole review; `server` is put before every address."""
    return "\n".join(_lines(page, server)) + "\n"


def _lines(page: ReviewPage, server: str) -> Iterator[str]:
    yield f"# Review of {plain(page.place.slug)}, {page.period}"
    yield ""
    team = f", team {plain(page.asked.team)}" if page.asked.team else ""
    yield f"Git branch {plain(page.asked.branch)}{team}. {link('This page', server + page.address)}"
    if page.head is None:
        yield ""
        yield f"No reports in this period.{_latest(page)}"
        return
    yield ""
    yield plain(page.sentence)
    yield from _decisions(page)
    if page.points:
        yield from heading("To talk about")
        yield from (f"- {link(plain(point.text), server + point.address)}" for point in page.points)
    for title, rows in (("Gains", page.gains), ("Losses", page.losses)):
        if rows:
            yield from heading(title)
            yield from table(
                ("Part", "Net", "New code", "Old code", "Deleted", "Measuring", "Commits"),
                (_move(row, server) for row in rows),
            )
    if page.bullets:
        yield from heading("Components and floors")
        yield from table(
            ("Component", "Weight", "Metric", "Now", "Floor", "Change", "Standing"),
            (
                (
                    plain(one.row.name),
                    str(one.row.weight),
                    one.row.metric,
                    figures.percent(one.row.count),
                    one.row.floor or "-",
                    one.delta.text,
                    f"{one.row.word}{f', {one.outlook}' if one.outlook else ''}",
                )
                for one in page.bullets
            ),
        )
    for title, holes in (("Oldest uncovered zones", page.oldest), ("Newest holes", page.newest)):
        if holes:
            yield from heading(title)
            yield from table(
                ("Place", "Missed", "Missed since", "Last ran"), (_hole(hole, server) for hole in holes)
            )
    if page.ways:
        yield from heading("New arms never taken and functions never called")
        yield from table(
            ("File", "Arms", "Functions"),
            (
                (link(plain(row.path), server + row.address), str(row.arms), str(row.functions))
                for row in page.ways
            ),
        )
    yield from _trust(page)
    if page.own_note:
        yield from heading("Notes")
        yield from (plain(line) for line in page.own_note.body.splitlines())


def _move(row: Move, server: str) -> tuple[str, ...]:
    tally = row.tally
    doers = "; ".join(
        f"{link(f'`{one.short}`', server + one.address)} {plain(one.title)}" for one in row.doers
    )
    name = plain(row.name) or "files at the root"
    return (
        link(name, server + row.address),
        _signed(row.net),
        f"{_signed(tally.gnc)}, {_signed(-tally.unc)}" if tally else "-",
        f"{_signed(tally.gbc)}, {_signed(-tally.lbc)}" if tally else "-",
        figures.group(row.deleted) if tally else "-",
        figures.group(row.measuring) if tally else "-",
        doers or "-",
    )


def _hole(hole: Hole, server: str) -> tuple[str, ...]:
    since = f"{hole.since:%Y-%m-%d}{' at least' if hole.at_least else ''}"
    return (
        link(f"{plain(hole.path)}, {hole.where}", server + hole.address),
        figures.group(hole.missed),
        since,
        f"{hole.last_hit:%Y-%m-%d}" if hole.last_hit else "never seen",
    )


def _decisions(page: ReviewPage) -> Iterator[str]:
    for title, rows in (("Last decisions", page.earlier), ("Decisions", page.decisions)):
        if not rows:
            continue
        yield from heading(title)
        for one in rows:
            fact = one.fact
            on = f" On {plain(fact.owner)}." if fact.owner else ""
            due = f" Until {fact.due}." if fact.due else ""
            then = (
                f" Lines {figures.percent(one.then)} then, {figures.percent(one.now)} now."
                if one.then
                else ""
            )
            yield f"- [{'x' if fact.done_at else ' '}] {plain(fact.text)}.{on}{due}{then}"


def _trust(page: ReviewPage) -> Iterator[str]:
    if not (page.failed or page.carried or page.hidden or page.waivers):
        return
    yield from heading("Trust")
    if page.failed:
        yield f"- {figures.counted(page.failed, 'upload')} failed in this period."
    for flag, days in page.carried:
        yield f"- {plain(flag)} is carried forward, {figures.counted(days, 'day')} old."
    for row in page.hidden:
        yield f"- Hidden until {row.until}: {plain(row.path)}, {row.word}. {plain(row.reason)}"
    for one, _ in page.waivers:
        where = f", pull request {one.pull}" if one.pull else ""
        yield f"- Gate waived until {one.until}: {plain(one.gate)}{where}. {plain(one.reason)} ({plain(one.owner)})"


def _latest(page: ReviewPage) -> str:
    if page.latest is None:
        return " None is known before it either."
    commit = page.latest.commit
    lines = figures.percent(page.latest.totals.get("lines"))
    return f" The last one known is of {commit.committed_at:%Y-%m-%d} ({commit.short}): {lines} of lines."


def _signed(number: int) -> str:
    return f"+{figures.group(number)}" if number > 0 else figures.group(number)
