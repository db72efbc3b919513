"""A fork without a secret may send where the owner lets it, and changes nothing that is not its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from covdash.dashboards.addresses import Place
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Branch, Commit, Project, PullRequest
from covdash.reports.models import CommitReport, Upload
from covdash.reports.queries import commits, compare
from ingest import filing, forks, rate
from tests.factories.exchange import GitTree, Uploader, frames
from tests.factories.uploads import SHA, Job, lcov, project, sha, turn

pytestmark = pytest.mark.django_db

OURS = lcov({"src/a.py": {1: 1, 2: 0}})
THEIRS = lcov({"src/a.py": {1: 1, 2: 1}})
TREE = GitTree({"src/a.py": b"one\ntwo\n"})


@pytest.fixture
def job() -> Job:
    return Job(project(default_branch="main", settings={"uploads": {"forks": True}}))


@pytest.fixture
def fork() -> Uploader:
    return Uploader(address="192.0.2.7")


def of(job: Job, /, **fields: Any) -> dict[str, Any]:
    """What a fork says besides its reports."""
    return {"project": job.project.slug, "fields": {"branch": "feature", "fork": "mallory"} | fields}


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.content


def totals(commit: str = SHA) -> Any:
    report = CommitReport.objects.filter(commit__sha=commit, flag="").first()
    return report and report.totals.get("lines")


def test_a_fork_sends_into_a_branch_of_its_own(job: Job, fork: Uploader) -> None:
    upload = fork.send({"lcov.info": THEIRS}, TREE, **of(job, pull="12"))
    turn(upload)
    upload.refresh_from_db()
    assert (upload.fork, upload.branch and upload.branch.name) == ("mallory:feature", "mallory:feature")
    assert totals() == (2, 2)
    assert fork.status(upload.pk).json()["state"] == "processed"
    assert fork.put(str(upload.pk), "blobs", frames(b"one\ntwo\n")).json()["stored"] == 1
    assert Project.objects.get().default_branch == "main"


@pytest.mark.parametrize("parent", [sha(1), None])
def test_what_a_fork_sent_is_not_carried_forward_nor_compared_with(
    job: Job, fork: Uploader, parent: str | None
) -> None:
    """A stranger may be the only one to report on a commit of ours. Along the parents and on the base branch alike."""
    unit = {"name": "unit", "carry_forward": True, "max_age_days": 3650}
    Project.objects.update(settings={"uploads": {"forks": True}, "flags": [unit]})
    said = {"commit": sha(1), "flags": ["unit"], "committed_at": "2026-01-01T00:00:00Z"}
    theirs = fork.send({"lcov.info": THEIRS}, TREE, **of(job, **said))
    turn(theirs)
    filing.link(Branch.objects.create(project=job.project, name="main"), theirs.commit)
    whole = ProjectFact(job.project.pk, job.project.slug, is_public=True, default_branch="main")
    for number, expected in ((2, None), (3, (1, 2))):
        lint = lcov({"src/b.py": {1: 1}})
        ours = job.send(
            lint, commit=sha(number), parent=parent, flags="lint", committed_at="2026-01-02T00:00:00Z"
        )
        turn(ours)
        found = CommitReport.objects.filter(commit=ours.commit, flag="unit").first()
        assert (found and tuple(found.totals.get("lines") or ())) == expected
        head = commits.resolve(project=whole, ref=sha(number))
        assert head is not None
        bases = [compare.base_of(project=whole, head=head, declared=one).report for one in ("", sha(1))]
        declared = bases[1]
        assert bases == [None, None] if expected is None else declared and declared.commit.sha == sha(1)
        # A report of our own of that commit is taken over.
        turn(job.send(OURS, commit=sha(1), flags="unit", job="unit", committed_at="2026-01-01T00:00:00Z"))


def test_what_a_fork_sent_is_marked_as_unverified(job: Job, fork: Uploader) -> None:
    """On its page, in the list and in the API; what a job with a token sends is not."""
    Project.objects.update(is_public=True)
    place = Place(job.project.slug)
    for upload, marked in ((fork.send({"a.info": THEIRS}, TREE, **of(job)), True), (job.send(OURS), False)):
        page = job.client.get(place.upload(str(upload.pk))).content.decode()
        assert ("<strong>Unverified.</strong> The fork <bdi>mallory:feature</bdi>" in page) is marked
        api = job.client.get(f"/api/v1/projects/{job.project.slug}/-/uploads/{upload.pk}").json()
        assert api["fork"] == ("mallory:feature" if marked else "")
    assert job.client.get(place.uploads()).content.decode().count(">unverified<") == 1


@pytest.mark.parametrize("said", ["mallory", "mallory:feature", ""])
def test_nobody_sends_without_a_token_unless_the_owner_said_so(job: Job, fork: Uploader, said: str) -> None:
    """A project that refuses, one that is not there, and an upload that names no fork are told the same."""
    told = set()
    for slug, settings, public in (
        (job.project.slug, {}, True),
        (job.project.slug, {"uploads": {"forks": False}}, False),
        ("no/such", {}, False),
        ("", {}, False),
    ):
        Project.objects.update(settings=settings, is_public=public)
        manifest = fork.manifest({"a": THEIRS}, project=slug, fields={"branch": "x", "fork": said})
        answer = fork.announce(manifest)
        refused(answer, 401, "token_required")
        told.add(answer.content)
    assert len(told) == 1
    Project.objects.update(
        repository_settings={"uploads": {"forks": True}}, settings={"uploads": {"forks": True}}
    )
    answer = fork.announce(fork.manifest({"a": THEIRS}, **of(job, fork=said)))
    assert answer.status_code == (201 if said else 401)


@pytest.mark.parametrize("name", [":", "mallory:", ":main", "x" * 254 + ":m"])
def test_a_fork_has_an_owner_and_a_branch(job: Job, fork: Uploader, name: str) -> None:
    refused(fork.announce(fork.manifest({"a": THEIRS}, **of(job, fork=name))), 400, "bad_field")


def test_one_request_without_a_token_stays_refused(job: Job, fork: Uploader) -> None:
    answer = fork.client.post(
        f"/api/v1/uploads?commit={SHA}&branch=x&fork=mallory&project={job.project.slug}",
        data=THEIRS,
        content_type="text/plain",
    )
    refused(answer, 401, "token_required")


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_the_commit_of_another_is_not_changed(job: Job, fork: Uploader, first: str) -> None:
    """Same sha as main, in both orders: totals, facts, head, default branch, state of the commit."""

    def theirs() -> Upload:
        return fork.send(
            {"lcov.info": THEIRS, "b.info": lcov({"src/new.py": {1: 0}})}, TREE,
            **of(job, author="mallory", message="I was here", committed_at="1999-01-01T00:00:00Z", parent=sha(66),
                 expect=1, complete=True, tag="v9", pull="3", base="evil"),
        )  # fmt: skip

    def ours() -> Upload:
        return job.send(
            OURS, author="ada", message="Carts", committed_at="2026-01-01T00:00:00Z", pull=3, base="main"
        )

    for send in (ours, theirs) if first == "ours" else (theirs, ours):
        turn(send())
    commit = Commit.objects.get(sha=SHA)
    assert totals() == (1, 2)
    assert (commit.author, commit.message, commit.parent_sha) == ("ada", "Carts", "")
    assert commit.committed_at.year == 2026
    assert (commit.expects, commit.done_at, commit.tag, commit.tree) == (None, None, "", "")
    assert Branch.objects.get(name="main").head == commit
    assert not Upload.objects.exclude(fork="").get().counted
    pull = PullRequest.objects.get(number=3)
    assert (pull.head, pull.base) == (commit, "main")


def test_a_commit_whose_own_upload_fails_or_waits_is_not_taken_over(job: Job, fork: Uploader) -> None:
    waiting = job.send(b"no report at all")
    turn(fork.send({"lcov.info": THEIRS}, TREE, **of(job)))
    assert totals() is None
    turn(waiting)
    assert totals() is None


def test_the_same_bytes_do_not_take_the_place_of_ours(job: Job, fork: Uploader) -> None:
    """Whoever is first: the same report, job, flags and key of a fork and of the project are two uploads."""
    manifest = fork.manifest({"lcov.info": OURS}, **of(job, job="unit"))
    assert fork.announce(manifest, key="the-key").status_code == 201
    turn(fork.send({"lcov.info": OURS}, **of(job, job="unit")))
    mine = Uploader(job)
    assert (
        mine.announce(mine.manifest({"lcov.info": OURS}, fields={"job": "unit"}), key="the-key").status_code
        == 201
    )
    upload = mine.send({"lcov.info": OURS}, fields={"job": "unit"})
    turn(upload)
    upload.refresh_from_db()
    assert (upload.fork, upload.counted, Upload.objects.count()) == ("", True, 2)


def test_the_head_of_a_branch_stays_where_it_is(job: Job, fork: Uploader) -> None:
    """Neither a branch of the project, nor that of a fork that somebody with a token reported on."""
    turn(job.send(OURS, committed_at="2026-01-01T00:00:00Z"))
    turn(job.send(OURS, commit=sha(2), branch="alice:feature", committed_at="2026-01-01T00:00:00Z"))
    turn(
        fork.send({"a": THEIRS}, **of(job, commit=sha(3), branch="main", committed_at="2026-02-01T00:00:00Z"))
    )
    turn(
        fork.send(
            {"a": THEIRS}, **of(job, commit=sha(4), fork="alice:feature", committed_at="2026-02-01T00:00:00Z")
        )
    )
    heads = {branch.name: branch.head and branch.head.sha for branch in Branch.objects.all()}
    assert heads == {"main": SHA, "alice:feature": sha(2), "mallory:main": sha(3)}


def test_a_fork_is_not_believed_about_files_and_texts(job: Job, fork: Uploader) -> None:
    """Its list of files is checked like any other; what it names is not told to uploads of the project, nor the other way round."""
    forged = fork.announce(fork.manifest({"a": THEIRS}, TREE, **of(job))).json()
    answer = fork.put(forged["id"], "tree", GitTree({"evil/src/a.py": b""}).list)
    refused(answer, 409, "tree_mismatch")
    turn(job.send_form([("file", "a.info", OURS), ("files", "files", b"secret/plans.py")], job="list"))
    upload = fork.send({"a": lcov({"plans.py": {1: 1}})}, **of(job))
    turn(upload)
    assert "secret" not in str(fork.status(upload.pk).json())


def test_a_fork_learns_nothing_of_reports_that_others_sent(job: Job, fork: Uploader) -> None:
    job.send(OURS)
    said = fork.announce(fork.manifest({"a": OURS}, **of(job))).json()
    assert len(said["need"]["reports"]) == 1
    assert fork.put(said["id"], f"reports/{said['need']['reports'][0]}", OURS).status_code == 201
    ours = Upload.objects.get()
    refused(fork.status(ours.pk), 401, "token_required")
    refused(fork.put(str(ours.pk), "blobs", b""), 401, "token_required")


def test_settings_of_a_fork_are_not_ours(job: Job, fork: Uploader) -> None:
    text = '[[components]]\nname = "all"\npaths = ["**"]\nfloors = {lines = 0}\n'
    for branch in ("main", "mallory:main"):
        turn(
            fork.send(
                {"a": lcov({branch: {1: 1}})},
                configuration={"path": "covdash.toml", "text": text},
                **of(job, branch=branch),
            )
        )
    kept = Project.objects.get()
    assert (kept.repository_settings, kept.repository_settings_sha) == ({}, "")


def test_a_flood_of_forks_leaves_room_for_others(
    job: Job, fork: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "FORK_UPLOADS", 2)
    monkeypatch.setattr(filing, "FORK_BRANCHES", 2)
    monkeypatch.setattr(filing, "MAX_UPLOADS", 3)
    monkeypatch.setattr(filing, "MAX_NEW_BRANCHES", 2)
    for number in range(2):
        fork.send({"a": lcov({"a.c": {1: number}})}, **of(job, branch=f"b{number}"))
    refused(fork.announce(fork.manifest({"a": THEIRS}, **of(job, branch="b1"))), 429, "too_many_uploads")
    refused(
        fork.announce(fork.manifest({"a": THEIRS}, **of(job, branch="b2", commit=sha(9)))),
        429,
        "too_many_branches",
    )
    assert [
        job.post(lcov({"a.c": {1: number}}), branch=f"b{number % 2}").status_code for number in range(3)
    ] == [202] * 3


@pytest.mark.usefixtures("one_window")
def test_addresses_and_branches_of_forks_have_a_rate(
    job: Job, fork: Uploader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "FORK_PER_HOUR", 2)
    monkeypatch.setattr(rate, "ADDRESS_PER_HOUR", 4)
    answers = [
        fork.announce(fork.manifest({"a": lcov({"a.c": {1: n}})}, **of(job))).status_code for n in range(3)
    ]
    assert answers == [201, 201, 429]
    assert fork.announce(fork.manifest({"a": THEIRS}, **of(job, fork="eve"))).status_code == 201
    last = fork.announce(fork.manifest({"a": THEIRS}, **of(job, fork="bob")))
    refused(last, 429, "rate_limited")
    assert int(last.headers["Retry-After"]) > 0
    monkeypatch.setattr(forks, "MAX_BYTES", 10)
    refused(
        Uploader(address="192.0.2.9").announce(fork.manifest({"a": THEIRS}, **of(job, fork="bob"))),
        413,
        "too_large",
    )


def test_an_upload_with_a_token_after_a_while_replaces_what_a_fork_showed(job: Job, fork: Uploader) -> None:
    turn(fork.send({"a": THEIRS}, **of(job)))
    assert totals() == (2, 2)
    Upload.objects.update(received_at=Now() - timedelta(days=1))
    turn(job.send(OURS))
    assert totals() == (1, 2)
