"""A comparison as Markdown: what a check says, or a comment on a pull request. PURE."""

from __future__ import annotations

from collections.abc import Iterator

from covdash.dashboards import figures
from covdash.dashboards.pages.compare import ComparePage
from covdash.dashboards.pages.compare_files import FileRow
from covdash.dashboards.pages.gates import GatesPage
from covdash.dashboards.pages.markdown import heading, link, plain, table
from covdash.dashboards.pages.unified import WORDS

MOST = 20
"""Files that are named; the page has them all."""


def text_of(page: ComparePage, gates: GatesPage | None, server: str) -> str:
    """Return the comparison; `server` is put before every address."""
    return "\n".join(_lines(page, gates, server)) + "\n"


def _lines(page: ComparePage, gates: GatesPage | None, server: str) -> Iterator[str]:
    base = page.base.report
    yield f"# {plain(page.heading)}"
    yield ""
    sides = f"{base.commit.short} … {page.head.commit.short}" if base else page.head.commit.short
    yield f"{plain(page.place.slug)}, {link(sides, server + page.address)}"
    yield ""
    yield _patch(page)
    if page.so_far:
        yield ""
        yield "Numbers so far: uploads of the head are still being processed."
    if gates:
        yield from heading("Gates")
        if gates.message:
            yield f"{plain(gates.message)}."
            yield ""
        for row in gates.rows:
            notes = " (informational)" if row.informational else " (waived)" if row.waiver else ""
            yield f"- **{row.word}** {plain(row.name)}{notes}: {plain(row.told)}"
    yield from heading("All of the code")
    yield from table(
        ("Metric", "Now", "Change"),
        (
            (
                metric.label,
                f"{figures.percent(metric.count)}, {figures.fraction(metric.count, metric.kind)}",
                metric.delta.text,
            )
            for metric in page.metrics
            if metric.count
        ),
    )
    cells = [cell for _, row in page.grid for cell in row if cell and cell.letters and cell.lines]
    if cells:
        yield from heading("What became of each line")
        yield from table(
            ("Lines", "What", ""),
            (
                (figures.group(cell.lines), link(WORDS[cell.letters], server + cell.address), cell.letters)
                for cell in cells
            ),
        )
    hurt = [row for row in page.rows if row.hurts]
    if hurt:
        yield from heading("Look at")
        yield from table(("File", "New lines", "What happened"), (_file(row, server) for row in hurt[:MOST]))


def _patch(page: ComparePage) -> str:
    if page.comparison is None:
        why = page.base.why
        return (
            "Both are still being compared."
            if page.base.report
            else f"Nothing to compare with: {plain(why)}."
        )
    patch, lines, arms = page.comparison.patch, page.patch_lines, page.patch_arms
    changed = f"{figures.counted(patch.changed, 'new or changed line')}, {figures.group(page.unmeasured)} of them not measurable."
    if lines is None:
        return f"No measurable lines changed. {changed}"
    part = f", {figures.group(patch.partial)} of them in part" if patch.partial else ""
    told = f" {figures.fraction(arms, 'branches')} taken." if arms else ""
    return (
        f"**{figures.percent(lines)}** of the patch: {figures.group(lines.covered)} of {figures.group(lines.total)} measured new lines"
        f" ran{part}.{told} {changed}"
    )


def _file(row: FileRow, server: str) -> tuple[str, str, str]:
    new = "-"
    if row.patch_count:
        new = f"{figures.percent(row.patch_count)}, {figures.fraction(row.patch_count, 'lines')}"
    name = link(plain(row.name), server + row.address) if row.address else plain(row.name)
    return name, new, "; ".join(f"{figures.group(number)} {said}" for _, said, number in row.counts) or "-"
