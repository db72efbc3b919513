"""Waivers of gates: given with a reason, an owner and a last day, shown where the gate failed, listed in the review, taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.projects.models import Project
from covdash.reports.models import GateWaiver
from tests.covdash.dashboards.test_gates import ROOT, SETTINGS, told, waiver
from tests.covdash.dashboards.test_gates import owner as owner  # noqa: PLC0414 - a fixture
from tests.covdash.dashboards.test_gates import pull as pull  # noqa: PLC0414 - a fixture
from tests.covdash.reports.stock import Stock, lines
from tests.covdash.reports.test_verdicts import EXPECTED
from tests.covdash.reports.test_verdicts import pair as pair  # noqa: PLC0414 - a fixture


def test_a_gate_is_waived_and_the_waiver_taken_back(owner: Client, pull: int) -> None:
    page = owner.get(f"{ROOT}/pull/12").content.decode()
    (door,) = re.findall(r'<a href="([^"]*gate=lost[^"]*)">Waive', page)
    blank = owner.get(door.replace("&amp;", "&").partition("#")[0]).content.decode()
    assert '<option value="lost" selected>' in blank
    assert 'name="pull" value="12"' in blank

    saved = owner.post(f"{SETTINGS}/waive", waiver(), follow=True).content.decode()

    assert "The gate lost may fail until" in saved
    assert "legacy &lt;b&gt;" in saved
    assert '<span class="tag">soon</span>' in saved
    shown = owner.get(f"{ROOT}/pull/12").content.decode()
    assert "waived until" in shown
    assert "legacy &lt;b&gt;" in shown
    assert ("failed", "lost", EXPECTED["lost"].rpartition(": ")[0]) in told(shown), "it failed all the same"
    assert "2 of 5 gates failed" in shown
    number = GateWaiver.objects.get().pk
    assert (
        "is not waived any more" in owner.post(f"{SETTINGS}/waivers/{number}", follow=True).content.decode()
    )
    assert owner.post(f"{SETTINGS}/waivers/{number}").status_code == 404


@pytest.mark.parametrize(
    ("words", "field", "why"),
    [
        ({"gate": "gone"}, "gate", "Select a valid choice"),
        ({"reason": " "}, "reason", "required"),
        ({"owner": ""}, "owner", "required"),
        ({"until": "2020-01-01"}, "until", "from today to a year from now"),
        ({"until": "soon"}, "until", "valid date"),
        ({"pull": "0"}, "pull", "greater than or equal to 1"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_at_its_field(
    owner: Client, pull: int, words: dict[str, str], field: str, why: str
) -> None:
    page = owner.post(f"{SETTINGS}/waive", waiver(**words)).content.decode()

    assert why in (re.findall(rf'id="id_{field}_error">([^<]*)<', page) or [""])[0]
    assert not GateWaiver.objects.exists()


def test_the_review_lists_waivers_for_members(
    client: Client, ada: User, stock: Stock, project: Project
) -> None:
    """Those in force, marked when they end within two weeks; on the page and as Markdown; readers of a public project see none."""
    stock.report({"a.py": lines(1)}, at=timezone.now() - timedelta(days=1))
    today = timezone.now().date()
    for gate, days, number in (("soon", 3, 12), ("late", 90, None), ("over", -1, None)):
        GateWaiver.objects.create(
            project=project,
            gate=gate,
            reason="legacy",
            owner="ben",
            until=today + timedelta(days=days),
            pull=number,
        )
    client.force_login(ada)

    page = client.get(f"{ROOT}/review").content.decode()

    shown = re.findall(r"<li>The gate <bdi>(\w+)</bdi> is waived(.*?)</li>", page)
    assert [gate for gate, _ in shown] == ["soon", "late"]
    assert ["soon</span>" in rest for _, rest in shown] == [True, False]
    assert f'<a href="{ROOT}/pull/12">#12</a>' in shown[0][1]
    text = client.get(f"{ROOT}/review.md").content.decode()
    assert f"- Gate waived until {today + timedelta(days=3)}: soon, pull request 12. legacy (ben)" in text
    Project.objects.filter(pk=project.pk).update(is_public=True)
    client.logout()
    assert "is waived" not in client.get(f"{ROOT}/review").content.decode()
