"""Every kind of page of the reading room, filled and empty: clean for axe, whole at 320 pixels, walked by Tab, and printed.

One data set and one page for all addresses of a test: what differs is looked at, what is the same is not made again.
"""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Page, expect

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects import wishes
from covdash.projects.models import Project, PullRequest
from covdash.projects.registry import create_project
from covdash.reports import waiving
from covdash.reports.models import Upload
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines, rich
from tests.factories.exchange import Uploader
from tests.factories.uploads import Job
from tests.journeys.conftest import SCHEMES, Open, violations

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = Place("acme/platform/shop")
EMPTY = Place("acme/empty")
TEXT = "def pay(order):\n    if order.paid:\n        return\n    charge(order)\n"
OLDER = TEXT.replace("paid", "settled")
ROOM = {
    "attention", "review", "trends",
    "overview", "tree_root", "tree", "arms", "functions", "map_root", "map", "file", "branch", "branches", "uploads", "commits",
    "commit",
    "compare", "pulls", "pull", "upload", "projects", "group", "new_project", "setup", "search", "ops", "help", "settings", "members",
    "tokens", "settings_flags", "settings_components", "settings_gates", "settings_completeness", "settings_forks",
    "settings_retention", "settings_file", "badges", "paths", "audit", "rule_try",
}  # fmt: skip
"""Names of the addresses that are looked at here."""
SECTIONS = {
    "settings": "general",
    **{
        f"settings_{name}": name
        for name in ("flags", "components", "gates", "completeness", "forks", "retention", "file")
    },
    **{name: name for name in ("tokens", "badges", "paths", "audit", "members")},
}
"""Names of the addresses of the settings, and their sections."""
NO_PAGES = re.compile(
    r"^badge(_|$)|^(setup_token|read_all_again|file_lines|export|preferences|pin|viewed)$|_(branch|visibility|rename|delete|add|change|make|queue|storage|revoke|lend|own|save|exclude|include|again|raw|json|csv|markdown|note|decide|settle|dismiss|show|waive|take_back|count|pause)$"
)
"""Names of addresses that take a form, lead to a page, or are no pages."""


@pytest.fixture
def whole(stock: Stock, project: Project, ada: User) -> dict[str, str]:
    """Make a project that has one of everything, and an empty one; returns the addresses of their pages by name."""
    ada.is_superuser = True
    ada.save(update_fields=["is_superuser"])
    create_project(slug="acme/empty", owner=ada)
    files = {"src/a.py": lines(1, 0), "src/pay/charge.py": rich()}
    base = stock.report(files, sources={"src/pay/charge.py": OLDER}, flags=["unit"])
    head = stock.report(
        files | {"src/a.py": lines(1, 1)},
        parent=base.sha,
        flags=["unit"],
        sources={"src/pay/charge.py": TEXT, "README.md": "# Shop\n"},
    )
    asked = stock.report(files, branch="feature/a b", parent=base.sha, sources={"src/pay/charge.py": TEXT})
    owners = {"path": "CODEOWNERS", "text": "/src/pay/ @acme/payments @ada\n"}
    Upload.objects.filter(commit=head).update(declared={"codeowners": owners})
    stock.upload(head, {}, state="failed")
    PullRequest.objects.create(project=project, number=7, title="Pay twice", base="main", head=asked)
    rule = {"name": "Payments", "paths": ["src/pay"], "weight": 9, "floors": {"lines": 99, "branches": 1}}
    wishes.write_section(project_id=project.pk, actor=ada, section="components", said=[rule])
    asks = [
        {"name": "new", "rule": "patch", "least": 100, "component": "Payments"},
        {"name": "far", "rule": "fall", "most": 1},
    ]
    wishes.write_section(
        project_id=project.pk, actor=ada, section="gates", said=[*asks, {"name": "reached", "rule": "floors"}]
    )
    waiving.waive(
        project_id=project.pk, gate="far", pull=7, reason="legacy", owner="ada", until=date(2099, 1, 1), today=date(2099, 1, 1),
        actor=ada,
    )  # fmt: skip
    recount(project.pk)
    sender = Uploader(Job(project))
    awaited = sender.announce(sender.manifest({"late.xml": b"later"}, fields={"commit": head.sha})).json()[
        "id"
    ]
    upload, failed = (
        str(Upload.objects.filter(commit=head, state=state).get().pk) for state in ("processed", "failed")
    )
    there, changed = PLACE, PLACE.compare(base.sha, head.sha)
    return {
        "projects": "/",
        "projects owner": "/?owner=acme&sort=changed",
        "group": "/o/acme/",
        "new_project": "/new",
        "ops": "/ops/",
        "help": "/help",
        "search": "/search?q=charge&in=acme/platform/shop",
        "search empty": "/search?q=nothing-of-the-kind",
        "overview": there.overview(),
        "tree_root": there.tree(),
        "tree": there.tree("src"),
        "tree columns": there.tree("src", col=("age", "arms", "flag:unit")),
        "tree flat": there.tree(flat=True, show="zero"),
        "tree owner": there.tree(owner="@ada", component="Payments"),
        "file": there.file("src/pay/charge.py", 2),
        "file without text": there.file("src/a.py"),
        "file unmeasured": there.file("README.md"),
        "file diff": there.file("src/pay/charge.py", 2, diff=base.sha),
        "file memory": f"{there.file('src/pay/charge.py')}?col=memory",
        **{name: f"{there.root}-/{name}" for name in ("attention", "review", "trends")},
        "arms": there.arms(),
        "arms owner": there.arms(owner="@acme/payments"),
        "functions": there.functions(),
        "functions owner": there.functions(owner="@ada", show="risk"),
        "map_root": there.map(),
        "map": there.map("src"),
        "map table": f"{there.map()}?as=table",
        "map change": there.map("src", color="change"),
        "map age": there.map("src", color="age"),
        "map components": there.map("src", overlay="components"),
        "map filtered": there.map("src", show="zero"),
        "map quadrant": there.map("src", view="quadrant"),
        "map quadrant filtered": there.map("src", view="quadrant", y="size", corner="2"),
        "map quadrant table": f"{there.map('src', view='quadrant')}&as=table",
        "branches": there.branches(),
        "branch": there.branch_page("feature/a b"),
        "commits": there.commits(),
        "commit": there.commit_page(head.sha),
        "commit uploads": there.commit_page(head.sha, tab="uploads"),
        "compare": changed,
        "compare cell": f"{changed}&cell=GNC",
        **{
            f"compare {tab}": f"{changed}&tab={tab}" for tab in ("indirect", "uploads", "components", "flags")
        },
        "compare choose": there.compare(),
        "pulls": there.pulls(),
        "pull": there.pull(7),
        "uploads": there.uploads(),
        "upload": there.upload(upload),
        "upload failed": there.upload(failed),
        "upload awaited": there.upload(awaited),
        "rule_try": there.upload(upload, "rule", kind="prefix", find="src/"),
        "setup": there.setup(ci="github"),
        **{name: there.settings(section) for name, section in SECTIONS.items()},
        **{f"{name} empty": address for name, address in _pages_of(EMPTY).items()},
    }


def _pages_of(place: Place) -> dict[str, str]:
    """Return the pages that a project without any report has, too."""
    return {
        "overview": place.overview(),
        "tree": place.tree(),
        "map": place.map(),
        "arms": place.arms(),
        "branches": place.branches(),
        "commits": place.commits(),
        "pulls": place.pulls(),
        "uploads": place.uploads(),
        "compare": place.compare(),
    }


def test_no_kind_of_page_is_left_out() -> None:
    """A page that is added to the addresses has to be looked at in a browser, or be named as none."""
    from covdash.dashboards.urls import urlpatterns

    names = {str(pattern.name) for pattern in urlpatterns if hasattr(pattern, "name")}
    assert {name for name in names if not NO_PAGES.search(name)} == ROOM


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: Open, ada: User, whole: dict[str, str], width: int
) -> None:
    """Light and dark; the names of the looked-at addresses are those of the table of contents."""
    assert {name.split()[0] for name in whole} == ROOM
    page = open_page("/help", ada, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    found = {}
    for name, address in whole.items():
        if width == 320 and name.endswith("empty"):
            continue  # two sentences and a button
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, name
        for scheme, only in reversed(SCHEMES.items()):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[name, scheme] = violations(page, only=only)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[name, "wide"] = [f"{wide} pixels too wide"] if wide > 0 else []
        found[name, "marks"] = (
            [] if page.locator("h1").count() == page.locator("main").count() == 1 else ["one h1 and one main"]
        )
    assert {where: rules for where, rules in found.items() if rules} == {}


WALK = """() => {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const box = here.getBoundingClientRect(), style = getComputedStyle(here);
    const picture = here.closest('svg'), inside = picture && here.querySelector('.band, .map-group, .dot');
    const shown = inside
        ? getComputedStyle(inside).strokeWidth === '2px'
        : here.matches('input, select, textarea') || style.outlineStyle !== 'none' || style.boxShadow !== 'none';
    const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 8), 1), innerWidth - 1), y = box.top + box.height / 2;
    const top = document.elementFromPoint(x, y);
    const covered = !picture && box.width && box.height && !(top && (here.contains(top) || top.contains(here)));
    const inline = style.display === 'inline' || here.matches('a') && !!here.closest('p, li, td, th, dd, figcaption, svg');
    const mark = (here.tagName + ' ' + (here.getAttribute('aria-label') || here.textContent.trim() || here.name || '')).slice(0, 60);
    if (here.dataset.walked) return null;
    here.dataset.walked = '1';
    const wrong = [];
    if (!shown) wrong.push('focus does not show');
    if (covered) wrong.push('lies under something');
    if (box.bottom < 0 || box.top > innerHeight) wrong.push('is out of sight');
    const spared = inline || here.closest('.visually-hidden') || here.matches('[type=checkbox], [type=radio]');
    if (!spared && (box.width < 24 || box.height < 24))
        wrong.push(`is ${Math.round(box.width)} x ${Math.round(box.height)}`);
    return {mark, wrong};
}"""


def walk(page: Page, most: int = 120) -> tuple[int, list[str]]:
    """Press Tab to the end of a page; returns how many stops there were and what was wrong with them."""
    wrong, stops = [], 0
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(WALK)
        if found is None:
            break
        stops += 1
        wrong += [f"{found['mark']}: {what}" for what in found["wrong"]]
    return stops, wrong


def test_tab_leads_through_every_page(open_page: Open, ada: User, whole: dict[str, str]) -> None:
    """Each stop shows that it has the focus, lies under nothing, is in sight, and is large enough to be hit."""
    page = open_page("/help", ada, viewport={"width": 1280, "height": 700}, reduced_motion="reduce")
    found = {}
    for name in (
        "projects", "group", "overview", "tree", "tree flat", "file", "file diff", "arms", "map", "map components", "map quadrant",
        "trends", "branches", "commit", "compare",
        "pull", "pulls", "uploads", "upload", "upload awaited", "search",
        "ops", "setup", "settings_components", "settings_gates", "settings_flags", "paths", "audit", "badges",
    ):  # fmt: skip
        page.goto(whole[name])
        stops, wrong = walk(page)
        assert stops > 5, name
        if wrong:
            found[name] = wrong
    assert found == {}


def test_the_palette_by_key(open_page: Open, ada: User, whole: dict[str, str]) -> None:
    """Ctrl-K opens it, typing finds, axe finds nothing, Escape closes it, Enter goes there."""
    page = open_page(whole["overview"], ada, reduced_motion="reduce")
    page.keyboard.press("Control+k")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    page.keyboard.type("charge")
    expect(dialog.get_by_text("charge.py").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("charge")
    expect(dialog.get_by_text("charge.py").first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/-/file/src/pay/charge.py*")


def test_around_without_script(open_page: Open, ada: User, whole: dict[str, str]) -> None:
    """Search, compare, the map and a pull request, by links and plain forms."""
    page = open_page(whole["overview"], ada, java_script_enabled=False)
    page.get_by_role("link", name="Search").click()
    page.locator("main input[type=search]").fill("charge")
    page.locator("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile(r"charge\.py")).first.click()
    expect(page.locator("#L2")).to_be_attached()
    page.goto(whole["map_root"])
    page.locator("#map-table").get_by_role("link", name="pay").first.click()
    expect(page.locator("#map-table")).to_be_visible()
    page.goto(whole["pulls"])
    page.get_by_role("link", name="#7 Pay twice").click()
    expect(page.get_by_role("heading", name="Pay twice")).to_be_visible()
    page.goto(whole["compare"])
    expect(page.get_by_role("heading", name="What became of each line")).to_be_visible()
    page.locator("a[data-count]").first.click()
    expect(page.locator(".line-list a").first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("overview", ("80.0 %", "4 / 5 lines", "Needs eyes")),
        ("file", ("66.7 %", "def pay(order):", "never taken")),
        (
            "file diff",
            ("Against 0001", "if order.settled:", "if order.paid:", "deleted, was not tested DUB 1"),
        ),
        ("compare", ("What became of each line", "still not tested")),
    ],
)
def test_print(
    open_page: Open, ada: User, whole: dict[str, str], tmp_path: Path, name: str, figures: tuple[str, ...]
) -> None:
    """Paper has the figures as text and no navigation."""
    reader = which("pdftotext")
    if reader is None:
        pytest.skip("no pdftotext: install poppler-utils")
    page = open_page(whole[name], ada)
    page.wait_for_load_state("networkidle")
    paper = tmp_path / f"{name}.pdf"
    page.pdf(path=paper, format="A4")
    text = subprocess.run([reader, "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
    plain = re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\xa0", " "))
    for figure in figures:
        assert figure in plain, plain[:1500]
    assert "acme/platform/shop" in plain
    for left_out in ("Code branches", "Sign out", "Skip to content", "What the numbers mean"):
        assert left_out not in plain
