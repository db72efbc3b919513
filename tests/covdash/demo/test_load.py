"""`load_demo` against a real server: uploads arrive through the API, are processed, and a second run adds nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from covdash.demo import client
from covdash.projects.models import Commit, Project, UploadToken
from covdash.reports.models import CommitReport, Upload
from tests.factories.uploads import turn

pytestmark = pytest.mark.django_db(transaction=True)


def load(url: str, *only: str) -> str:
    """Run the command without waiting for a worker, and return what it prints."""
    out = StringIO()
    call_command("load_demo", url=url, only=list(only), patience=0.0, stdout=out)
    return out.getvalue()


def test_a_second_load_adds_nothing(live_server: LiveServer) -> None:
    with pytest.raises(CommandError, match="wait for a worker"):
        load(live_server.url, "legacy", "bank")
    turn(*Upload.objects.order_by("received_at"))
    rows = [(model, model.objects.count()) for model in (Project, Commit, Upload, UploadToken)]

    said = load(live_server.url, "legacy", "bank")

    assert [(model, model.objects.count()) for model, _ in rows] == rows
    assert "acme/legacy: all of its 6 commits are here already" in said
    assert f"{live_server.url}/p/acme/bank/" in said


def test_what_the_story_promises_is_there(live_server: LiveServer) -> None:
    """One report cut off, one attempt superseded, hits without sources, all in the words of the API."""
    with pytest.raises(CommandError):
        load(live_server.url, "bank", "nightly")
    turn(*Upload.objects.order_by("received_at"))

    (failed,) = Upload.objects.filter(state="failed")
    assert (failed.project.slug, failed.error_code) == ("acme/bank", "malformed")
    assert "cut off" in failed.error
    (old,) = Upload.objects.exclude(superseded_by=None)
    assert old.superseded_by is not None
    assert (old.attempt, old.superseded_by.attempt) == (1, 2)
    assert set(Upload.objects.filter(project__slug="acme/tools/nightly").values_list("needs_sources")) == {
        (True,)
    }
    head = Commit.objects.filter(project__slug="acme/bank").latest("committed_at")
    totals = CommitReport.objects.get(commit=head, flag="").totals
    assert {kind for kind, _ in totals.items()} == {"lines", "branches", "functions", "instructions"}
    assert totals.unmeasured == 1  # the read-me


def test_a_half_loaded_demo_is_completed(live_server: LiveServer) -> None:
    with pytest.raises(CommandError):
        load(live_server.url, "legacy")
    Upload.objects.latest("received_at").delete()

    with pytest.raises(CommandError, match="1 of 1 uploads still wait"):
        load(live_server.url, "legacy")

    assert Upload.objects.count() == 6


def test_a_project_of_ones_own_is_left_alone(live_server: LiveServer) -> None:
    call_command("create_project", "acme/legacy", stdout=StringIO())
    project = Project.objects.get()
    commit = Commit.objects.create(project=project, sha="a" * 40, committed_at="2026-01-01T00:00:00Z")
    Upload.objects.create(project=project, commit=commit, identity=b"x")

    assert "acme/legacy is a project of your own" in load(live_server.url, "legacy")
    assert Upload.objects.count() == 1


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covdash.demo.client.time.sleep", lambda _seconds: None)

    with pytest.raises(CommandError, match=r"does not answer .* is covdash running"):
        load("http://127.0.0.1:9", "legacy")


def test_the_server_refuses(live_server: LiveServer) -> None:
    """The sentence of the server reaches the terminal."""
    with pytest.raises(client.RefusedError, match=r"answered 401: .+"):
        client.Client(live_server.url, "cvdu_nothing").state("00000000-0000-0000-0000-000000000000")
