"""A repository with two `util.py`, a container, a Windows runner: the upload page tells what became of each path, one rule mends it.

The rule is tried before it is saved, and reading again applies it to the commits before.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.coverage.tree import walk
from covdash.projects.models import Project
from covdash.reports.loading import loader
from covdash.reports.models import CommitReport, Upload
from ingest import claim
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

ROOT = "/p/acme/platform/shop/-"
REPOSITORY = (
    b"README.md\nsrc/cart/util.py\nsrc/pay/charge.py\nsrc/pay/util.py\nweb/index.js\nweb/gen/api.js\n"
)
LINES = {1: 1, 2: 0}
CONTAINER = {
    "/build/util.py": LINES,  # the job copied src/pay to /build: only a rule can know
    "/build/charge.py": LINES,
    "/usr/src/app/web/index.js": LINES,
    "/usr/lib/python3/dist-packages/six.py": LINES,
    "/opt/venv/lib/python3.11/site-packages/src/pay/util.py": LINES,
    "web/gen/api.js": LINES,
}
WINDOWS = {"D:\\a\\shop\\shop\\src\\cart\\util.py": LINES, "web\\index.js": {3: 1}}


def send(job: Job, number: int) -> tuple[Upload, Upload]:
    """Send what two jobs of a commit measured."""
    container = job.send_form(
        [("file", "container.info", lcov(CONTAINER)), ("files", None, REPOSITORY)],
        commit=sha(number),
        job="container",
    )
    windows = job.send(lcov(WINDOWS), commit=sha(number), job="windows")
    turn(container, windows)
    return container, windows


def measured(number: int) -> set[str]:
    """The measured files in the report of a commit."""
    report = CommitReport.objects.get(commit__sha=sha(number), flag="")
    return {path for path, entry in walk(loader(report.project_id), bytes(report.root)) if entry.digest}


def listed(page: str) -> dict[str, list[str]]:
    """Title of a list -> its rows, as a reader sees them."""
    found = {}
    for title, rows in re.findall(r"<summary>(\w+):.*?</summary><ul[^>]*>(.*?)</ul>", page, re.DOTALL):
        texts = [
            html.unescape(re.sub(r"<[^>]+>", "", row))
            for row in re.findall(r"<li>(.*?)</li>", rows, re.DOTALL)
        ]
        found[title] = [" ".join(text.split()) for text in texts]
    return found


@pytest.fixture
def owner(client: Client, ada: User, project: Project) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(ada)
    return client


def test_one_rule_mends_the_paths_of_all_commits(owner: Client, project: Project) -> None:
    job = Job(project)
    uploads = [send(job, number) for number in (1, 2, 3)]
    container, windows = uploads[2]
    wrong = {"web/index.js", "web/gen/api.js", "src/cart/util.py"}
    assert [measured(number) for number in (1, 2, 3)] == [wrong] * 3

    # 1. The page says what became of every path.
    page = owner.get(f"{ROOT}/upload/{container.pk}").content.decode()
    assert listed(page) == {
        "Unmatched": [
            "/opt/venv/lib/python3.11/site-packages/src/pay/util.py it lies outside the repository",
            "/usr/lib/python3/dist-packages/six.py it lies outside the repository",
        ],
        "Ambiguous": [
            "/build/charge.py could be src/pay/charge.py",
            "/build/util.py could be src/cart/util.py, src/pay/util.py",
        ],
        "Rewritten": ["/usr/src/app/web/index.js → web/index.js without the folders before it"],
    }
    assert re.findall(r'<span class="num">(\d+)</span> (\w+)', page) == [
        ("1", "matched"), ("1", "rewritten"), ("2", "ambiguous"), ("2", "unmatched"), ("0", "ignored"),
    ]  # fmt: skip
    assert listed(owner.get(f"{ROOT}/upload/{container.pk}?kind=matched").content.decode()) == {
        "Matched": ["web/gen/api.js"]
    }
    searched = listed(owner.get(f"{ROOT}/upload/{container.pk}?q=UTIL").content.decode())
    assert {title: len(rows) for title, rows in searched.items()} == {"Unmatched": 1, "Ambiguous": 1}
    assert listed(owner.get(f"{ROOT}/upload/{windows.pk}").content.decode())["Rewritten"] == [
        "D:\\a\\shop\\shop\\src\\cart\\util.py → src/cart/util.py without the folders before it",
        "web\\index.js → web/index.js",
    ]

    # 2. A rule is tried, and nothing changes by that.
    rule = {"kind": "prefix", "find": "/build/", "to": "src/pay"}
    preview = owner.get(f"{ROOT}/upload/{container.pk}/rule", rule).content.decode()
    counts = re.findall(
        r'<th scope="row">(\w+)</th><td class="number">(\d+)</td><td class="number">(\d+)</td>', preview
    )
    assert counts == [
        ("Matched", "1", "1"), ("Rewritten", "1", "3"), ("Ambiguous", "2", "0"), ("Unmatched", "2", "2"), ("Ignored", "0", "0"),
    ]  # fmt: skip
    assert "2 paths would change" in preview
    project.refresh_from_db()
    assert project.settings == {}

    # 3. It is saved, and everything is read again.
    answer = owner.post(f"{ROOT}/upload/{container.pk}/rule/save", {**rule, "then": "all"})
    assert (answer.status_code, answer["Location"]) == (302, f"{ROOT}/settings/paths")
    progress = owner.get(f"{ROOT}/settings/paths?part=progress").content.decode()
    assert "0 of 6 uploads are done" in progress
    assert "data-poll" in progress
    Upload.objects.update(not_before=None)  # what the clock does
    turn(*Upload.objects.filter(pk__in=claim.due(older_than=-60)))
    assert [measured(number) for number in (1, 2, 3)] == [
        wrong | {"src/pay/charge.py", "src/pay/util.py"}
    ] * 3
    done = owner.get(f"{ROOT}/settings/paths?part=progress").content.decode()
    assert "All 6 uploads were read again" in done
    assert "data-poll" not in done
    container.refresh_from_db()
    assert [row[2] for row in container.paths["rewritten"] if row[0] == "/build/util.py"] == [
        "rule: /build \N{RIGHTWARDS ARROW} src/pay"
    ]
    page = owner.get(f"{ROOT}/upload/{container.pk}").content.decode()
    assert "Ambiguous:" not in page
    assert "Read with older rules" not in page

    # 4. Files that are left out vanish from tree and totals, whoever measured them, and are listed with the reason.
    ignore = {"kind": "ignore", "find": "web/gen/", "reason": "generated by the build", "then": "this"}
    owner.post(f"{ROOT}/upload/{container.pk}/rule/save", ignore)
    assert "Read with older rules" in owner.get(f"{ROOT}/upload/{windows.pk}").content.decode()
    turn(container)
    assert "web/gen/api.js" not in measured(3)
    assert "web/gen/api.js" in measured(2), "only this upload was read again"
    page = owner.get(f"{ROOT}/upload/{container.pk}").content.decode()
    assert listed(page)["Ignored"] == ["web/gen/api.js ignored: generated by the build"]
    assert (
        "5</strong> uploads were read with other rules"
        in owner.get(f"{ROOT}/settings/paths").content.decode()
    )
    assert [deed.action for deed in trail.listing(project_id=project.pk)] == [
        "upload.reprocess", "settings.change", "upload.reprocess_all", "settings.change",
    ]  # fmt: skip


def test_the_preview_is_what_reading_again_gives(owner: Client, project: Project) -> None:
    """Tried on the kept names, a rule gives the very counts that the pipe finds afterwards."""
    job = Job(project)
    container, _ = send(job, 1)
    for rule in (
        {"kind": "regex", "find": "/build/([^/]+)", "to": r"src/pay/\1"},
        {"kind": "ignore", "find": "*.js", "reason": "later"},
        {"kind": "prefix", "find": "/usr/lib/python3/dist-packages", "to": "src/pay"},
    ):
        preview = owner.get(f"{ROOT}/upload/{container.pk}/rule", rule).content.decode()
        promised = [
            int(n) for n in re.findall(r'</td><td class="number">(\d+)</td><td class="number">', preview)
        ]
        owner.post(f"{ROOT}/upload/{container.pk}/rule/save", {**rule, "then": "this"})
        turn(container)
        container.refresh_from_db()
        kept = container.paths
        assert promised == [
            kept["matched"], kept["rewritten_count"], kept["ambiguous_count"], kept["unmatched_count"], kept["ignored_count"],
        ]  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "regex", "find": "(a+)+$", "to": ""},
        {"kind": "regex", "find": "/x", "to": r"\7"},
        {"kind": "ignore", "find": "[z-a]", "reason": "x"},
        {"kind": "ignore", "find": "gen/", "reason": ""},
        {"kind": "prefix", "find": "", "to": ""},
        {"kind": "nonsense", "find": "a", "to": ""},
        {"kind": "prefix", "find": "x" * 501, "to": ""},
    ],
)
def test_a_rule_that_cannot_be_used_is_told_and_not_saved(
    owner: Client, project: Project, rule: dict[str, str]
) -> None:
    container, _ = send(Job(project), 1)
    preview = owner.get(f"{ROOT}/upload/{container.pk}/rule", rule)
    assert preview.status_code == 200
    assert 'class="wrong"' in preview.content.decode()
    for address in (f"upload/{container.pk}/rule/save", "settings/paths/add"):
        answer = owner.post(f"{ROOT}/{address}", rule)
        assert answer.status_code == 200
        assert 'class="wrong"' in answer.content.decode()
    project.refresh_from_db()
    assert project.settings == {}


def test_the_settings_page_orders_and_removes_rules(
    owner: Client, project: Project, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for find in ("/a", "/b", "/c"):
        assert owner.post(f"{ROOT}/settings/paths/add", {"kind": "prefix", "find": find}).status_code == 302
    owner.post(f"{ROOT}/settings/paths/add", {"kind": "prefix", "find": "/c"})  # a double click
    owner.get(f"{ROOT}/settings/paths")
    with django_assert_max_num_queries(10):
        page = owner.get(f"{ROOT}/settings/paths").content.decode()
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest
    assert rules(project) == ["/a", "/b", "/c"]
    up = {"digest": digest[1], "what": "fixes", "number": "2", "do": "up"}
    owner.post(f"{ROOT}/settings/paths/change", up)
    assert rules(project) == ["/a", "/c", "/b"]
    owner.post(f"{ROOT}/settings/paths/change", up)
    assert rules(project) == ["/a", "/c", "/b"], "the page was an old one: nothing is done twice"
    page = owner.get(f"{ROOT}/settings/paths").content.decode()
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest
    for number in ("0", "9", "x", "-1"):
        owner.post(
            f"{ROOT}/settings/paths/change",
            {"digest": digest[1], "what": "fixes", "number": number, "do": "remove"},
        )
    assert rules(project) == ["/c", "/b"]


def test_rules_of_the_repository_are_not_changed_here(owner: Client, project: Project) -> None:
    project.repository_settings = {"paths": {"fixes": [{"find": "/app", "to": "src"}]}}
    project.save()
    container, _ = send(Job(project), 1)
    page = owner.get(f"{ROOT}/settings/paths").content.decode()
    assert "covdash.toml says the rules" in page
    assert "Add the rule" not in page
    answer = owner.post(f"{ROOT}/upload/{container.pk}/rule/save", {"kind": "prefix", "find": "/b"})
    assert "covdash.toml" in answer.content.decode()
    project.refresh_from_db()
    assert project.settings == {}


def test_an_upload_without_kept_names_says_what_to_do(owner: Client, project: Project) -> None:
    container, _ = send(Job(project), 1)
    container.paths = {"matched": 1}
    container.save()
    page = owner.get(f"{ROOT}/upload/{container.pk}/rule", {"kind": "prefix", "find": "/b"}).content.decode()
    assert "There is nothing to try it on" in page


def rules(project: Project) -> list[str]:
    project.refresh_from_db()
    return [fix["find"] for fix in project.settings["paths"]["fixes"]]
