"""Settings of the rules: flags, components, completeness, forks; what is saved, what is only tried, what `covdash.toml` decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import wishes
from covdash.projects.models import Project
from covdash.reports.models import Upload
from tests.covdash.reports.stock import Stock, lines

ROOT = "/p/acme/platform/shop/-/settings"
FILES = {
    "src/auth/login.py": lines(1, 0),
    "src/auth/session.py": lines(1),
    "src/pay/invoice.py": lines(1),
    "src/main.py": lines(0),
    "db/migrations/0001.sql": lines(1),
}


@pytest.fixture
def owner(client: Client, ada: User, project: Project) -> Client:
    """A browser in which ada is signed in."""
    client.force_login(ada)
    return client


def form(prefix: str, rows: list[dict[str, Any]], **words: Any) -> dict[str, Any]:
    """Return what a browser sends for rows."""
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent | words


def row(name: str, paths: str, weight: int | str = 1, floors: str = "") -> dict[str, Any]:
    return {"name": name, "paths": paths, "weight": weight, "floors": floors}


def names(page: str) -> list[str]:
    """The components in the order of a page."""
    return re.findall(r'name="rules-\d+-name" value="([^"]*)"', page)


def settings(project: Project) -> Any:
    project.refresh_from_db()
    return project.settings


def test_components_are_saved_in_order_with_a_message_and_an_entry(owner: Client, project: Project) -> None:
    rows = [
        row("auth", "src/auth/**\r\n\r\n!src/auth/tests", 10, "lines 90.5, arms 60 %"),
        row("rest", "src"),
        row("", ""),
    ]

    answer = owner.post(f"{ROOT}/components", form("rules", rows, do="save"), follow=True)

    assert "The components were saved." in answer.content.decode()
    assert "Last changed by <bdi>ada</bdi>" in answer.content.decode()
    said = [
        {
            "name": "auth",
            "paths": ["src/auth/**", "!src/auth/tests"],
            "weight": 10,
            "floors": {"lines": 90.5, "branches": 60.0},
        },
        {"name": "rest", "paths": ["src"]},
    ]
    assert settings(project) == {"components": said}
    (deed,) = trail.listing(project_id=project.pk)
    assert (deed.actor, deed.action, deed.target) == ("ada", "settings.change", "components")
    assert deed.detail == {"before": None, "after": said}
    assert names(answer.content.decode()) == ["auth", "rest"]


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        (row("b", "../x"), "id_rules-1-paths", "without . and .."),
        (row("b", ""), "id_rules-1-paths", "at least one path"),
        (row("", "src"), "id_rules-1-name", "1 to 64"),
        (row("a", "src"), "id_rules-1-name", "is there twice"),
        (row("b", "src", 11), "id_rules-1-weight", "less than or equal to 10"),
        (row("b", "src", 1, "lines"), "id_rules-1-floors", "is no floor"),
        (row("b", "src", 1, "lnes 80"), "id_rules-1-floors", "is no metric"),
        (row("b", "src", 1, "lines 101"), "id_rules-1-floors", "from 0 to 100"),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_is_saved(
    owner: Client, project: Project, wrong: dict[str, Any], field: str, why: str
) -> None:
    """A blank row before it does not shift the place."""
    answer = owner.post(f"{ROOT}/components", form("rules", [row("a", "x"), wrong], do="save"))

    page = answer.content.decode()
    assert "Nothing was saved." in page
    (tag,) = re.findall(rf'<[^>]* id="{field}"[^>]*>', page)
    assert 'aria-invalid="true"' in tag
    assert f"{field}_error" in tag
    told = re.search(rf'id="{field}_error">([^<]*)<', page)
    assert told is not None
    assert why in told[1]
    assert settings(project) == {}
    assert trail.listing(project_id=project.pk) == ()


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("add", ["a", "b", ""]),
        ("remove-0", ["b"]),
        ("up-1", ["b", "a"]),
        ("up-0", ["a", "b"]),
        ("remove-7", ["a", "b"]),
        ("remove-x", ["a", "b"]),
        ("preview", ["a", "b"]),
        ("nonsense", ["a", "b"]),
    ],
)
def test_rows_are_added_moved_and_removed_without_script_and_without_saving(
    owner: Client, project: Project, do: str, after: list[str]
) -> None:
    sent = form("rules", [row("a", "x"), row("b", "y", 5, "lines 8")], do=do)

    page = owner.post(f"{ROOT}/components", sent).content.decode()

    found = re.findall(r'<input type="text" name="rules-\d+-name"(?: value="([^"]*)")?', page)
    assert found == after
    assert "Not saved yet." in page
    if "b" in after:
        assert 'value="lines 8"' in page
    assert settings(project) == {}


def test_what_each_rule_would_have_is_shown(
    owner: Client, stock: Stock, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    stock.report(FILES)
    rows = [
        row("auth", "src/auth"),
        row("late", "src/auth/login.py"),
        row("no", "nowhere"),
        row("bad", "[z-a]"),
    ]
    with django_assert_max_num_queries(14):
        page = owner.post(f"{ROOT}/components", form("rules", rows, do="preview")).content.decode()

    assert "<summary>2 files</summary>" in page
    assert "<code>src/auth/session.py</code>" in page
    assert "no file: rules above have all that it names" in page
    assert "no file: nothing in the newest report has such a path" in page
    assert "a pattern is wrong" in page
    assert "3 files of 5 in no component" in page


def test_suggestions_are_shown_and_added_only_on_demand(
    owner: Client, stock: Stock, project: Project
) -> None:
    stock.report(FILES)
    page = owner.get(f"{ROOT}/components").content.decode()
    assert all(f"<strong>{name}</strong>" in page for name in ("Authentication", "Payments", "Migrations"))
    assert names(page) == []

    page = owner.post(
        f"{ROOT}/components", form("rules", [row("a", "x")], do="suggest-Payments")
    ).content.decode()

    assert names(page) == ["Payments", "a"]
    assert "src/pay/**" in page
    assert "<strong>Payments</strong>" not in page, "it is in the list now"
    assert settings(project) == {}


def test_codeowners_is_pasted_or_known(owner: Client, stock: Stock, project: Project) -> None:
    pasted = "* @all\n/src/auth/ @sec @ada # login\n!x @y\n"

    page = owner.post(
        f"{ROOT}/components", form("rules", [], do="import", codeowners=pasted)
    ).content.decode()

    assert names(page) == ["@all", "@sec @ada"]
    assert "2 components from the text you pasted" in page
    assert "line 3: !x takes files away" in page
    stock.report(FILES, sources={".github/CODEOWNERS": "db/ @data\n"})
    known = owner.post(f"{ROOT}/components", form("rules", [], do="import", codeowners=" ")).content.decode()
    assert names(known) == ["@data"]
    assert "from .github/CODEOWNERS" in known
    Upload.objects.update(declared={"codeowners": {"path": "docs/CODEOWNERS", "text": "* @sent"}})
    stock.upload(project.commits.get(), {"z.py": lines(1)})
    sent = owner.post(f"{ROOT}/components", form("rules", [], do="import")).content.decode()
    assert names(sent) == ["@sent"]
    assert "from docs/CODEOWNERS" in sent
    nothing = owner.post(
        f"{ROOT}/components", form("rules", [], do="import", codeowners="# x")
    ).content.decode()
    assert "no line with a pattern and an owner" in nothing
    assert settings(project) == {}


def test_flags_that_uploads_carried_are_listed_and_only_what_differs_is_kept(
    owner: Client, stock: Stock, project: Project
) -> None:
    stock.report({"a.py": lines(1)}, flags=["unit", "e2e"])
    page = owner.get(f"{ROOT}/flags").content.decode()
    assert page.index("<bdi>e2e</bdi>") < page.index("<bdi>unit</bdi>") < page.index("Another flag")
    assert "Last upload" in page
    rows = [
        {"name": "e2e", "max_age_days": 30, "paths": ""},
        {"name": "unit", "carry_forward": "on", "max_age_days": 9, "paths": "src\n"},
        {"name": "later", "max_age_days": 30, "paths": "x"},
    ]

    answer = owner.post(f"{ROOT}/flags", form("flags", rows), follow=True)

    assert "The rules of flags were saved." in answer.content.decode()
    assert "No upload had it so far" in answer.content.decode()
    assert settings(project) == {
        "flags": [
            {"name": "unit", "carry_forward": True, "max_age_days": 9, "paths": ["src"]},
            {"name": "later", "paths": ["x"]},
        ]
    }


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        (
            {"name": "unit", "max_age_days": 0, "paths": ""},
            "id_flags-1-max_age_days",
            "greater than or equal to 1",
        ),
        ({"name": "unit", "max_age_days": 30, "paths": "a\\b"}, "id_flags-1-paths", "no backslash"),
        ({"name": "", "max_age_days": 30, "paths": "a"}, "id_flags-1-name", "Name the flag"),
        ({"name": "e2e", "max_age_days": 30, "paths": "a"}, "id_flags-1-name", "is there twice"),
    ],
)
def test_a_wrong_flag_is_told_at_its_field(
    owner: Client, project: Project, wrong: dict[str, Any], field: str, why: str
) -> None:
    """The first row says nothing, so it is left out before the rules are checked."""
    rows = [{"name": "e2e", "max_age_days": 30, "paths": "y" if wrong["name"] == "e2e" else ""}, wrong]

    page = owner.post(f"{ROOT}/flags", form("flags", rows)).content.decode()

    told = re.search(rf'id="{field}_error">([^<]*)<', page)
    assert told is not None, page
    assert why in told[1]
    assert settings(project) == {}


def test_completeness_and_forks(owner: Client, project: Project) -> None:
    sent = {"expect": "test [unit]\n e2e \n", "quiet_minutes": "45"}
    assert "was saved" in owner.post(f"{ROOT}/completeness", sent, follow=True).content.decode()
    owner.post(f"{ROOT}/forks", {"forks": "on"})
    assert settings(project) == {
        "completeness": {"expect": ["test [unit]", "e2e"], "learn": False, "quiet_minutes": 45},
        "uploads": {"forks": True},
    }
    refused = owner.post(f"{ROOT}/completeness", {"expect": "x" * 600, "quiet_minutes": 9}).content.decode()
    assert re.search(r'id="id_expect_error">is empty or too long', refused)

    owner.post(f"{ROOT}/completeness", {"learn": "on", "quiet_minutes": "30"})
    owner.post(f"{ROOT}/forks", {})

    assert settings(project) == {}, "what is as by default is not kept"


def test_a_section_of_covdash_toml_is_shown_and_not_changed(
    owner: Client, stock: Stock, project: Project
) -> None:
    stock.report({"a.py": lines(1)})
    head = project.commits.get().sha
    text = b'[[flags]]\nname = "unit"\n\n[[components]]\nname = "auth"\npaths = ["src"]\n\n[completeness]\nlearn = false\n'
    wishes.write_section(
        project_id=project.pk, actor=None, section="flags", said=[{"name": "e2e", "paths": ["x"]}]
    )
    assert wishes.store_repository_settings(project_id=project.pk, sha=head, text=text) is None
    before = settings(project)

    for section, sent in (
        ("flags", form("flags", [{"name": "x", "paths": "y", "max_age_days": 3}])),
        ("components", form("rules", [row("x", "y")], do="save")),
        ("completeness", {"quiet_minutes": "5"}),
    ):
        page = owner.get(f"{ROOT}/{section}").content.decode()
        assert "stands in covdash.toml and wins over this page" in page
        assert head[:8] in page
        assert 'type="submit">Save' not in page
        assert ("kept and not in force" in page) == (section == "flags")
        refused = owner.post(f"{ROOT}/{section}", sent, follow=True).content.decode()
        assert "Nothing was saved" in refused
    assert settings(project) == before

    wishes.store_repository_settings(project_id=project.pk, sha=head, text=b"flags = 3")
    page = owner.get(f"{ROOT}/file").content.decode()
    assert "The newest covdash.toml cannot be used." in page
    assert "flags: Expected `array`, got `int`" in page
    assert "name = &quot;auth&quot;" in page
    assert re.search(r"<code>uploads</code></th><td>nowhere", page)
    assert re.search(r"<code>flags</code></th><td>covdash.toml", page)
