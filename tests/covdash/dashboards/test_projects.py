"""The projects list and making a project: what is shown to whom, in which order, at which cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.coverage.totals import Totals
from covdash.projects.models import Branch, BranchCommit, Commit, Project
from covdash.projects.registry import create_project
from covdash.reports.models import ChangePoint, CommitReport, Path

MAX_QUERIES = 8


def report(project: Project, *counts: tuple[int, int]) -> None:
    """Give `project` a default branch with a report for each count, a week apart."""
    branch = Branch.objects.create(project=project, name="main")
    root = Path.objects.create(project=project, path="")
    for number, lines in enumerate(counts):
        at = timezone.now() - timedelta(weeks=len(counts) - number)
        commit = Commit.objects.create(project=project, sha=f"{number:040x}", committed_at=at)
        totals = Totals.of(lines=lines)
        BranchCommit.objects.create(branch=branch, commit=commit, at=at)
        CommitReport.objects.create(project=project, commit=commit, root=b"r" * 32, totals=totals)
        ChangePoint.objects.create(
            project=project, branch=branch, path=root, at=at, commit=commit, totals=totals
        )
        branch.head = commit
    branch.save()
    Project.objects.filter(pk=project.pk).update(default_branch="main")


def slugs(page: str) -> list[str]:
    return re.findall(r'href="/p/([^"]*)/" data-row', page)


def test_a_reader_sees_own_and_public_projects_only(
    client: Client, ada: User, cleo: User, project: Project
) -> None:
    create_project(slug="open/one", is_public=True, owner=ada)

    def seen_by(user: User | None) -> list[str]:
        client.logout()
        if user:
            client.force_login(user)
        return sorted(slugs(client.get("/").content.decode()))

    assert seen_by(None) == seen_by(cleo) == ["open/one"]
    assert seen_by(ada) == ["acme/platform/shop", "open/one"]


def test_a_row_says_what_needs_eyes(client: Client, ada: User, project: Project) -> None:
    report(project, (80, 100), (90, 100))
    client.force_login(ada)

    text = client.get("/").content.decode()

    assert "90.0 %" in text
    assert "90 / 100 lines" in text
    assert "+10.0 pp" in text
    assert 'href="/p/acme/platform/shop/-/tree/?sort=-missed">10' in text


def test_a_project_without_a_report_offers_its_setup_and_no_percentage(
    client: Client, ada: User, project: Project
) -> None:
    client.force_login(ada)

    text = client.get("/").content.decode()

    assert "no report yet" in text
    assert 'href="/p/acme/platform/shop/-/setup"' in text
    assert " %<" not in text
    Project.objects.update(is_public=True)
    client.logout()
    assert "no report yet" in client.get("/").content.decode()
    assert "/-/setup" not in client.get("/").content.decode()


def test_what_hurts_most_stands_first_and_the_order_is_the_address(
    client: Client, ada: User, project: Project
) -> None:
    report(project, (50, 100))
    report(create_project(slug="big", owner=ada), (9_000, 10_000))
    client.force_login(ada)

    assert slugs(client.get("/").content.decode()) == ["big", "acme/platform/shop"]
    assert slugs(client.get("/?sort=coverage").content.decode()) == ["acme/platform/shop", "big"]
    page = client.get("/?sort=nonsense").content.decode()
    assert "Ignored: sort=nonsense" in page
    assert slugs(page) == ["big", "acme/platform/shop"]


def test_the_filter_and_its_fragment_show_the_same_rows(client: Client, ada: User, project: Project) -> None:
    create_project(slug="other", owner=ada)
    client.force_login(ada)

    page, part = (client.get(f"/?q=PLATFORM{more}").content.decode() for more in ("", "&part=rows"))

    assert slugs(page) == slugs(part) == ["acme/platform/shop"]
    assert "<html" not in part
    assert "part=rows" not in "".join(re.findall(r'href="([^"]*)"', part))


def test_a_fragment_is_a_cheap_question(
    client: Client, ada: User, project: Project, django_assert_max_num_queries: object
) -> None:
    for number in range(5):
        report(create_project(slug=f"p{number}", owner=ada), (1, 2), (2, 3))
    client.force_login(ada)
    client.get("/")  # the secret of the forms, which comes with signing in, is in the session

    with django_assert_max_num_queries(MAX_QUERIES):  # type: ignore[operator]
        client.get("/")


@pytest.mark.django_db
def test_nothing_to_see_says_what_to_do(client: Client) -> None:
    text = client.get("/").content.decode()

    assert "No public projects" in text
    assert 'href="/login"' in text


def test_whoever_makes_a_project_owns_it_and_sets_it_up(client: Client, cleo: User) -> None:
    client.force_login(cleo)

    answer = client.post("/new", {"slug": " /team/new-thing/ ", "visibility": "private"})

    assert answer.headers["Location"] == "/p/team/new-thing/-/setup"
    made = Project.objects.get(slug="team/new-thing")
    assert not made.is_public
    assert made.memberships.get().user == cleo


@pytest.mark.parametrize("slug", ["a/-/b", "a b", "../etc", "", "x" * 300, "<script>", "acme/platform/shop"])
def test_a_slug_that_cannot_be_is_refused_in_words(
    client: Client, project: Project, ada: User, slug: str
) -> None:
    client.force_login(ada)

    answer = client.post("/new", {"slug": slug, "visibility": "public"})

    assert answer.status_code == 200
    assert 'class="wrong"' in answer.content.decode()
    assert Project.objects.count() == 1


@pytest.mark.django_db
def test_a_new_project_needs_an_account(client: Client) -> None:
    assert client.get("/new").headers["Location"] == "/login?next=/new"
    client.post("/new", {"slug": "a", "visibility": "public"})
    assert not Project.objects.exists()
