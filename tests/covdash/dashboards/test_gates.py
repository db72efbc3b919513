"""Gates on pages: built as sentences, tried, saved, waived; and where their verdicts are shown, to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import configuration, wishes
from covdash.projects.models import Commit, Membership, Project, PullRequest
from covdash.reports import comparisons
from covdash.reports.models import GateWaiver
from ingest.components import recount
from tests.covdash.dashboards.test_rules import form
from tests.covdash.reports.stock import Stock, lines
from tests.covdash.reports.test_verdicts import COMPONENTS, EXPECTED, GATES, keep
from tests.covdash.reports.test_verdicts import pair as pair  # noqa: PLC0414 - a fixture

ROOT = "/p/acme/platform/shop/-"
SETTINGS = f"{ROOT}/settings/gates"


def row(name: str = "new", rule: str = "patch", number: str = "90", **more: Any) -> dict[str, Any]:
    return {"name": name, "rule": rule, "number": number, "metric": "lines", "component": ""} | more


def told(page: str) -> list[tuple[str, str, str]]:
    """(word, name, arithmetic) of the gates on a page."""
    block = page.partition('id="gates"')[2].partition("</section>")[0]
    cells = r'<bdi>([^<]*)</bdi>.*?</svg>([^<]*)</span>.*?<td class="wrap">(?:<a [^>]*>)?([^<]*)<'
    return [(word, name, said) for name, word, said in re.findall(cells, block, re.DOTALL)]


def waiver(**words: Any) -> dict[str, Any]:
    until = timezone.now().date() + timedelta(days=3)
    return {
        "gate": "lost",
        "pull": "12",
        "reason": "legacy <b>",
        "owner": "ben",
        "until": until.isoformat(),
    } | words


@pytest.fixture
def owner(client: Client, ada: User, project: Project) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def pull(stock: Stock, pair: tuple[Commit, Commit]) -> int:
    """The pull request of `pair`, counted."""
    recount(stock.project.pk)
    PullRequest.objects.create(project=stock.project, number=12, head=pair[1], base="main", title="Add n")
    return 12


def settings(project: Project) -> Any:
    project.refresh_from_db()
    return project.settings


def test_gates_are_saved_with_a_message_and_an_entry(owner: Client, project: Project) -> None:
    """A row that nobody filled in is nothing; numbers stay as they were typed."""
    keep(project, "components", COMPONENTS)
    rows = [
        row(number="90.1", component="AUTH", informational="on"),
        row("far", "fall", "0.5", metric="branches"),
        row("", number=""),
        row("reached", "floors", ""),
    ]

    page = owner.post(SETTINGS, form("gates", rows, do="save"), follow=True).content.decode()

    said = [
        {"name": "new", "rule": "patch", "least": 90.1, "component": "AUTH", "informational": True},
        {"name": "far", "rule": "fall", "metric": "branches", "most": 0.5},
        {"name": "reached", "rule": "floors"},
    ]
    assert "The gates were saved." in page
    assert settings(project)["gates"] == said
    deed = trail.listing(project_id=project.pk)[0]
    assert (deed.actor, deed.action, deed.target, deed.detail["after"]) == (
        "ada",
        "settings.change",
        "gates",
        said,
    )
    assert "<strong>In AUTH, changed lines covered must be at least 90.1 %.</strong>" in page
    assert 'value="90.1"' in page
    again = re.findall(r'<option value="([^"]*)" selected>', page.partition("Waivers")[0])
    assert again == ["AUTH", "lines", "patch", "", "branches", "fall", "", "lines", "floors"]


def test_the_expression_is_what_a_covdash_toml_takes(owner: Client, project: Project) -> None:
    keep(project, "gates", [gate for gate in GATES if "component" not in gate])

    page = owner.get(SETTINGS).content.decode()

    (text,) = re.findall(r'aria-label="The gates in covdash.toml"><code>([^<]*)</code>', page)
    assert (
        configuration.parse_toml(text.replace("&quot;", '"').encode())["gates"] == settings(project)["gates"]
    )


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        (row("", number="90"), "name", "1 to 64"),
        (row("a"), "name", "is there twice"),
        (row("b", number=""), "number", "needs a number, in %"),
        (row("b", number="90,5"), "number", "Write a number such as"),
        (row("b", number="nan"), "number", "Write a number such as"),
        (row("b", number="101"), "number", "from 0 to 100"),
        (row("b", "lost", "1.5"), "number", "a whole number from 0"),
        (row("b", "floors", "1"), "number", "takes no number"),
        (row("b", "lost", "1", metric="branches"), "metric", "takes no metric"),
        (row("b", metric="functions"), "metric", "about lines or branches"),
        (row("b", metric="blend"), "metric", "Select a valid choice"),
        (row("b", "best"), "rule", "Select a valid choice"),
        (row("b", component="gone"), "component", "There is no such component now"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_is_saved(
    owner: Client, project: Project, wrong: dict[str, Any], field: str, why: str
) -> None:
    page = owner.post(SETTINGS, form("gates", [row("a"), wrong], do="save")).content.decode()

    assert "Nothing was saved." in page
    (tag,) = re.findall(rf'<[^>]* id="id_gates-1-{field}"[^>]*>', page)
    assert 'aria-invalid="true"' in tag
    shown = re.search(rf'id="id_gates-1-{field}_error">([^<]*)<', page)
    assert shown is not None
    assert why in shown[1]
    assert settings(project) == {}


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("add", ["a", "b", ""]),
        ("remove-0", ["b"]),
        ("up-1", ["b", "a"]),
        ("up-0", ["a", "b"]),
        ("remove-x", ["a", "b"]),
        ("try", ["a", "b"]),
        ("nonsense", ["a", "b"]),
    ],
)
def test_rows_change_without_script_and_without_saving(
    owner: Client, project: Project, do: str, after: list[str]
) -> None:
    page = owner.post(SETTINGS, form("gates", [row("a"), row("b", number="x")], do=do)).content.decode()

    assert re.findall(r'<input type="text" name="gates-\d+-name"(?: value="([^"]*)")?', page) == after
    assert "Not saved yet." in page
    assert settings(project) == {}


def test_a_draft_is_tried_with_doors_to_what_would_have_failed(
    owner: Client, stock: Stock, pull: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Nothing is kept of these two yet: the rules that need lines wait, the others are judged."""
    rows = [row("floors", "floors", ""), row("all", "total", "10"), row("x", number="x"), row("lines")]

    with django_assert_max_num_queries(16):
        page = owner.post(SETTINGS, form("gates", rows, do="try")).content.decode()

    shares = re.findall(r'<p class="rule-share">(.*?)</p>', page)
    assert len(shares) == 3, "the row that cannot be read is not tried"
    assert f'Would have failed 1 of one pull request: <a href="{ROOT}/pull/12">#12</a>.' in shares[0]
    assert "Would have failed 0 of one pull request." in shares[1]
    assert "The rest: 1 held." in shares[1]
    assert "The rest: 1 waiting." in shares[2]
    assert "gates" not in [
        deed.target for deed in trail.listing(project_id=stock.project.pk) if deed.actor == "ada"
    ]


def test_without_reports_there_is_nothing_to_try_on(owner: Client, project: Project) -> None:
    page = owner.post(SETTINGS, form("gates", [row()], do="try")).content.decode()

    assert "There is nothing to try it on yet." in page


def test_a_section_of_covdash_toml_is_shown_and_not_changed(owner: Client, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(
        repository_settings={"gates": [{"name": "file", "rule": "total", "least": 80}]}
    )

    page = owner.get(SETTINGS).content.decode()
    answer = owner.post(SETTINGS, form("gates", [row()], do="save"), follow=True).content.decode()

    assert "Lines covered must be at least 80 %." in page
    assert 'name="do" value="save"' not in page
    assert "stands in covdash.toml" in answer
    assert settings(project) == {}


def test_words_that_mean_nothing_are_named(owner: Client, pull: int) -> None:
    page = owner.get(f"{SETTINGS}?gate=gone&pull=x").content.decode()

    assert "Ignored: gate=gone, pull=x" in page


def test_verdicts_stand_on_commit_comparison_and_pull_request(
    client: Client, ben: User, pair: tuple[Commit, Commit], pull: int
) -> None:
    """The same for a member, with doors to the lines; no member is offered what only maintainers may do."""
    client.force_login(ben)
    expected = [(said.rpartition(": ")[2], name, said.rpartition(": ")[0]) for name, said in EXPECTED.items()]
    addresses = (f"commit/{pair[1].sha}", f"compare?base={pair[0].sha}&head={pair[1].sha}", "pull/12")

    for rest in addresses:
        page = client.get(f"{ROOT}/{rest}").content.decode()
        assert told(page) == expected, rest
        assert "3 of 5 gates failed" in page
        assert '<span class="cell-sub">informational</span>' in page
        assert ">Waive" not in page
    doors = re.findall(r'href="([^"]*)">1 line of unchanged', page)
    assert doors == [f"{ROOT}/pull/12?cell=LBC"]
    assert 'data-rows="1"' in client.get(doors[0]).content.decode()


def test_pages_stay_within_their_statements(
    client: Client,
    ben: User,
    pair: tuple[Commit, Commit],
    pull: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """14 of their own, and two of the session."""
    client.force_login(ben)
    comparison = f"{ROOT}/compare?base={pair[0].sha}&head={pair[1].sha}"
    roots = {commit: commit.reports.get(flag="").root for commit in pair}  # type: ignore[attr-defined]
    comparisons.make(
        project_id=pair[0].project_id, base_root=bytes(roots[pair[0]]), head_root=bytes(roots[pair[1]]),
        head_commit=pair[1].pk,
    )  # fmt: skip

    for address in (f"{ROOT}/commit/{pair[1].sha}", comparison, f"{ROOT}/pull/12"):
        client.get(address)
        with django_assert_max_num_queries(16):
            assert "3 of 5 gates failed" in client.get(address).content.decode(), address


def test_gates_wait_while_the_comparison_is_made(
    client: Client, ben: User, pull: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)
    client.force_login(ben)

    page = client.get(f"{ROOT}/pull/12?part=comparison").content.decode()

    assert ("waiting", "new", "Both reports are still being compared") in told(page)


def test_a_page_without_gates_says_nothing_of_them(client: Client, ben: User, stock: Stock) -> None:
    commit = stock.report({"a.py": lines(1)})
    client.force_login(ben)

    assert 'id="gates"' not in client.get(f"{ROOT}/commit/{commit.sha}").content.decode()


def test_who_may_see_and_change_what(
    client: Client, ben: User, cleo: User, project: Project, pair: tuple[Commit, Commit], pull: int
) -> None:
    """Strangers find nothing, members no settings; readers of a public project see verdicts, not what the team wrote."""
    wishes.write_section(project_id=project.pk, actor=None, section="gates", said=GATES[:3])
    GateWaiver.objects.create(
        project=project, gate="lost", reason="secret", owner="ben", until=timezone.now().date()
    )
    number = GateWaiver.objects.get().pk
    posts = (SETTINGS, f"{SETTINGS}/waive", f"{SETTINGS}/waivers/{number}")

    for user, status in ((ben, 403), (cleo, 404)):
        client.force_login(user)
        assert client.get(SETTINGS).status_code == status
        assert [client.post(address, waiver()).status_code for address in posts] == [status] * 3
    Membership.objects.filter(user=ben).update(role=Membership.Role.MAINTAINER)
    client.force_login(ben)
    assert client.get(SETTINGS).status_code == 200
    assert "secret" in client.get(f"{ROOT}/pull/12").content.decode()
    Project.objects.filter(pk=project.pk).update(is_public=True)
    client.logout()
    page = client.get(f"{ROOT}/pull/12").content.decode()
    assert "waived until" in page
    assert "secret" not in page


def test_nothing_is_judged_of_a_commit_without_lines(owner: Client, pair: tuple[Commit, Commit]) -> None:
    """What comparisons need is gone: its page says that alone, and the trial takes others."""
    base, head = pair
    assert told(owner.get(f"{ROOT}/commit/{head.sha}").content.decode())
    Commit.objects.filter(pk__in=[base.pk, head.pk]).update(thinned_at=timezone.now())

    answer = owner.get(f"{ROOT}/commit/{head.sha}")

    assert answer.status_code == 200
    assert told(answer.content.decode()) == []
    assert "of the last" not in owner.get(SETTINGS).content.decode()
