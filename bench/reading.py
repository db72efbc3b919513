"""The budgets of the reading room, one command: `python3 bench/reading.py [--busy] [--commits 30] [--history 5000] [--branches 200]`.

Two projects are grown through the real pipe (`growing.py`) in a data home that is kept between runs, below `bench/.data`; then each
kind of page is asked for. Every row prints its figures beside their limits; the exit status is 1 when one is over.

The time that counts is that of an answer over loopback, p95 of warm requests. What else a machine does only ever adds to it: a p95
that is over its limit is taken anew after a pause, twice at most, and the lowest counts; a row says in how many tries. On a machine
that is busy all the time `--busy` judges by the processor time that a page takes, here and in PostgreSQL; both are always printed.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import instance as covdash
from weights import Elements, weight

DATA = Path(__file__).parent / ".data" / "reading"
KB = 1000
WARM, TIMES = 6, 10
"""Requests before those that are timed, as each web process remembers for itself; pages that are made in this process."""
TRIES, PAUSE = 3, 5
"""How often a p95 is taken until it is within its limit, and the seconds between."""
OVER: list[str] = []


@dataclass(frozen=True)
class Budget:
    """Limits of a kind of page: ms, SQL statements, KB of HTML, of scripts before paint and of styles, elements.

    `inside`: it wants a login. `table`: the elements of the chart's table do not count, it has a row a point.
    """

    ms: int
    sql: int
    html: int
    elements: int
    js: int = 26
    css: int = 14
    inside: bool = False
    table: bool = False


LIST = Budget(120, 8, 20, 3_000)
OVERVIEW = Budget(180, 14, 40, 3_500)
TRENDS = Budget(180, 10, 40, 3_000, js=102, table=True)
MAP = Budget(120, 8, 40, 3_000)
WINDOW = Budget(120, 8, 40, 8_000)
COMPARE = Budget(300, 14, 60, 8_000)
DOCUMENT = replace(TRENDS, html=1_000)
"""For programs: all points of 5,000 commits, where a page puts them together."""
DIFF = replace(COMPARE, html=130, elements=12 * 3_000 + 1_000)
"""A file compared: time of a comparison, weight of a file; a row has the numbers, hits and arms of both sides, and a category."""
INSIDE = replace(LIST, inside=True)


def file_of(lines: int) -> Budget:
    """Return the limits of the page of a file of at most 5,000 lines."""
    return Budget(150, 8, 130, 9 * lines + 1_000)


def pages(commits: int, history: int, branches: int) -> list[tuple[str, str, Budget]]:
    """Return (name, address, budget) of each kind of page, on the project that is worst for it."""
    from growing import GIANT, HISTORY, HUGE, LARGE, giant_sources, sha_of  # noqa: PLC0415

    from covdash.dashboards.addresses import Place  # noqa: PLC0415 - wants the virtual environment

    giant, long = Place(GIANT), Place(HISTORY)
    some = giant_sources()[7_777]
    small = some.path
    base, head = sha_of("giant", commits - 1), sha_of("giant", commits)
    late, left = sha_of("history", history), sha_of("history", history + branches)
    feature = f"feature/team-{(history + branches) % 9}/change-{history + branches}"
    return [
        ("overview, 20,000 files", giant.overview(), OVERVIEW),
        ("overview, long history", long.overview(), OVERVIEW),
        ("overview, all of the trend", long.overview(range="all"), OVERVIEW),
        ("overview of a flag", long.overview(flag="unit"), OVERVIEW),
        ("tree, root", giant.tree(), LIST),
        ("tree, a directory", giant.tree(small.rpartition("/")[0]), LIST),
        ("tree, more columns", giant.tree(small.rpartition("/")[0], col=("size", "arms", "age")), LIST),
        ("flat list", giant.tree(flat=True), LIST),
        ("flat list, filtered", giant.tree(flat=True, q="*file77*"), LIST),
        ("flat list by name", giant.tree(flat=True, sort="name"), LIST),
        ("files never run", giant.tree(flat=True, show="zero"), LIST),
        ("files that changed", giant.tree(flat=True, show="changed"), LIST),
        ("file, small", giant.file(small), file_of(some.length)),
        ("file, 3,000 lines", giant.file(LARGE), file_of(3_000)),
        ("file, 50,000 lines", giant.file(HUGE), WINDOW),
        ("file, 50,000 lines, line 25,000", giant.file(HUGE, 25_000).partition("#")[0], WINDOW),
        ("file as a diff, 3,000 lines", giant.file(LARGE, 0, diff=base), DIFF),
        ("file as a diff, 50,000 lines", giant.file(HUGE, 0, diff=base), DIFF),
        ("map", giant.map("src/"), MAP),
        ("map, what changed", giant.map("src/", color="change", base=sha_of("giant", 1)), MAP),
        ("map, ages", giant.map("src/", color="age"), MAP),
        ("map, components", giant.map("src/", overlay="components"), MAP),
        ("map, what stands out", giant.map("src/", band="4"), MAP),
        ("map, a quadrant", giant.map("src/", view="quadrant"), MAP),
        ("map, a quadrant as a table", f"{giant.map('src/', view='quadrant')}&as=table", MAP),
        ("arms", giant.arms(), LIST),
        ("arms of a kind", giant.arms(kind="else"), LIST),
        ("arms lost", giant.arms(show="lost"), LIST),
        ("arms lost since a base", giant.arms(show="lost", base=sha_of("giant", 1)), LIST),
        ("arms that are flaky", giant.arms(show="flaky"), LIST),
        ("arms new since a commit", giant.arms(since=sha_of("giant", 1)), LIST),
        ("arms by kind", giant.arms(group="kind"), LIST),
        ("arms of a file", giant.arms(file=small), LIST),
        ("functions", giant.functions(), LIST),
        ("functions, untested risk", giant.functions(show="risk"), LIST),
        ("commits", long.commits(), LIST),
        ("commits of main", long.commits(branch="main"), LIST),
        ("branches", long.branches(), LIST),
        ("branch", long.branch_page(feature), OVERVIEW),
        ("default branch", long.branch_page("main"), OVERVIEW),
        ("commit", giant.commit_page(head), OVERVIEW),
        ("commit, files", giant.commit_page(head, tab="files"), OVERVIEW),
        ("commit, long history", long.commit_page(late), OVERVIEW),
        ("compare, 5,000 changed files", giant.compare(base, head), COMPARE),
        ("compare, all files", giant.compare(base, head, tab="all"), COMPARE),
        ("compare, lost elsewhere", giant.compare(base, head, tab="indirect"), COMPARE),
        ("compare, uploads", giant.compare(base, head, tab="uploads"), COMPARE),
        ("compare, components", giant.compare(base, head, tab="components"), COMPARE),
        ("compare, flags", giant.compare(base, head, tab="flags"), COMPARE),
        ("compare, the lines of a count", giant.compare(base, head, cell="GNC"), COMPARE),
        ("compare, most lines of a count", giant.compare(base, head, cell="CBC"), COMPARE),
        ("compare, first and last commit", giant.compare(sha_of("giant", 1), head), COMPARE),
        ("compare, a git branch", long.compare("main", left), COMPARE),
        ("pulls", long.pulls(), LIST),
        ("pull", long.pull(branches), COMPARE),
        ("trends", long.trends(), TRENDS),
        ("trends, all by commit", long.trends(range="all", grain="commit"), TRENDS),
        ("trends of a directory and flag", long.trends(path="src", flag="unit", range="all"), TRENDS),
        ("attention, 20,000 files", giant.attention(), OVERVIEW),
        ("review, 20,000 files", giant.review(), OVERVIEW),
        ("review, long history", long.review(), OVERVIEW),
        ("uploads", long.uploads(), LIST),
        ("upload, 20,000 files", giant.upload(_newest(GIANT)), LIST),
        ("upload, long history", long.upload(_newest(HISTORY)), LIST),
        ("settings", long.settings(), INSIDE),
        ("path rules", giant.settings("paths"), INSIDE),
        ("gates, tried", giant.settings("gates"), replace(COMPARE, inside=True)),
        ("what is kept", giant.settings("retention"), INSIDE),
        ("members", long.settings("members"), INSIDE),
        ("tokens", long.settings("tokens"), INSIDE),
        ("changes by hand", long.settings("audit"), INSIDE),
        ("operations", "/ops/", INSIDE),
        ("search", f"/search?q=file77&in={GIANT}", LIST),
        ("search, functions", f"/search?q=fn:file77&in={GIANT}", LIST),
        ("search, long history", f"/search?q=change&in={HISTORY}", LIST),
        ("projects", "/", LIST),
        ("trend (API)", f"/api/v1/projects/{HISTORY}/trend?branch=main", DOCUMENT),
    ]


def cell(name: str, what: str, value: float, limit: float) -> str:
    """Return a figure beside its limit, and remember when it is over."""
    late = value > limit
    if late:
        OVER.append(f"{name}: {what} {value:,.0f} > {limit:,.0f}")
    return f"{value:>7,.0f}{'!' if late else ' '}/{limit:<6,.0f}"


def measure(found: Any, rows: list[tuple[str, str, Budget]], repeats: int, *, busy: bool) -> None:
    """Print a row a page: time, ratio to the health page, processor time, SQL statements, KB, elements."""
    floor = covdash.p95([_time(found, "/healthz") for _ in range(60)])
    inside = covdash.signed_in()
    print(f"\nhealth page: p95 {floor * 1000:.1f} ms; judged by {'processor time' if busy else 'p95'}\n")
    print(f"{'':<34}{'p95 ms':>8}{'x health':>9}{'cpu ms':>8}   {'':<16}", end="")
    print("".join(f"{head:<16}" for head in ("SQL", "KB HTML", "KB scripts", "KB styles", "elements")))
    for name, address, budget in rows:
        who = inside if budget.inside else {}
        status, text = _ready(found, address, who)
        if status != 200:
            OVER.append(f"{name}: answers {status}")
            print(f"{name:<34} {status} {address}")
            continue
        late, tries = _p95(found, address, who, repeats, 0 if busy else budget.ms)
        asked, processor = _inside(address, who)
        page = Elements(text)
        # What draws a chart comes after the table that says the same.
        before_paint = [script for script in page.scripts if "chart" not in script]
        html = len(gzip.compress(text.encode("utf-8", "surrogateescape"), 6))
        print(
            f"{name:<34}{late * 1000:>8,.0f}{late / floor:>9.1f}{processor * 1000:>8.0f} "
            f"{cell(name, 'ms', (processor if busy else late) * 1000, budget.ms)}"
            f"{cell(name, 'SQL', asked, budget.sql)}{cell(name, 'KB HTML', html / KB, budget.html)}"
            f"{cell(name, 'KB scripts', weight(found, before_paint) / KB, budget.js)}"
            f"{cell(name, 'KB styles', weight(found, page.styles) / KB, budget.css)}"
            f"{cell(name, 'elements', page.number - budget.table * page.in_charts, budget.elements)}"
            f"{f'in {tries} tries' if tries > 1 else ''}",
            flush=True,
        )


def _ready(found: Any, address: str, who: dict[str, str]) -> tuple[int, str]:
    """Ask until nothing is being made in the background any more; returns the status and the page."""
    import urllib.error  # noqa: PLC0415

    for _ in range(60):
        try:
            text = found.get(address, who).decode("utf-8", "surrogateescape")
        except urllib.error.HTTPError as error:
            return error.code, ""
        if 'class="comparison" data-poll' not in text:
            break
        time.sleep(2)
    for _ in range(WARM):
        found.get(address, who)
    return 200, text


def _p95(found: Any, address: str, who: dict[str, str], repeats: int, limit: int) -> tuple[float, int]:
    """Return the p95 of an answer in seconds, and in how many tries; with a `limit` in ms the lowest of those needed to keep it."""
    taken: list[float] = []
    while not taken or (limit and min(taken) * 1000 > limit and len(taken) < TRIES):
        time.sleep(PAUSE if taken else 0)
        taken.append(covdash.p95([_time(found, address, who) for _ in range(repeats)]))
    return min(taken), len(taken)


def _time(found: Any, address: str, who: dict[str, str] | None = None) -> float:
    begun = time.perf_counter()
    found.get(address, who)
    return time.perf_counter() - begun


def _inside(address: str, who: dict[str, str]) -> tuple[int, float]:
    """Make the page in this process: (SQL statements, mean seconds of processor time here and in PostgreSQL)."""
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    reader = Client(SERVER_NAME="127.0.0.1", headers=who)
    reader.get(address)
    with CaptureQueriesContext(connection) as asked:
        reader.get(address)
        statements = len(asked)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    begun = time.process_time() + covdash.spent(backend)
    for _ in range(TIMES):
        reader.get(address)
    return statements, (time.process_time() + covdash.spent(backend) - begun) / TIMES


def _newest(slug: str) -> str:
    """Return the id of the newest processed upload of a project."""
    from covdash.reports.models import Upload  # noqa: PLC0415

    found = Upload.objects.filter(project__slug=slug, state=Upload.State.PROCESSED).latest("queued_at")
    return str(found.id)


def prepare(commits: int, history: int, branches: int) -> Any:
    """Start the kept installation and send it what it lacks."""
    import growing  # noqa: PLC0415

    home = DATA / "home"
    home.mkdir(parents=True, exist_ok=True)
    found, _ = covdash.start(home=home)
    os.environ["COVDASH_HOME"] = str(home)
    for slug, grow in (
        (growing.GIANT, lambda *words: growing.grow_giant(*words[:2], commits, words[2])),
        (growing.HISTORY, lambda *words: growing.grow_history(*words[:2], history, branches, words[2])),
    ):
        name = slug.replace("/", "-")
        token = DATA / f"{name}.token"
        if not token.exists():
            token.write_text(found.project(slug))
        grow(found, token.read_text(), DATA / f"{name}.done")
    return found


def main() -> int:
    """Grow, measure, judge."""
    covdash.go_inside()
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--commits", type=int, default=30, help="of the giant tree")
    words.add_argument("--history", type=int, default=5_000, help="commits of the long history on main")
    words.add_argument("--branches", type=int, default=200, help="git branches of the long history")
    words.add_argument("--repeats", type=int, default=40, help="timed requests a page")
    words.add_argument("--only", default="", help="pages whose name has this in it")
    words.add_argument("--busy", action="store_true", help="judge by processor time")
    words.add_argument("--no-browser", action="store_true")
    said = words.parse_args()
    found = prepare(said.commits, said.history, said.branches)
    found.rest()
    try:
        judge(found, said)
    finally:
        covdash.stop(found, keep=True)
    print("\nover the limit:\n  " + "\n  ".join(OVER) if OVER else "\nall within their limits")
    return 1 if OVER else 0


def judge(found: Any, said: argparse.Namespace) -> None:
    """Print all rows."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    os.environ["DJANGO_SETTINGS_MODULE"] = "covdash.settings"
    # Playwright runs an event loop in this thread; Django would refuse its database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django  # noqa: PLC0415

    django.setup()
    _settle()
    rows = [row for row in pages(said.commits, said.history, said.branches) if said.only in row[0]]
    measure(found, rows, said.repeats, busy=said.busy)
    if not said.no_browser and not said.only:
        import browsing  # noqa: PLC0415

        browsing.compare(found, over=OVER.append)


def _settle() -> None:
    """Give the giant tree its components and gates, as its settings pages would, and count by them."""
    from growing import GIANT, RULES  # noqa: PLC0415

    from covdash.projects import wishes  # noqa: PLC0415
    from covdash.projects.models import Project  # noqa: PLC0415
    from ingest.components import recount  # noqa: PLC0415

    project = Project.objects.get(slug=GIANT)
    new = {name: said for name, said in RULES.items() if project.settings.get(name) != said}
    for name, said in new.items():
        wishes.write_section(project_id=project.pk, actor=None, section=name, said=said)
    if new:
        recount(project.pk)


if __name__ == "__main__":
    sys.exit(main())
