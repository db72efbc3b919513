"""Tabs of a comparison that set both sides beside each other: what each counts is what it lists, within its bounds."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages.compare_files import TITLES
from covdash.projects import wishes
from covdash.projects.models import Commit, PullRequest
from covdash.reports.models import CommitReport, Upload
from ingest.components import recount
from tests.covdash.dashboards.test_promised_counts import doors, rows_behind
from tests.covdash.reports.stock import START, Stock, lines

PLACE = Place("acme/platform/shop")
OLD, NEW = "a\nb\nc\nd\n", "a\nb\nnew\nd\nlast\n"
RULES = [
    {"name": "pay", "paths": ["src"], "weight": 9, "floors": {"lines": 80}},
    {"name": "web", "paths": ["web"]},
]


@pytest.fixture
def pair(stock: Stock, ben: User, client: Client) -> tuple[Commit, Commit]:
    """Base: jobs unit and e2e with a flag each. Head: unit, whose file changed, and one that failed; e2e was carried forward."""
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="components", said=RULES)
    base, head = stock.commit(), stock.commit("feature/x", parent=f"{1:04x}" * 10)
    stock.upload(base, {"src/a.py": lines(1, 1, 1, 0)}, flags=["unit"], sources={"src/a.py": OLD})
    end = stock.upload(base, {"web/b.py": lines(1, 0)}, flags=["e2e"], sources={"web/b.py": "x\ny\n"})
    Upload.objects.filter(pk=end.pk).update(job="end to end")
    stock.assemble(base)
    unit = stock.upload(head, {"src/a.py": lines(1, 0, 0, 0, 2)}, flags=["unit"], sources={"src/a.py": NEW})
    broken = stock.upload(head, {}, flags=["lint"], state="failed")
    Upload.objects.filter(pk=broken.pk).update(job="<lint>")
    for one in (stock.upload(head, {}, state="failed"), stock.upload(base, {}, state="failed")):
        Upload.objects.filter(pk=one.pk).update(superseded_by=unit)
    stock.assemble(head)
    of_flag = CommitReport.objects.get(commit=base, flag="e2e")
    CommitReport.objects.create(
        project=stock.project, commit=head, flag="e2e", root=of_flag.root, totals=of_flag.totals,
        carried=[{"flag": "e2e", "sha": base.sha, "at": (START - timedelta(days=3)).isoformat()}],
    )  # fmt: skip
    recount(stock.project.pk)
    client.force_login(ben)
    PullRequest.objects.create(project=stock.project, number=7, head=head, base="main")
    return base, head


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(body: str) -> list[str]:
    """Return the text of each row of the table that stands behind the tabs."""
    table = body.partition('aria-label="Comparison"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    plain = [re.sub(r"<[^>]+>", " ", row) for row in table.split("</tr>")[:-1]]
    return [re.sub(r"\s+", " ", row).strip() for row in plain]


@pytest.mark.parametrize("page", ["compare", "pull"])
def test_each_tab_lists_what_it_counts(pair: tuple[Commit, Commit], client: Client, page: str) -> None:
    address = PLACE.pull(7) if page == "pull" else PLACE.compare(pair[0].sha, pair[1].sha)
    found = [door for door in doors(client, address, "") if "cell=" not in door[0]]

    assert [count for _, count in found] == [2, 1, 2, 1, 3, 2, 2]
    assert re.findall(r">([\w ]+) <span class=\"tag\">", get(client, address)) == list(TITLES.values())
    for href, count in found:
        assert rows_behind(client, href) == count, href


def test_uploads_say_which_side_has_them(pair: tuple[Commit, Commit], client: Client) -> None:
    body = get(client, PLACE.compare(pair[0].sha, pair[1].sha, tab="uploads"))

    first, second, third = rows(body)
    assert first.startswith("&lt;lint&gt; lint only in the head - not in the base")
    assert "failed in the head" in first
    assert second.startswith("end to end e2e only in the base")
    assert second.endswith("- not in the head")
    assert third.startswith("test unit in both")
    assert body.count("/-/upload/") == 4


def test_components_have_their_change_their_new_lines_and_floors(
    pair: tuple[Commit, Commit], client: Client
) -> None:
    pay, web = rows(get(client, PLACE.compare(pair[0].sha, pair[1].sha, tab="components")))

    assert re.match(
        r"pay 9 40\.0 % .* \N{MINUS SIGN}35\.0 pp 50\.0 % .* under its floor by 40\.0 pp floor 80 %$", pay
    ), pay
    assert web.startswith("web 1 - - (no lines here) none measured")
    CommitReport.objects.filter(commit=pair[0]).update(components_digest="older.")
    assert "(the base was counted by other rules)" in rows(
        get(client, PLACE.compare(pair[0].sha, pair[1].sha, tab="components"))
    )[0]  # fmt: skip


def test_flags_say_where_carried_ones_are_from(pair: tuple[Commit, Commit], client: Client) -> None:
    body = get(client, PLACE.compare(pair[0].sha, pair[1].sha, tab="flags"))

    carried, unit = rows(body)
    assert carried.startswith(f"e2e in the head carried forward from {pair[0].sha[:8]} , 3 days")
    assert "0 pp" in carried
    assert "\N{MINUS SIGN}35.0 pp" in unit
    assert f"commit={pair[1].sha}&amp;flag=unit" in body


def test_what_only_one_side_has_is_named(stock: Stock, pair: tuple[Commit, Commit], client: Client) -> None:
    body = get(client, PLACE.compare(pair[1].sha, pair[0].sha, tab="flags"))
    CommitReport.objects.filter(commit=pair[1], flag="e2e").delete()
    gone = get(client, PLACE.compare(pair[0].sha, pair[1].sha, tab="flags"))

    assert "only in" not in body
    assert rows(gone)[0].startswith("e2e only in the base")
    assert f"commit={pair[0].sha}&amp;flag=e2e" in gone


def test_empty_tabs_say_what_would_be_here(stock: Stock, ben: User, client: Client) -> None:
    base = stock.report({"a.py": lines(0, 1)}, sources={"a.py": "x\ny\n"})
    head = stock.report({"a.py": lines(1, 1)}, sources={"a.py": "x\ny\n"})
    client.force_login(ben)
    Upload.objects.all().delete()

    said = {tab: get(client, PLACE.compare(base.sha, head.sha, tab=tab)) for tab in TITLES}

    assert "Nothing was lost elsewhere" in said["indirect"]
    assert "No uploads" in said["uploads"]
    assert "No components" in said["components"]
    assert "No flags" in said["flags"]


def test_the_old_name_of_a_tab_leads_to_the_new_one(pair: tuple[Commit, Commit], client: Client) -> None:
    for address in (PLACE.pull(7), PLACE.compare("main", "feature/x")):
        sign = "&" if "?" in address else "?"
        answer = client.get(f"{address}{sign}tab=elsewhere&skip=0")
        assert answer.status_code == 302
        assert answer["Location"] == f"{address}{sign}tab=indirect&skip=0"


def test_a_tab_stays_within_its_bounds(
    pair: tuple[Commit, Commit], stock: Stock, client: Client, django_assert_max_num_queries: Any
) -> None:
    """14 SQL statements beside the two of the session, for pulls and for git branches and commits; 300 uploads in 60 KB."""
    for number in range(150):
        for commit in pair:
            one = stock.upload(commit, {}, flags=[f"flag-{number}"])
            Upload.objects.filter(pk=one.pk).update(job=f"a rather long name of a job, number {number}")
    shas = pair[0].sha, pair[1].sha
    addresses = [PLACE.pull(7, tab=tab) for tab in TITLES]
    addresses += [PLACE.compare(*shas, tab=tab) for tab in TITLES]
    addresses += [
        PLACE.compare("main", "feature/x", tab="flags"),
        PLACE.compare("", "feature/x", tab="flags"),
    ]
    addresses += [PLACE.pull(7, cell="GNC"), PLACE.pull(7, file="src/a.py"), PLACE.compare(*shas, cell="GNC")]
    for address in addresses:
        get(client, address)
        with django_assert_max_num_queries(16):
            body = get(client, address)
        assert len(gzip.compress(body.encode(), 6)) <= 60_000
        assert body.count("<") / 2 <= 8_000
