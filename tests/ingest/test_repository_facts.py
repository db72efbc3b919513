"""What an upload tells of its repository besides reports: `covdash.toml`, CODEOWNERS, the diff, and texts that come later."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects.models import Project
from covdash.reports.models import Upload
from tests.factories.exchange import GitTree, Uploader, frames
from tests.factories.uploads import SHA, Job, lcov, sha, turn
from tests.ingest.test_set import SOURCE, coverage_data, state_of

pytestmark = pytest.mark.django_db

TOML = '[[components]]\nname = "api"\npaths = ["src/api/**"]\n'
TREE = GitTree({"src/a.py": b"one\ntwo\n", "covdash.toml": TOML.encode()})
WITHOUT = GitTree({"src/a.py": b"one\ntwo\n"})
REPORT = lcov({"src/a.py": {1: 1, 2: 0}})


@pytest.fixture
def job(project: Project) -> Job:
    return Job(project)


def report(number: int) -> dict[str, bytes]:
    return {"lcov.info": lcov({"src/a.py": {1: number}})}


def said(text: str) -> dict[str, Any]:
    return {"configuration": {"path": "covdash.toml", "text": text}}


def on(commit: str, day: int, branch: str = "main") -> dict[str, str]:
    return {"commit": commit, "branch": branch, "committed_at": f"2026-01-{day:02}T00:00:00Z"}


def test_the_configuration_of_the_default_branch_is_that_of_the_project(job: Job) -> None:
    """The newest commit has its say, in any order of arrival; other branches have none; a file that was removed is gone."""
    uploader = Uploader(job)

    def kept() -> tuple[dict[str, Any], str]:
        job.project.refresh_from_db()
        return job.project.repository_settings, job.project.repository_settings_sha

    upload = uploader.send(report(1), TREE, fields=on(sha(2), 2), **said(TOML))
    settings = {"components": [{"name": "api", "paths": ["src/api/**"]}]}
    assert kept() == (settings, sha(2))
    assert [file["role"] for file in upload.files] == ["report", "configuration"]
    uploader.send(
        report(2), TREE, fields=on(sha(3), 3, "feature"), **said("[completeness]\nquiet_minutes = 5")
    )
    uploader.send(report(3), TREE, fields=on(sha(1), 1), **said("[completeness]\nquiet_minutes = 5"))
    uploader.send(report(4), fields=on(sha(4), 4))
    uploader.send(report(6), TREE, fields=on(sha(6), 6) | {"pull": "7"}, **said("x = 1"))
    uploader.send(
        report(7), TREE, fields=on(sha(7), 7) | {"pull": "8"}, **said("[completeness]\nlearn = false")
    )
    assert kept() == (settings, sha(2))
    uploader.send(report(5), WITHOUT, fields=on(sha(5), 5))
    assert kept() == ({}, sha(5))
    deeds = [(deed.action, deed.target) for deed in trail.listing(project_id=job.project.pk)]
    assert deeds == [("settings.repository", sha(5)), ("settings.repository", sha(2))]


@pytest.mark.parametrize(
    "text",
    [
        "[[components",
        "[uploads]\nforks = true",
        '[[components]]\nname = ""\npaths = []',
        "x = 1",
        "a" * 300_000,
    ],
)
def test_a_broken_configuration_is_a_warning_and_never_a_refusal(
    job: Job, client: Client, ada: User, text: str
) -> None:
    upload = Uploader(job).send(report(1), **said(text))
    turn(upload)
    upload.refresh_from_db()
    assert upload.state == "processed"
    assert [(one["state"], one.get("code")) for one in upload.outcomes] == [
        ("parsed", None),
        ("failed", "bad_configuration"),
    ]
    job.project.refresh_from_db()
    assert job.project.repository_settings == {}
    client.force_login(ada)
    page = client.get(f"/p/{job.project.slug}/-/upload/{upload.pk}").content.decode()
    assert "covdash.toml" in page
    assert "keeps the settings that it had" in page


def test_codeowners_and_diff_are_kept_with_the_upload(job: Job) -> None:
    upload = Uploader(job).send(
        report(1),
        codeowners={"path": ".github/CODEOWNERS", "text": "* @ada\0\n" + "# \u00e9\n" * 40_000},
        diff={"base": sha(1), "text": "--- a/src/a.py\n+++ b/src/a.py\n"},
    )
    kept = upload.declared["codeowners"]
    assert (kept["path"], kept["text"][:7]) == (".github/CODEOWNERS", "* @ada\n")
    assert len(kept["text"].encode()) <= 64 * 1024
    (diff,) = [file for file in upload.files if file["role"] == "diff"]
    with storages["objects"].open(diff["key"]) as stored:
        assert stored.read() == b"--- a/src/a.py\n+++ b/src/a.py\n"
    turn(upload)
    upload.refresh_from_db()
    assert [one["state"] for one in upload.outcomes] == ["parsed"]


def test_what_comes_along_does_not_make_another_upload(job: Job) -> None:
    uploader = Uploader(job)
    first = uploader.send(report(1), diff={"base": sha(1), "text": "a"})
    assert uploader.send(report(1), diff={"base": sha(2), "text": "b"}) == first
    assert Upload.objects.count() == 1


def test_a_data_file_waits_for_texts_and_is_read_again(job: Job, tmp_path: Path) -> None:
    """A `.coverage` file names only what ran: its misses appear when the text does, which came last."""
    text, data = SOURCE, coverage_data(tmp_path)
    tree = GitTree({"src/m.py": text})
    uploader = Uploader(job)
    upload = uploader.send({".coverage": data}, tree)
    turn(upload)
    upload.refresh_from_db()
    assert upload.needs_sources
    assert len(uploader.status(upload.pk).json()["need"]["blobs"]) == 1
    assert uploader.put(str(upload.pk), "blobs", frames(text)).json()["stored"] == 1
    upload.refresh_from_db()
    assert upload.state == "received"
    turn(upload)
    upload.refresh_from_db()
    assert not upload.needs_sources
    lines = upload.totals and upload.totals.get("lines")
    assert lines
    assert lines.total > lines.covered > 0


def test_the_file_page_shows_a_text_as_soon_as_it_is_there(
    job: Job, client: Client, ada: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    uploader = Uploader(job)
    upload = uploader.send({"lcov.info": REPORT}, TREE)
    turn(upload)
    client.force_login(ada)
    address = f"/p/{job.project.slug}/-/file/src/a.py"
    before = client.get(address)
    assert "two" not in before.content.decode()
    uploader.put(str(upload.pk), "blobs", frames(b"one\ntwo\n"))
    with django_assert_max_num_queries(20):
        after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "two" in after.content.decode()


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_it_comes_out_the_same(seed: int) -> None:
    """Uploads with a tree, with another tree, with lists, of forks and by curl: the same pages whatever comes first."""

    def sends(job: Job) -> list[Callable[[], Upload]]:
        uploader, fork = Uploader(job), Uploader()
        tree = GitTree({"lib/src/a.py": b"1\n", "lib/src/b.py": b"2\n"})
        merged = GitTree({"lib/src/a.py": b"3\n", "other/src/b.py": b"2\n"})
        told = {"project": job.project.slug, "fields": {"fork": "eve", "branch": "x", "author": "eve"}}
        return [
            lambda: uploader.send({"l": lcov({"/w/lib/src/a.py": {1: 1}})}, tree, fields={"job": "a", "name": "a"}),
            lambda: uploader.send(
                {"l": lcov({"/w/lib/src/a.py": {1: 0, 9: 1}})}, merged, fields={"job": "m", "name": "m", "tested": sha(9)}
            ),
            lambda: job.send(lcov({"x/src/b.py": {1: 1}}), job="curl", name="curl", committed_at="2026-01-01T00:00:00Z"),
            lambda: job.send_form(
                [("file", "l", lcov({"a.py": {1: 1}})), ("files", "files", b"deep/a.py")], job="list", name="list"
            ),
            lambda: fork.send({"l": lcov({"/w/lib/src/a.py": {1: 7, 2: 7}})}, tree, **told),
        ]  # fmt: skip

    states = []
    for order in (None, random.Random(seed)):
        job = Job(
            Project.objects.create(slug=f"acme/o{order is None}", settings={"uploads": {"forks": True}})
        )
        steps = sends(job)
        if order:
            order.shuffle(steps)
        uploads = []
        for step in steps:
            uploads.append(step())
            if order and order.random() < 0.5:
                turn(uploads[-1])
        turn(*uploads)
        states.append(state_of(job))
    assert states[0]["reports"] == states[1]["reports"]
    assert states[0]["commits"] == states[1]["commits"]
    assert states[0]["uploads"] == states[1]["uploads"]
    assert [sha for sha, *_ in states[0]["commits"]] == [SHA]
