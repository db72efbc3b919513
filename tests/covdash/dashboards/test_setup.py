"""The setup page: true ticks, snippets with this server's address, and a region that follows the first upload."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from covdash.accounts.models import User
from covdash.coverage.totals import Totals
from covdash.dashboards.addresses import Place
from covdash.dashboards.pages import setup as pages
from covdash.projects import tokens
from covdash.projects.models import Branch, Commit, Membership, Project, UploadToken
from covdash.reports.models import CommitReport, Upload
from tests.factories.uploads import Job

ADDRESS = "/p/acme/platform/shop/-/setup"
OUTCOME = {"name": "coverage.xml", "state": "parsed", "format": "cobertura", "files": 3, "lines": 10}
MAX_QUERIES = 8


def upload(project: Project, state: str, **words: object) -> Upload:
    commit, _ = Commit.objects.get_or_create(
        project=project, sha="a" * 40, defaults={"committed_at": timezone.now()}
    )
    branch, _ = Branch.objects.get_or_create(project=project, name="main", defaults={"head": commit})
    if state == "processed":
        CommitReport.objects.create(
            project=project, commit=commit, root=b"r" * 32, totals=Totals.of(lines=(5, 10))
        )
    return Upload.objects.create(
        project=project,
        commit=commit,
        branch=branch,
        name="coverage.xml",
        identity=b"i" * 32,
        state=state,
        **words,
    )


def done(text: str) -> int:
    return len(re.findall(r'class="step step-done"', text))


def test_strangers_and_mere_readers_do_not_get_in(client: Client, project: Project, cleo: User) -> None:
    client.force_login(cleo)
    assert client.get(ADDRESS).status_code == 404
    Project.objects.update(is_public=True)
    assert client.get(ADDRESS).status_code == 403
    client.logout()
    assert client.get(ADDRESS).headers["Location"] == f"/login?next={ADDRESS}"


def test_ticks_are_the_true_state(client: Client, ada: User, project: Project) -> None:
    client.force_login(ada)
    assert done(client.get(ADDRESS).content.decode()) == 0

    minted = tokens.mint(project=project, name="ci")
    assert done(client.get(ADDRESS).content.decode()) == 1
    tokens.revoke(token=minted.row)
    assert done(client.get(ADDRESS).content.decode()) == 0

    upload(project, "processed", outcomes=[OUTCOME])
    Project.objects.update(default_branch="main")
    assert done(client.get(ADDRESS).content.decode()) == 2


def test_the_page_and_its_fragment_are_cheap(
    client: Client, ada: User, project: Project, django_assert_max_num_queries: Callable[..., object]
) -> None:
    upload(project, "processed", outcomes=[OUTCOME])
    client.force_login(ada)

    client.get(ADDRESS)  # the first page with a form puts its CSRF token into the session

    for address in (ADDRESS, f"{ADDRESS}?part=first"):
        with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[attr-defined]
            assert client.get(address).status_code == 200


def test_the_choice_is_the_address_and_nonsense_is_named(client: Client, ada: User, project: Project) -> None:
    client.force_login(ada)

    text = client.get(f"{ADDRESS}?tool=go&ci=gitlab").content.decode()
    assert "report=@coverage.out" in text
    assert "$CI_COMMIT_SHA" in text
    assert "http://127.0.0.1:8000/api/v1/uploads" in text
    text = client.get(f"{ADDRESS}?tool=<b>&ci=gitlab").content.decode()
    assert "Ignored: tool=&lt;b&gt;" in text


def release() -> tuple[str, str]:
    return "1.2.3", "f" * 64


def test_the_uploader_is_offered_where_this_server_gives_one(
    client: Client, ada: User, project: Project, settings: Settings
) -> None:
    client.force_login(ada)
    text = client.get(ADDRESS).content.decode()
    assert "upload.py" not in text
    settings.UPLOADER_RELEASE = ""
    assert "upload.py" not in client.get(f"{ADDRESS}?way=uploader").content.decode()

    settings.UPLOADER_RELEASE = f"{__name__}.release"
    assert 'way=uploader#step-ci"' in client.get(ADDRESS).content.decode()
    text = client.get(f"{ADDRESS}?way=uploader&ci=gitlab").content.decode()
    assert "http://127.0.0.1:8000/upload.py?v=1.2.3" in text
    assert f"{'f' * 64}  covdash-upload.py" in text
    assert "sha256sum -c -" in text


def test_uploaders_of_other_services_need_another_address(
    client: Client, ada: User, project: Project
) -> None:
    client.force_login(ada)
    text = client.get(f"{ADDRESS}?way=other&tool=go").content.decode()
    for words in (
        "codecovcli --enterprise-url http://127.0.0.1:8000",
        "COVERALLS_HOST=",
        "CODACY_API_BASE_URL=",
        "coverage.out",
    ):
        assert words in text


def test_a_token_is_made_here_and_shown_once(client: Client, ada: User, project: Project) -> None:
    client.force_login(ada)

    text = client.post(f"{ADDRESS}/token?ci=github").content.decode()

    secret = re.search(r"export COVDASH_TOKEN=(cvdu_\w{38})", text)
    assert secret
    assert tokens.verify(secret=secret.group(1)).project == project
    assert secret.group(1) not in client.get(ADDRESS).content.decode()
    assert "github.event" in text


def test_a_member_sees_the_page_but_makes_no_token(client: Client, ben: User, project: Project) -> None:
    client.force_login(ben)

    assert "Ask an owner or a maintainer" in client.get(ADDRESS).content.decode()
    assert client.post(f"{ADDRESS}/token").status_code == 403
    Membership.objects.filter(user=ben).update(role="maintainer")
    assert client.post(f"{ADDRESS}/token").status_code == 200


@pytest.mark.parametrize(
    ("state", "words", "says", "polls"),
    [
        ("received", {}, "coverage.xml has arrived", True),
        ("processing", {"progress": 40}, "40 % done", True),
        (
            "failed",
            {"error": "The XML ends at byte 7.", "error_code": "bad_xml"},
            "The XML ends at byte 7.",
            True,
        ),
        ("processed", {"outcomes": [OUTCOME]}, "3 source files read from coverage.xml.", False),
    ],
)
def test_the_region_follows_the_upload(
    client: Client,
    ada: User,
    project: Project,
    state: str,
    words: dict[str, object],
    says: str,
    *,
    polls: bool,
) -> None:
    client.force_login(ada)
    waiting = client.get(f"{ADDRESS}?part=first").content.decode()
    assert "Waiting for the first upload" in waiting
    assert f'data-poll="{ADDRESS}?part=first"' in waiting

    found = upload(project, state, **words)
    text = client.get(f"{ADDRESS}?part=first").content.decode()

    assert says in text
    assert ("data-poll" in text) == polls
    assert f"/-/upload/{found.pk}" in text
    assert "<html" not in text


def test_a_refused_request_is_shown_until_the_next_upload(
    client: Client, ada: User, project: Project
) -> None:
    """Both a bad field and a token that is over are told here, since the pipeline's log is far away."""
    cache.clear()
    client.force_login(ada)
    job = Job(project)

    job.post(b"report", commit="not-a-sha")
    text = client.get(f"{ADDRESS}?part=first").content.decode()
    assert "with 400, from 127.0.0.1: The field commit must be a full git id" in text

    tokens.revoke(token=UploadToken.objects.get())
    job.post(b"report")
    text = client.get(f"{ADDRESS}?part=first").content.decode()
    assert "with 401" in text
    assert "was revoked on" in text
    assert "data-poll" in text

    upload(project, "received")
    assert "refused" not in client.get(f"{ADDRESS}?part=first").content.decode()


def test_a_refusal_of_another_project_is_not_shown(client: Client, ada: User, project: Project) -> None:
    cache.clear()
    client.force_login(ada)
    Job(Project.objects.create(slug="other")).post(b"report", commit="no")

    assert "refused" not in client.get(f"{ADDRESS}?part=first").content.decode()


def test_an_upload_without_any_source_file_is_no_success() -> None:
    """Pure: the page is told in words and goes on waiting."""
    from covdash.reports.facts import CommitFact, UploadFact

    now = timezone.now()
    commit = CommitFact(1, "a" * 40, "", "", "", now)
    fact = UploadFact(
        id="1", commit=commit, branch="main", pull=None, flags=(), job="", attempt=1, name="notes.txt", build_url="",
        state="processed", progress=100, error_code="", error="", size=3, files=("notes.txt",), received_at=now, started_at=now,
        processed_at=now, attempts=1, needs_sources=False, superseded_by="", totals=None,
    )  # fmt: skip

    first = pages.first(Place("a"), fact, None, has_report=False)

    assert (first.state, bool(first.poll)) == ("failed", True)
    assert "no source file" in first.text
