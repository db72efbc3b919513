"""Gates judged from what is stored: by commit and by comparison alike, by component, waived for a while, and tried beforehand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import wishes
from covdash.projects.configuration import parse
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Commit, Project, PullRequest
from covdash.reports import comparisons, verdicts, waiving
from covdash.reports.gate_facts import GatesFact
from covdash.reports.models import Comparison, GateWaiver, Upload
from covdash.reports.queries import commits, compare, gates
from covdash.reports.tasks import compare as compare_task
from ingest.components import recount
from tests.covdash.reports.stock import Stock, lines

TODAY = date(2026, 1, 6)
COMPONENTS = [
    {"name": "AUTH", "paths": ["src/auth/**"], "floors": {"lines": 90}},
    {"name": "PAY", "paths": ["src/pay"]},
]
GATES: list[dict[str, Any]] = [
    {"name": "new in AUTH", "rule": "patch", "least": 90, "component": "AUTH"},
    {"name": "new", "rule": "patch", "least": 50},
    {"name": "lost", "rule": "lost", "most": 0},
    {"name": "fall", "rule": "fall", "most": 1, "component": "PAY", "informational": True},
    {"name": "all", "rule": "total", "least": 10},
    {"name": "floors", "rule": "floors"},
]
Known = Callable[[], ProjectFact]


def keep(project: Project, section: str, said: Any) -> None:
    wishes.write_section(project_id=project.pk, actor=None, section=section, said=said)


@pytest.fixture
def pair(stock: Stock) -> tuple[Commit, Commit]:
    """A commit of main, and one of a branch with two new lines in AUTH of which one ran, two in PAY that ran, and one line lost."""
    keep(stock.project, "components", COMPONENTS)
    keep(stock.project, "gates", GATES)
    old = {"src/auth/a.py": "a\nb\n", "src/pay/p.py": "p\n", "c.py": "c\n"}
    base = stock.report(
        {"src/auth/a.py": lines(1, 1), "src/pay/p.py": lines(1), "c.py": lines(1)}, sources=old
    )
    new = {"src/auth/a.py": "a\nb\nn\nm\n", "src/pay/p.py": "p\nq\nr\n", "c.py": "c\n"}
    head = stock.report(
        {"src/auth/a.py": lines(1, 1, 1, 0), "src/pay/p.py": lines(1, 1, 1), "c.py": lines(0)},
        "feature/x", parent=base.sha, sources=new,
    )  # fmt: skip
    return base, head


def judged(fact: ProjectFact, commit: Commit, today: date = TODAY) -> GatesFact:
    known = commits.resolve(project=fact, ref=commit.sha)
    assert known is not None
    report = commits.report(project=fact, commit=known)
    assert report is not None
    return verdicts.of_commit(project=fact, report=report, today=today)


def told(found: GatesFact) -> dict[str, str]:
    return {one.gate.name: one.verdict.sentence for one in found.gates}


EXPECTED = {
    "new in AUTH": "In AUTH 1 of 2 changed lines ran, 50.0 %; at least 90 % is asked: failed",
    "new": "3 of 4 changed lines ran, 75.0 %; at least 50 % is asked: held",
    "lost": "1 line of unchanged code was lost; none is allowed: failed",
    "fall": "In PAY the share of lines did not change; a fall of at most 1 pp is allowed: held",
    "all": "6 of 8 lines ran, 75.0 %; at least 10 % is asked: held",
    "floors": "1 of 1 floors is not reached (AUTH 3 of 4 lines ran, 75.0 %, of 90 %): failed",
}


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_commit_is_judged_against_where_it_left_the_default_branch(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known, *, is_counted: bool
) -> None:
    """Also before a task counted the components by the rules in force."""
    if is_counted:
        recount(stock.project.pk)

    found = judged(fact(), pair[1])

    assert told(found) == EXPECTED
    assert found.base is not None
    assert found.base.report is not None
    assert found.base.report.commit.sha == pair[0].sha
    assert (found.state, found.message) == ("failed", "3 of 5 gates failed")


def test_few_statements(
    stock: Stock,
    pair: tuple[Commit, Commit],
    fact: Known,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """Two find commit and report; one, then base and comparison: with a kept comparison five more."""
    recount(stock.project.pk)
    known = fact()
    compare_task(known.id, *_roots(known, pair))
    judged(known, pair[1])

    with django_assert_max_num_queries(2 + 5):
        judged(known, pair[1])
    keep(stock.project, "gates", [])
    with django_assert_max_num_queries(2 + 1):
        assert judged(known, pair[1]) == GatesFact()


def _roots(fact: ProjectFact, pair: tuple[Commit, Commit]) -> tuple[str, str, int]:
    old, new = (commits.resolve(project=fact, ref=commit.sha) for commit in pair)
    assert old
    assert new
    reports = commits.report(project=fact, commit=old), commits.report(project=fact, commit=new)
    assert reports[0]
    assert reports[1]
    return reports[0].root, reports[1].root, new.id


def test_a_pull_request_is_judged_against_what_it_goes_to(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known
) -> None:
    """The base that its uploads declared, as on its page."""
    other = stock.report({"src/auth/a.py": lines(1, 1, 1, 1)}, "release", parent=pair[0].sha)
    PullRequest.objects.create(
        project=stock.project, number=7, head=pair[1], base="release", base_sha=other.sha
    )

    found = judged(fact(), pair[1])

    assert found.base is not None
    assert found.base.code == "declared"
    assert found.base.report is not None
    assert found.base.report.commit.sha == other.sha


def test_nothing_fails_while_the_report_collects(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known
) -> None:
    stock.upload(pair[1], {"d.py": lines(1)}, state="received")

    found = judged(fact(), pair[1])

    assert {one.verdict.state for one in found.gates} == {"waiting"}
    assert "uploads of" in told(found)["new"]
    assert "3 of 4 changed lines ran" in told(found)["new"]
    assert (found.state, found.message) == ("waiting", "All 5 gates are waiting")


def test_a_large_comparison_is_waited_for(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "AT_ONCE", 0)

    found = judged(fact(), pair[1])

    assert told(found)["new"] == "Both reports are still being compared: waiting"
    assert told(found)["all"] == EXPECTED["all"]


def test_what_a_fork_sent_without_a_token_is_not_judged(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known
) -> None:
    Upload.objects.filter(commit=pair[1]).update(fork="mallory/shop")

    found = judged(fact(), pair[1])

    assert {one.verdict.state for one in found.gates} == {"nothing"}
    assert (found.state, found.message) == ("nothing", "All 5 gates had nothing to judge")


def test_the_first_commit_has_nothing_to_compare_with(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known
) -> None:
    found = judged(fact(), pair[0])

    assert found.base is None
    assert told(found)["lost"].startswith(
        "There is nothing to compare with: no older commit of main has a report"
    )
    assert told(found)["all"] == "4 of 4 lines ran, 100 %; at least 10 % is asked: held"


def waive(fact: ProjectFact, actor: User, gate: str, **words: Any) -> None:
    given: dict[str, Any] = {"pull": None, "reason": "legacy", "owner": "ben", "until": TODAY, "today": TODAY}
    waiving.waive(project_id=fact.id, gate=gate, actor=actor, **given | words)


def test_a_waived_gate_failed_and_passes_until_its_day(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known, ada: User
) -> None:
    """For all, for its pull request, and not for another; noted in the trail; taken back."""
    known = fact()
    PullRequest.objects.create(project=stock.project, number=7, head=pair[1], base="main")
    waive(known, ada, "new in AUTH")
    waive(known, ada, "lost", pull=7)
    waive(known, ada, "floors", pull=8)
    waive(known, ada, "new", reason="it holds anyway")

    found = judged(known, pair[1])

    assert {
        one.gate.name: one.waiver is not None for one in found.gates if one.verdict.state == "failed"
    } == {
        "new in AUTH": True,
        "lost": True,
        "floors": False,
    }
    assert all(one.waiver is None for one in found.gates if one.verdict.state == "held")
    assert (found.state, found.message) == ("failed", "1 of 5 gates failed")
    assert judged(known, pair[1], TODAY + timedelta(days=1)).message == "3 of 5 gates failed"
    deed = trail.listing(project_id=known.id)[0]
    assert (deed.actor, deed.action, deed.target, deed.detail["reason"]) == (
        "ada",
        "gate.waive",
        "new",
        "it holds anyway",
    )
    number = next(one.id for one in gates.waivers(project=known, today=TODAY) if one.gate == "lost")
    assert waiving.take_back(project_id=known.id, number=number, actor=ada) == "lost"
    assert waiving.take_back(project_id=known.id, number=number, actor=ada) == ""
    assert trail.listing(project_id=known.id)[0].action == "gate.take_back"
    assert judged(known, pair[1]).message == "2 of 5 gates failed"


def test_a_later_waiver_replaces_the_earlier_one(stock: Stock, fact: Known, ada: User) -> None:
    known = fact()
    waive(known, ada, "new", reason="a")
    waive(known, ada, "new", reason="b")

    assert GateWaiver.objects.values_list("reason", flat=True).get() == "b"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"owner": ""}, "owner"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=367)}, "until"),
        ({"pull": 0}, "pull"),
        ({"pull": 2**31}, "pull"),
    ],
)
def test_a_waiver_needs_a_reason_an_owner_and_a_day(
    words: dict[str, Any], field: str, stock: Stock, fact: Known, ada: User
) -> None:
    with pytest.raises(waiving.WaiverError) as refused:
        waive(fact(), ada, "new", **words)

    assert refused.value.field == field
    assert not GateWaiver.objects.exists()


def rules(said: list[dict[str, Any]]) -> Any:
    return gates.of_configuration(parse({"gates": said, "components": COMPONENTS}))


def test_gates_are_tried_on_the_last_pull_requests(
    stock: Stock,
    pair: tuple[Commit, Commit],
    fact: Known,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """Drafts, too: nothing has to be stored. What is not compared yet is asked for and said to wait."""
    recount(stock.project.pk)
    known = fact()
    PullRequest.objects.create(project=stock.project, number=7, head=pair[1], base="main", title="Add n")
    PullRequest.objects.create(project=stock.project, number=9)
    drafts = rules([gate for gate in GATES if gate["name"] != "floors"])

    (early,) = verdicts.tried(project=known, rules=drafts)
    compare_task(known.id, *_roots(known, pair))
    with django_assert_max_num_queries(4):
        (trial,) = verdicts.tried(project=known, rules=drafts)

    assert (trial.sample.number, trial.sample.title) == (7, "Add n")
    assert early.verdicts[2].state == "waiting"
    assert [verdict.sentence for verdict in trial.verdicts] == [EXPECTED[gate.name] for gate in drafts.gates]


def test_without_pull_requests_gates_are_tried_on_commits(
    stock: Stock, pair: tuple[Commit, Commit], fact: Known
) -> None:
    stock.report({"c.py": lines(0)}, parent=pair[0].sha)

    found = verdicts.tried(project=fact(), rules=rules([{"name": "fall", "rule": "fall", "most": 5}]))

    assert [(trial.sample.number, trial.verdicts[0].state) for trial in found] == [
        (None, "failed"),
        (None, "nothing"),
    ]
    assert verdicts.tried(project=fact(), rules=rules([])) == ()


def test_a_page_and_a_commit_say_the_same(stock: Stock, pair: tuple[Commit, Commit], fact: Known) -> None:
    known = fact()
    head = commits.head(project=known, branch="feature/x")
    assert head is not None
    base = compare.base_of(project=known, head=head.commit)
    assert base.report is not None
    comparison = compare.comparison(project=known, base=base.report, head=head)

    found = verdicts.of_comparison(project=known, base=base, head=head, comparison=comparison, today=TODAY)

    assert told(found) == told(judged(known, pair[1])) == EXPECTED
    assert Comparison.objects.count() == 0, "little differs, so nothing had to be kept"
