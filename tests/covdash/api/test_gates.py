"""Gates through the API and in the status of an upload: who is told what, and that both say the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.projects.models import Commit, Project
from covdash.reports.models import GateWaiver, Upload
from ingest.components import recount
from ingest.status import status_of
from tests.covdash.reports.stock import Stock
from tests.covdash.reports.test_verdicts import EXPECTED, keep
from tests.covdash.reports.test_verdicts import pair as pair  # noqa: PLC0414 - a fixture
from tests.factories.uploads import Job, turn

BODY = b"TN:\nSF:src/a.py\nDA:1,1\nend_of_record\n"
ROOT = "/api/v1/projects/acme/platform/shop"


@pytest.fixture
def head(stock: Stock, pair: tuple[Commit, Commit]) -> Commit:
    """A counted commit with gates, of which one is waived."""
    recount(stock.project.pk)
    GateWaiver.objects.create(
        project=stock.project, gate="lost", reason="legacy", owner="ben", until=timezone.now().date()
    )
    return pair[1]


def asked(client: Client, commit: Commit) -> dict[str, Any]:
    answer = client.get(f"{ROOT}/commits/{commit.sha}/gates")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_verdicts_of_a_commit(
    client: Client,
    ben: User,
    pair: tuple[Commit, Commit],
    head: Commit,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(ben)

    with django_assert_max_num_queries(13):
        found = asked(client, head)

    until = timezone.now().date().isoformat()
    assert (found["state"], found["message"], found["base"]) == ("failed", "2 of 5 gates failed", pair[0].sha)
    assert {one["name"]: f"{one['told']}: {one['state']}" for one in found["gates"]} == EXPECTED
    lost = next(one for one in found["gates"] if one["name"] == "lost")
    assert lost == {
        "name": "lost",
        "rule": "lost",
        "asks": "No line of unchanged code may be lost",
        "state": "failed",
        "told": "1 line of unchanged code was lost; none is allowed",
        "said": f"lost: 1 line of unchanged code was lost; none is allowed: failed, waived until {until}",
        "informational": False,
        "waived": {"until": until, "reason": "legacy", "owner": "ben"},
    }
    assert next(one for one in found["gates"] if one["informational"])["said"].endswith(
        ": held, informational"
    )


def test_what_the_team_wrote_is_for_members(client: Client, head: Commit, cleo: User) -> None:
    assert client.get(f"{ROOT}/commits/{head.sha}/gates").status_code == 404
    client.force_login(cleo)
    assert client.get(f"{ROOT}/commits/{head.sha}/gates").status_code == 404
    Project.objects.update(is_public=True)

    waived = [one["waived"] for one in asked(client, head)["gates"] if one["waived"]]

    assert [(one["reason"], one["owner"]) for one in waived] == [("", "")]


def test_without_gates_there_is_nothing(client: Client, ben: User, stock: Stock, head: Commit) -> None:
    keep(stock.project, "gates", [])
    client.force_login(ben)

    assert asked(client, head) == {"state": "nothing", "message": "", "base": None, "gates": []}


def test_the_status_of_an_upload_says_the_same_when_asked(client: Client, ben: User, head: Commit) -> None:
    """With a token of the project, which is no member; not unless it is asked for, and not of an upload that failed."""
    client.force_login(ben)
    upload = Upload.objects.select_related("project", "commit", "branch", "pull").get(commit=head)

    found = status_of(upload, "x", gate=True)["gate"]

    wanted = asked(client, head)
    assert [one["said"] for one in found["gates"]] == [one["said"] for one in wanted["gates"]]
    assert (found["state"], found["message"]) == (wanted["state"], wanted["message"])
    assert [one["waived"]["reason"] for one in found["gates"] if one["waived"]] == [""]
    assert status_of(upload, "x")["gate"] is None
    upload.state = Upload.State.FAILED
    assert status_of(upload, "x", gate=True)["gate"] is None


def test_the_status_address_takes_the_word(project: Project) -> None:
    """Through the door: waiting before there is a report, null without gates."""
    keep(project, "gates", [{"name": "all", "rule": "total", "least": 1}])
    job = Job(project)
    job.post(BODY, commit="a" * 40, branch="main")
    number = Upload.objects.get().pk

    early = job.client.get(f"/api/v1/uploads/{number}?gate=1", headers=job.headers).json()["gate"]
    turn(Upload.objects.get())
    late = job.client.get(f"/api/v1/uploads/{number}?gate=1", headers=job.headers).json()["gate"]

    assert (early["state"], early["message"], early["gates"]) == (
        "waiting",
        "The commit has no report yet",
        [],
    )
    assert late["gates"][0]["told"].startswith("So far, as uploads of aaaaaaaa may still come: ")
    assert job.client.get(f"/api/v1/uploads/{number}", headers=job.headers).json()["gate"] is None
