"""Retention on the pages: what is set, counted and removed; what a commit without lines says; what operators see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import keeping
from covdash.projects.models import Commit, Project
from covdash.reports import retention
from covdash.reports.models import Sweep
from tests.covdash.reports.retention.history import age, commit
from tests.factories.uploads import Job, sha

ROOT = "/p/acme/platform/shop/-"
PAGE = f"{ROOT}/settings/retention"
Bells = list[tuple[str, list[Any]]]


@pytest.fixture
def owner(client: Client, ada: User, project: Project) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(ada)
    return client


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> Bells:
    """The tasks that were asked for."""
    heard: Bells = []
    monkeypatch.setattr(keeping.app, "send_task", lambda task, args, **_: heard.append((task, args)))
    return heard


@pytest.fixture
def old(project: Project) -> Project:
    """The project with six commits, three of which are due, and an upload each."""
    job = Job(project)
    for number in range(1, 7):
        commit(job, number)
    age(project, days=40)
    Project.objects.filter(pk=project.pk).update(settings={"retention": {"commit_days": 30, "raw_days": 30}})
    return project


def door(text: str, address: str) -> int:
    """The count on the page that leads to `address`."""
    found = re.search(rf'<a href="{re.escape(address)}">([0-9,]+)</a>', text)
    assert found, address
    return int(found[1])


def test_what_is_saved_is_told_noted_and_counted(owner: Client, project: Project, bells: Bells) -> None:
    answer = owner.post(
        f"{PAGE}/save", {"raw_days": "30", "branch_days": "", "commit_days": "0"}, follow=True
    )
    text = answer.content.decode()
    assert "Nothing is removed before the next sweep" in text
    assert "Last changed by <bdi>ada</bdi>" in text
    assert 'name="raw_days" value="30"' in text
    project.refresh_from_db()
    assert project.settings == {"retention": {"raw_days": 30, "commit_days": 0}}
    (deed,) = trail.listing(project_id=project.pk)
    assert (deed.actor, deed.action, deed.target) == ("ada", "settings.change", "retention")
    assert bells == [(retention.SWEEP, [project.pk, True])]


@pytest.mark.parametrize(
    ("field", "days", "said"),
    [
        ("raw_days", "6", "must be from 7 to 36500, or 0 for ever."),
        ("branch_days", "29", "must be from 30 to 36500, or 0 for ever."),
        ("commit_days", "-5", "must be from 30 to 36500, or 0 for ever."),
        ("commit_days", "99999", "must be from 30 to 36500, or 0 for ever."),
        ("raw_days", "soon", "Enter a whole number."),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    owner: Client, project: Project, bells: Bells, field: str, days: str, said: str
) -> None:
    text = owner.post(f"{PAGE}/save", {field: days}).content.decode()
    assert said in text
    project.refresh_from_db()
    assert (project.settings, bells) == ({}, [])


def test_saving_asks_who_signed_in_long_ago_for_the_password(
    owner: Client, ada: User, project: Project
) -> None:
    ada.set_password("a-long-enough-passphrase")
    ada.save()
    owner.force_login(ada)
    answer = owner.post(f"{PAGE}/save", {"raw_days": "30"})
    assert answer.headers["Location"].startswith("/account/confirm?next=")
    project.refresh_from_db()
    assert project.settings == {}


def test_each_count_leads_to_exactly_its_rows(
    owner: Client, old: Project, django_assert_max_num_queries: Any
) -> None:
    retention.sweep(old.pk, is_dry=True)
    with django_assert_max_num_queries(14):
        text = owner.get(PAGE).content.decode()
    commits, uploads = f"{ROOT}/commits?show=thins", f"{ROOT}/uploads?state=expires"
    assert (door(text, commits), door(text, uploads)) == (2, 6)
    listed = owner.get(commits).content.decode()
    assert set(re.findall(rf"{ROOT}/commit/([0-9a-f]+)", listed)) == {sha(2), sha(4)}
    assert len(set(re.findall(rf"{ROOT}/upload/([0-9a-f-]+)", owner.get(uploads).content.decode()))) == 6
    table = b"".join(owner.get(f"{ROOT}/uploads.csv?state=expires").streaming_content)  # type: ignore[attr-defined]
    assert len(table.splitlines()) == 7, "the head and six"
    counted = Sweep.objects.get(project=old, is_dry=True)
    assert counted.found["commits"] == 2
    assert re.search(r"Raw uploads.*?6</span>", text, re.DOTALL)

    retention.sweep(old.pk)
    text = owner.get(PAGE).content.decode()
    assert (door(text, commits), door(text, uploads)) == (0, 0)
    gone, expired = f"{ROOT}/commits?show=thinned", f"{ROOT}/uploads?state=expired"
    assert (door(text, gone), door(text, expired)) == (2, 6)
    assert set(re.findall(rf"{ROOT}/commit/([0-9a-f]+)", owner.get(gone).content.decode())) == {
        sha(2),
        sha(4),
    }
    assert len(set(re.findall(rf"{ROOT}/upload/([0-9a-f-]+)", owner.get(expired).content.decode()))) == 6
    assert "2 commits, 6 uploads" in text


def test_counting_is_asked_for(owner: Client, old: Project, bells: Bells) -> None:
    assert "Nothing was counted yet." in owner.get(PAGE).content.decode()
    assert "It is being counted" in owner.post(f"{PAGE}/count", follow=True).content.decode()
    assert bells == [(retention.SWEEP, [old.pk, True])]


def test_the_page_says_that_a_sweep_failed_or_was_killed(owner: Client, old: Project) -> None:
    Commit.objects.filter(sha=sha(1)).update(tag="v1")
    row = Sweep.objects.create(project=old, error="KeyError: object 12 is not stored")
    assert "It was not finished: KeyError: object 12 is not stored" in owner.get(PAGE).content.decode()
    Sweep.objects.filter(pk=row.pk).update(error="", started_at=row.started_at - timedelta(hours=2))
    assert "It did not end; the next one goes on" in owner.get(PAGE).content.decode()


def test_a_covdash_toml_can_only_make_it_longer(owner: Client, old: Project) -> None:
    said = {"retention": {"raw_days": 7, "commit_days": 0}}
    Project.objects.filter(pk=old.pk).update(repository_settings=said)
    assert keeping.policy(old.pk) == keeping.Policy(
        raw_days=30, branch_days=0, commit_days=0, longer=frozenset({"commit_days"})
    )
    text = owner.get(PAGE).content.decode()
    assert "Every commit: covdash.toml asks for longer than this page says." in text
    assert "Raw uploads: covdash.toml" not in text


def test_a_thinned_commit_says_why_and_keeps_its_numbers(owner: Client, old: Project) -> None:
    before = owner.get(f"{ROOT}/commit/{sha(2)}").content.decode()
    figure = re.search(r'<span class="fact-figure">.*?([0-9.]+)\s*%', before)
    retention.sweep(old.pk)
    answer = owner.get(f"{ROOT}/commit/{sha(2)}")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Files and lines of this report were removed on " in text
    assert "only the last of each day keeps them. Its totals stay, and are final." in text
    assert figure
    assert figure[1] in text
    assert f"commit={sha(2)}" not in text, "no way leads to files that are gone"
    assert "lcov.info" not in text
    assert owner.get(f"{ROOT}/commit/{sha(2)}?tab=uploads").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        f"/?commit={sha(2)}", f"-/tree/?commit={sha(2)}", f"-/tree/src/?commit={sha(2)}", f"-/file/src/always.py?commit={sha(2)}",
        f"-/map/?commit={sha(2)}", f"-/functions?commit={sha(2)}", f"-/arms?commit={sha(2)}", f"-/attention?commit={sha(2)}",
        f"-/commit/{sha(2)}?tab=files", f"-/commit/{sha(2)}?tab=missing", f"-/commit/{sha(2)}/lcov.info",
        f"-/commit/{sha(2)}/cobertura.xml", f"-/compare?head={sha(2)}", f"-/compare?base={sha(2)}&head={sha(5)}",
        f"-/tree.csv?commit={sha(2)}",
        f"-/arms.csv?commit={sha(2)}", f"-/functions.csv?commit={sha(2)}",
        f"-/lines/src/always.py.json?commit={sha(2)}", f"-/raw/src/always.py?commit={sha(2)}",
    ],
)  # fmt: skip
def test_what_needs_lines_of_a_thinned_commit_answers_410(owner: Client, old: Project, address: str) -> None:
    retention.sweep(old.pk)
    answer = owner.get(f"/p/acme/platform/shop/{address.lstrip('/')}")
    assert answer.status_code == 410, address
    text = answer.content.decode()
    assert "Files and lines of this report were removed on " in text
    assert f"{ROOT}/commit/{sha(2)}" in text


def test_pages_of_whole_commits_beside_thinned_ones_work(owner: Client, old: Project) -> None:
    """Nothing is compared with a commit that has no lines; the one before it is taken."""
    retention.sweep(old.pk)
    for address in (
        f"/commit/{sha(5)}", f"/commit/{sha(3)}?tab=files", f"/tree/?commit={sha(5)}", f"/file/src/always.py?commit={sha(5)}",
        "/trends", f"/compare?head={sha(5)}", "/branches", "/branch/main", "/commits", "/uploads", "/attention", "/review",
        f"/file/src/always.py?commit={sha(5)}&view=memory",
    ):  # fmt: skip
        assert owner.get(f"{ROOT}{address}").status_code == 200, address
    text = owner.get(f"{ROOT}/commit/{sha(5)}").content.decode()
    assert f'Changes are against <a href="{ROOT}/commit/{sha(3)}">' in text


def test_the_api_says_so_too(owner: Client, old: Project) -> None:
    retention.sweep(old.pk)
    root = f"/api/v1/projects/acme/platform/shop/-/commits/{sha(2)}"
    told = owner.get(root).json()
    assert told["thinned_at"]
    assert told["totals"]["lines"]["total"] > 0
    answer = owner.get(f"{root}/tree")
    assert answer.status_code == 410
    assert answer.json()["error"]["code"] == "thinned"


def test_an_upload_without_raw_files_says_so_and_is_not_read_again(owner: Client, old: Project) -> None:
    upload = old.uploads.get(commit__sha=sha(5))
    again = f"{ROOT}/upload/{upload.pk}/again"
    assert f'action="{again}"' in owner.get(f"{ROOT}/upload/{upload.pk}").content.decode()
    retention.sweep(old.pk)
    text = owner.get(f"{ROOT}/upload/{upload.pk}").content.decode()
    assert "Removed by retention on" in text
    assert f'action="{again}"' not in text
    assert f"{ROOT}/upload/{upload.pk}/raw/0" not in text
    said = owner.post(again, follow=True).content.decode()
    assert "Nothing was changed. The files of this upload were removed on" in said
    other = old.uploads.get(commit__sha=sha(2))
    said = owner.post(f"{ROOT}/upload/{other.pk}/exclude", {"why": "wrong"}, follow=True).content.decode()
    assert "its numbers are final" in said


def test_operators_see_the_last_sweep_and_what_failed(old: Project, client: Client) -> None:
    client.force_login(User.objects.create_superuser("olga", "olga@example.org"))
    assert "No sweep yet." in client.get("/ops/").content.decode()
    retention.sweep(old.pk)
    retention.sweep_deleted()
    text = client.get("/ops/").content.decode()
    assert re.search(r"<bdi>acme/platform/shop</bdi></th>.*?>2</td>.*?>6</td>", text, re.DOTALL)
    assert "files of deleted projects" in text
    Sweep.objects.filter(project=old).update(error="OSError: the disk is full")
    text = client.get("/ops/").content.decode()
    assert text.index("OSError: the disk is full") < text.index("files of deleted projects"), (
        "failures come first"
    )
