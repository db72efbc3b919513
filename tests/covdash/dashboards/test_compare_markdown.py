"""A comparison as Markdown: the numbers of its page, whole addresses, and nothing of a stranger's name that Markdown would read."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.projects import wishes
from covdash.projects.models import PullRequest
from covdash.reports import comparisons
from tests.covdash.dashboards.test_compare import page
from tests.covdash.dashboards.test_compare import pair as pair  # noqa: PLC0414 - a fixture
from tests.covdash.reports.stock import Stock, lines


@pytest.fixture
def reader(client: Client, ben: User) -> Client:
    client.force_login(ben)
    return client


def test_it_says_what_the_page_says(reader: Client, stock: Stock, pair: tuple[str, str], ben: User) -> None:
    gates = [{"name": "new [code]", "rule": "patch", "least": 80}]
    wishes.write_section(project_id=stock.project.pk, actor=ben, section="gates", said=gates)
    (address,) = re.findall(r'href="([^"]*as=markdown)"', page(reader, stock, "compare?head=feature/x"))

    answer = reader.get(address.replace("&amp;", "&"))

    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith("# Compare\n")
    assert "**50.0 %** of the patch: 1 of 2 measured new lines ran." in text
    assert "2 new or changed lines, 0 of them not measurable." in text
    assert "- **failed** new \\[code\\]: 1 of 2 changed lines ran, 50.0 %; at least 80 % is asked" in text
    assert re.search(r"^\| Lines \| 40\.0 %, 2 / 5 lines \| \u221235\.0 pp \|$", text, re.MULTILINE)
    for letters, said in (("GNC", "new, tested"), ("UNC", "new, not tested"), ("LBC", "lost")):
        assert re.search(
            rf"^\| 1 \| \[{said}\]\(<http\S+cell={letters}>\) \| {letters} \|$", text, re.MULTILINE
        )
    row = r"^\| \[src/a\.py\]\(<http\S+/file/src/a\.py\?commit=\w+>\) \| 50\.0 %, 1 / 2 lines \| .*1 lost"
    assert re.search(row, text, re.MULTILINE)
    again = {"If-None-Match": answer["ETag"]}
    assert reader.get(address.replace("&amp;", "&"), headers=again).status_code == 304


def test_of_a_pull_request_and_without_a_base(reader: Client, stock: Stock, pair: tuple[str, str]) -> None:
    PullRequest.objects.create(
        project=stock.project,
        number=7,
        head=stock.project.commits.get(sha=pair[1]),
        base="main",
        title="Ship *it*",
    )

    text = page(reader, stock, "pull/7?as=markdown")
    first = page(reader, stock, f"compare?head={pair[0]}&as=markdown")

    assert text.startswith("# Ship \\*it\\*\n")
    assert "/-/pull/7>)" in text
    assert "Nothing to compare with: no older commit of main has a report." in first
    assert "Ignored: as=pdf" in page(reader, stock, "compare?head=feature/x&as=pdf")


def test_while_a_task_compares_it_says_so(
    reader: Client, stock: Stock, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)

    assert "Both are still being compared." in page(reader, stock, "compare?head=feature/x&as=markdown")


def test_names_are_only_seen(reader: Client, stock: Stock) -> None:
    name = "src/<b>[x](y)|`.py"
    base = stock.report({name: lines(1, 0)}, sources={name: "x\ny\n"})
    head = stock.report({name: lines(0, 1)}, sources={name: "x\ny\n"})

    text = page(reader, stock, f"compare?base={base.sha}&head={head.sha}&as=markdown")

    assert r"src/&lt;b\>\[x\]\(y\)\|\`.py" in text
    assert "<b>" not in text, text
