"""The page of a group of projects, and projects that got another name."""

from __future__ import annotations

import pytest
from django.test import Client

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import registry
from covdash.projects.models import Project
from tests.covdash.reports.stock import Stock, lines

SLUG = "acme/platform/shop"


def test_a_group_sums_what_the_reader_may_see(stock: Stock, ada: User, client: Client) -> None:
    stock.report({"a.py": lines(1, 1, 0, 0)})
    other = registry.create_project(slug="acme/tools", owner=ada)
    Stock(other).report({"b.py": lines(1, 1, 1, 1)})
    Stock(registry.create_project(slug="acme/secret")).report({"c.py": lines(0, 0)})
    client.force_login(ada)

    text = client.get("/o/acme/").content.decode()

    assert "2 projects" in text
    assert "6 / 8 lines" in text.replace("\u2009", "")
    assert 'href="/o/acme/platform/"' in text
    assert "secret" not in text
    assert client.get("/o/acme/platform/?sort=-slug&q=shop").status_code == 200


def test_a_group_of_which_nothing_may_be_seen_is_not_there(stock: Stock, cleo: User, client: Client) -> None:
    client.force_login(cleo)

    assert client.get("/o/acme/").status_code == 404
    assert client.get("/o/nowhere/").status_code == 404


def test_old_addresses_lead_to_the_new_name_for_good(
    stock: Stock, ada: User, ben: User, cleo: User, client: Client
) -> None:
    stock.report({"a.py": lines(1)})
    registry.rename_project(project_id=stock.project.pk, slug="acme/store", actor=ada)
    client.force_login(ben)

    answer = client.get(f"/p/{SLUG}/-/file/a.py?line=1")

    assert answer.status_code == 301
    assert answer.headers["Location"] == "/p/acme/store/-/file/a.py?line=1"
    client.force_login(cleo)
    assert client.get(f"/p/{SLUG}/").status_code == 404
    assert trail.listing(project_id=stock.project.pk)[0].detail == {"before": SLUG}


def test_a_name_that_leads_somewhere_is_taken(project: Project, ada: User) -> None:
    registry.rename_project(project_id=project.pk, slug="acme/store")
    other = registry.create_project(slug="acme/other", owner=ada)

    with pytest.raises(registry.ProjectError, match="called"):
        registry.create_project(slug=SLUG)
    with pytest.raises(registry.ProjectError, match="another project"):
        registry.rename_project(project_id=other.pk, slug=SLUG)
    with pytest.raises(registry.ProjectError, match="already"):
        registry.rename_project(project_id=other.pk, slug="acme/store")
    assert registry.rename_project(project_id=project.pk, slug=SLUG) == SLUG


def test_only_owners_rename(project: Project, ada: User, ben: User, client: Client) -> None:
    client.force_login(ben)
    assert client.post(f"/p/{SLUG}/-/settings/general/rename", {"slug": "acme/x"}).status_code == 403
    client.force_login(ada)
    answer = client.post(f"/p/{SLUG}/-/settings/general/rename", {"slug": "acme/-/x"})
    if answer.status_code == 302:  # asked for the password first
        assert "reauthenticate" in answer.headers["Location"]
    else:
        assert "cannot be part of a slug" in answer.content.decode()
