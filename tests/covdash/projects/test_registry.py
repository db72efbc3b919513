"""Projects are created under a slug that can stand in an address, and go with everything that is theirs."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.projects import registry
from covdash.projects.models import Branch, Commit, Membership, Project, UploadToken
from covdash.projects.tokens import mint
from covdash.reports.models import ChangePoint, CommitReport, CoverageObject, Path, Upload
from covdash.sources.models import SourceObject
from tests.covdash.reports.stock import Stock, lines


@pytest.mark.parametrize("slug", ["shop", "acme/platform/shop", "a.b/c_d/-e-", "/acme/shop/", " shop "])
def test_a_good_slug_is_taken(slug: str, db: None) -> None:
    assert registry.create_project(slug=slug).slug == slug.strip(" /")


@pytest.mark.parametrize(
    "slug", ["", "/", "a//b", "a/-/b", "-", "a/..", ".", "a b", "ä", "a?b", "a\nb", "a/%2e", "x" * 256]
)
def test_a_bad_slug_is_refused(slug: str, db: None) -> None:
    with pytest.raises(registry.ProjectError) as caught:
        registry.create_project(slug=slug)

    assert (caught.value.code, caught.value.field) == ("bad_slug", "slug")


def test_a_taken_slug_is_refused_and_changes_nothing(project: Project, cleo: User) -> None:
    with pytest.raises(registry.ProjectError, match="already"):
        registry.create_project(slug=project.slug, owner=cleo)

    assert not Membership.objects.filter(user=cleo).exists()


def test_the_default_branch_is_one_that_an_upload_named(project: Project) -> None:
    Branch.objects.create(project=project, name="trunk")

    registry.set_default_branch(project_id=project.pk, name="trunk")
    with pytest.raises(registry.ProjectError, match="nightly"):
        registry.set_default_branch(project_id=project.pk, name="nightly")

    project.refresh_from_db()
    assert project.default_branch == "trunk"


def test_deletion_takes_all_rows(project: Project, ben: User) -> None:
    """Reports, objects, trends, tokens and members; those of another project stay, also where the content is the same."""
    other = registry.create_project(slug="other")
    for owner in (project, other):
        stock = Stock(owner)
        stock.upload(
            stock.report({"a.py": lines(1, 0)}, flags=["unit"], sources={"a.py": "x"}), {}, state="failed"
        )
        mint(project=owner, name="ci")

    registry.delete_project(project_id=project.pk)

    assert not Membership.objects.filter(user=ben).exists()
    for kind in (
        Commit,
        Branch,
        UploadToken,
        Upload,
        CommitReport,
        CoverageObject,
        ChangePoint,
        Path,
        SourceObject,
    ):
        assert set(kind.objects.values_list("project_id", flat=True)) == {other.pk}, kind


def test_an_owner_adopts_only_orphans(project: Project, cleo: User, ada: User) -> None:
    orphan = registry.create_project(slug="orphan")
    Membership.objects.create(project=orphan, user=cleo, role="member")

    assert registry.adopt_orphans(owner=cleo) == 1

    roles = Membership.objects.values_list("project__slug", "user__username", "role")
    assert set(roles) == {(project.slug, "ada", "owner"), ("orphan", "cleo", "owner")}
