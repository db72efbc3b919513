"""The pages of a report: each works, is closed to strangers, keeps its budget of SQL statements, and is not made twice."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit, PullRequest
from covdash.reports.models import Upload
from tests.covdash.dashboards.test_addresses import NASTY
from tests.covdash.reports.stock import Stock, lines, rich

SLUG = "acme/platform/shop"
PLACE = Place(SLUG)
TEXT = "if paid:\n    ship()\nelse:\n    wait()\n"


@pytest.fixture
def filled(stock: Stock) -> Commit:
    """Two commits on main, the second with a flag, sources and a failed upload; one on another git branch."""
    stock.report({"src/a.py": lines(1, 0), "src/deep/b.py": lines(1, 1)})
    head = stock.commit()
    files = {"src/a.py": lines(0, 0), "src/pay/charge.py": rich(), "src/deep/b.py": lines(1, 1)}
    stock.upload(head, files, flags=["unit"], sources={"src/pay/charge.py": TEXT, "src/new.py": TEXT})
    stock.upload(head, {}, state="failed")
    stock.assemble(head)
    change = stock.report({"src/a.py": lines(1, 1)}, branch="feature/a b")
    PullRequest.objects.create(project=stock.project, number=7, head=change, base="main")
    return head


SECTIONS = (
    "general",
    "flags",
    "components",
    "completeness",
    "forks",
    "file",
    "members",
    "tokens",
    "badges",
    "paths",
    "audit",
)


def pages(head: Commit) -> dict[str, tuple[str, int]]:
    """Return the pages of a project with the SQL statements each may take (cold, signed in)."""
    upload = Upload.objects.filter(commit=head).latest("received_at")
    at = PLACE.at(commit=head.sha)
    return {
        "overview": (PLACE.overview(), 14),
        "overview of a flag": (PLACE.overview(flag="unit", range="all", sort="name"), 14),
        "overview at a commit": (at.overview(), 14),
        "root": (PLACE.tree(), 8),
        "tree": (PLACE.tree("src/pay"), 8),
        "flat": (PLACE.tree(flat=True, q="*.py"), 8),
        "file": (PLACE.file("src/pay/charge.py", 2), 8),
        "unmeasured file": (at.file("src/new.py"), 8),
        "branch": (PLACE.branch_page("feature/a b"), 14),
        "default branch": (PLACE.branch_page("main"), 14),
        "commits": (PLACE.commits(), 8),
        "commits of a branch": (PLACE.commits(branch="feature/a b"), 8),
        "commit": (PLACE.commit_page(head.sha), 14),
        "uploads of a commit": (PLACE.commit_page(head.sha, tab="uploads"), 14),
        "files of a commit": (PLACE.commit_page(head.sha, tab="files"), 14),
        "upload": (PLACE.upload(str(upload.pk)), 8),
        "uploads": (PLACE.uploads(), 8),
        "branches": (PLACE.branches(), 8),
        "map": (PLACE.map("src"), 8),
        "arms": (at.arms(show="all"), 8),
        "arms of a file": (at.arms(file="src/pay/charge.py"), 8),
        "arms of a kind": (at.arms(kind="number", component="no-such"), 8),
        "functions": (at.functions(), 8),
        "functions of a file": (at.functions(file="src/pay/charge.py"), 8),
        "file with its past": (PLACE.file("src/deep/b.py", col="memory"), 14),
        "compare": (PLACE.compare("main", "feature/a b"), 14),
        "compare with where it left": (PLACE.compare("", "feature/a b"), 14),
        "lines of a count": (PLACE.compare("main", "feature/a b", cell="GBC"), 14),
        "lines of a file": (PLACE.compare("main", "feature/a b", tab="all", file="src/a.py"), 14),
        "pulls": (PLACE.pulls(), 8),
        "pull": (PLACE.pull(7), 14),
        **{f"settings, {section}": (PLACE.settings(section), 8) for section in SECTIONS},
    }


SESSION = 2
"""Statements of the session and the user, which every page of a signed-in reader takes before it begins."""


def test_every_page_works_within_its_budget(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    for name, (address, budget) in pages(filled).items():
        path = address.partition("#")[0]
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = client.get(path)
        assert answer.status_code == 200, name
        assert len(asked) - SESSION <= budget, (name, [query["sql"][:160] for query in asked])
        body = answer.content.decode()
        assert body.count("<h1") == 1, name
        assert "{#" not in body, name
        assert "{%" not in body, name


def test_what_looks_across_projects_keeps_its_budget(client: Client, filled: Commit) -> None:
    """Searching in a project, and the page of those who run the server."""
    client.force_login(User.objects.create_superuser("olga", "olga@example.org"))
    for address in (f"/search?q=a&in={SLUG}", f"/search?q=a&in={SLUG}&part=results", "/", "/ops/"):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200, address
        assert len(asked) - SESSION <= 8, (address, [query["sql"][:160] for query in asked])


def test_strangers_are_told_nothing(client: Client, cleo: User, filled: Commit) -> None:
    """A private project and one that is not there look the same, signed in or out."""
    addresses = [address.partition("#")[0] for address, _ in pages(filled).values()]
    for reader in (None, cleo):
        client.logout()
        if reader:
            client.force_login(reader)
        for address in addresses:
            answer, nowhere = client.get(address), client.get(address.replace(SLUG, "no/such"))
            assert answer.status_code == nowhere.status_code == 404, address
            assert answer.content.replace(SLUG.encode(), b"no/such") == nowhere.content


def test_an_unchanged_page_is_not_made_again(client: Client, ada: User, ben: User, filled: Commit) -> None:
    """The tag is private to the reader, and a new report makes a new one."""
    client.force_login(ada)
    for address in (PLACE.overview(), PLACE.tree("src"), PLACE.file("src/a.py")):
        answer = client.get(address)
        assert answer["Cache-Control"] == "private, no-cache"
        again = client.get(address, headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == answer["ETag"]
        client.force_login(ben)
        assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 200
        client.force_login(ada)


def test_a_new_report_changes_the_tag(client: Client, ada: User, filled: Commit, stock: Stock) -> None:
    client.force_login(ada)
    tag = client.get(PLACE.tree())["ETag"]
    stock.report({"src/a.py": lines(1, 1)})
    assert client.get(PLACE.tree(), headers={"If-None-Match": tag}).status_code == 200


def test_names_from_uploads_are_escaped_and_every_link_leads_to_its_file(
    client: Client, ada: User, stock: Stock
) -> None:
    """Nasty names go through the tree, the flat list and the file page and come back whole."""
    stock.report(
        {name: lines(1, 0) for name in NASTY}, branch='<b>"x"', sources=dict.fromkeys(NASTY, "<i>&amp;\n")
    )
    client.force_login(ada)
    flat = client.get(PLACE.tree(flat=True)).content.decode()
    links = set(re.findall(r'href="([^"]+)" data-row', flat))
    assert {unquote(link.partition("/-/file/")[2]) for link in links} == set(NASTY)
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200, link
        body = answer.content.decode()
        assert "<script>alert" not in body
        assert "<i>" not in body
        assert '<b>"' not in body
        assert "&lt;i&gt;&amp;amp;" in body


def test_a_directory_without_its_slash_is_sent_on(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    answer = client.get(f"{PLACE.tree('src/pay')[:-1]}?flag=unit")
    assert (answer.status_code, answer["Location"]) == (302, f"{PLACE.tree('src/pay')}?flag=unit")


def test_an_abbreviated_commit_is_sent_on(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    answer = client.get(PLACE.commit_page(filled.sha[:8], tab="files"))
    assert (answer.status_code, answer["Location"]) == (302, PLACE.commit_page(filled.sha, tab="files"))
    assert client.get(PLACE.commit_page("f" * 40)).status_code == 404


def test_bad_words_give_the_default_and_a_note(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    answer = client.get(PLACE.overview(sort="foo", range="bar", flag="<x>"))
    assert answer.status_code == 200
    assert "flag=&lt;x&gt;" in answer.content.decode()
    assert "branch=nope" in client.get(PLACE.tree(branch="nope")).content.decode()
    for word in ("x", "-1", "9" * 12, "1-0", "٣"):
        assert client.get(PLACE.file("src/a.py") + f"?lines={word}&line={word}").status_code == 200


def test_a_path_that_is_not_in_the_report_says_so(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    for address in (PLACE.file("src/gone.py"), PLACE.tree("gone"), PLACE.file("src")):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "is not in the report of main" in answer.content.decode()


def test_a_project_without_reports_sends_members_to_the_setup(
    client: Client, ada: User, ben: User, project: object
) -> None:
    client.force_login(ada)
    for address in (PLACE.overview(), PLACE.tree(), PLACE.file("a.py")):
        assert client.get(address)["Location"] == PLACE.setup()
    assert "No commits yet" in client.get(PLACE.commits()).content.decode()


def test_a_file_page_says_which_arm_never_ran(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    body = client.get(PLACE.at(commit=filled.sha).file("src/pay/charge.py")).content.decode()
    row = re.search(r'<tr id="L1".*?</tr>', body, re.DOTALL)
    assert row
    assert 'class="p"' in row[0]
    assert "arm 1 of block 0 never taken" in row[0]
    assert "arm 0 of block 0: 5 times" in row[0]
    assert "if paid:" in row[0]
    assert '<td class="h">7</td><td class="a">1/2</td>' in row[0]
    assert '<td class="h">0</td>' in re.search(r'<tr id="L2" class="m".*?</tr>', body, re.DOTALL)[0]  # type: ignore[index]


def test_a_file_without_text_shows_numbers_and_states(client: Client, ada: User, filled: Commit) -> None:
    client.force_login(ada)
    body = client.get(PLACE.at(commit=filled.sha).file("src/a.py")).content.decode()
    assert "The text of this file was not sent" in body
    assert re.search(r'<tr id="L1" class="m">.*?<span class="word">missed</span>', body)


def test_a_long_file_is_a_window_and_its_sections_are_fragments(
    client: Client, ada: User, stock: Stock
) -> None:
    stock.report({"big.py": lines(*([1] * 6000), 0, *([1] * 999))})
    client.force_login(ada)
    body = client.get(PLACE.file("big.py")).content.decode()
    assert 'id="L6001" class="m"' in body
    assert 'id="L1"' not in body
    parts = re.findall(r'data-part="([^"]+)"', body)
    assert len(parts) == 35 - body.count('<table class="src"')
    part = client.get(parts[0].replace("&amp;", "&")).content.decode()
    assert part.count("<tr id=") == 200
    assert "<html" not in part
    whole = client.get(PLACE.file("big.py", lines="all")).content.decode()
    assert whole.count("<tr id=") == 7000
    assert client.get(PLACE.file("big.py", part="lines", lines="8000-9000")).status_code == 404


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("", ["ran.py", "text.md", "zero.py"]),
        ("zero", ["zero.py"]),
        ("missed", ["zero.py"]),
        ("unmeasured", ["text.md"]),
        ("needs_sources", []),
        ("nonsense", ["ran.py", "text.md", "zero.py"]),
    ],
)
def test_a_count_leads_to_exactly_what_it_counted(
    client: Client, ada: User, stock: Stock, show: str, expected: list[str]
) -> None:
    stock.report({"zero.py": lines(0, 0), "ran.py": lines(1, 1)}, sources={"text.md": "x\n"})
    client.force_login(ada)
    body = client.get(PLACE.tree(flat=True, show=show)).content.decode()
    assert re.findall(r"<bdi>([a-z.]+)</bdi></a></th>", body) == expected
    door = client.get(PLACE.overview()).content.decode()
    assert 'show=unmeasured" data-count="1"><strong>1</strong> file is</a>' in door
