"""The stored configuration: sections from the pages, `covdash.toml` of the default branch, and what the audit trail keeps of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from covdash.accounts.models import User
from covdash.audit import trail
from covdash.projects import recount, wishes
from covdash.projects.configuration import ConfigurationError
from covdash.projects.models import Branch, BranchCommit, Commit, Project

START = datetime(2026, 1, 5, tzinfo=UTC)
AUTH = [{"name": "auth", "paths": ["src/auth/**"]}]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Projects that a new count was rung for."""
    heard: list[int] = []
    monkeypatch.setattr(recount.app, "send_task", lambda _name, args, **_: heard.extend(args))
    return heard


def committed(project: Project, number: int, branch: str = "main") -> str:
    """Make a commit on a git branch, `number` hours after the start; returns its sha."""
    commit = Commit.objects.create(
        project=project, sha=f"{number:04x}" * 10, committed_at=START + timedelta(hours=number)
    )
    found, _ = Branch.objects.get_or_create(project=project, name=branch)
    BranchCommit.objects.create(branch=found, commit=commit, at=commit.committed_at)
    return commit.sha


@pytest.fixture
def main(project: Project) -> Project:
    """A project whose default branch is known."""
    project.default_branch = "main"
    project.save()
    return project


def test_a_section_is_stored_with_who_changed_it_and_what_it_was(
    project: Project, ada: User, rung: list[int], django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert wishes.write_section(project_id=project.pk, actor=ada, section="components", said=AUTH)
        assert not wishes.write_section(project_id=project.pk, actor=ada, section="components", said=AUTH)
        wishes.write_section(project_id=project.pk, actor=None, section="completeness", said={"learn": False})
        wishes.write_section(project_id=project.pk, actor=ada, section="components", said=[])

    deeds = [(d.actor, d.action, d.target, d.detail) for d in trail.listing(project_id=project.pk)]
    assert deeds == [
        ("ada", "settings.change", "components", {"before": AUTH, "after": None}),
        ("", "settings.change", "completeness", {"before": None, "after": {"learn": False}}),
        ("ada", "settings.change", "components", {"before": None, "after": AUTH}),
    ]
    assert rung == [project.pk, project.pk], "only flags and components are counted"
    project.refresh_from_db()
    assert project.settings == {"completeness": {"learn": False}}
    last = wishes.last_change(project_id=project.pk, section="components")
    assert last is not None
    assert last.actor == "ada"


def test_a_wrong_section_changes_nothing(project: Project, ada: User) -> None:
    for section, said in (("components", [{"name": "a", "paths": ["../x"]}]), ("colours", {"red": 1})):
        with pytest.raises(ConfigurationError):
            wishes.write_section(project_id=project.pk, actor=ada, section=section, said=said)

    assert trail.listing(project_id=project.pk) == ()
    project.refresh_from_db()
    assert project.settings == {}


def test_what_is_in_force_and_who_wins(
    main: Project, ada: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    wishes.write_section(project_id=main.pk, actor=ada, section="components", said=AUTH)
    wishes.write_section(project_id=main.pk, actor=ada, section="completeness", said={"quiet_minutes": 7})
    text = b'[[components]]\nname = "pay"\npaths = ["pay"]\n'
    assert wishes.store_repository_settings(project_id=main.pk, sha=committed(main, 1), text=text) is None

    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        found = wishes.read(project_id=main.pk)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert wishes.in_force(project_id=main.pk) == found.configuration

    assert [component.name for component in found.configuration.components] == ["pay"]
    assert [component.name for component in found.from_pages().components] == ["auth"]
    assert (found.wins("components"), found.wins("completeness"), found.wins("flags")) == (
        "covdash.toml",
        "settings",
        "",
    )
    assert found.toml_of("components") == text.decode()
    assert found.repository_sha == "0001" * 10


def test_only_the_newest_file_of_the_default_branch_counts(
    main: Project, rung: list[int], django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """A git branch, a late job of an older commit, a job of a commit that nobody knows: none of them changes the rules."""

    def store(sha: str, name: str | None) -> None:
        text = None if name is None else f'[[components]]\nname = "{name}"\npaths = ["x"]\n'.encode()
        assert wishes.store_repository_settings(project_id=main.pk, sha=sha, text=text) is None

    def now() -> list[str]:
        return [component.name for component in wishes.in_force(project_id=main.pk).components]

    first, second, third, side = (
        committed(main, n, b) for n, b in ((1, "main"), (2, "main"), (3, "main"), (4, "x"))
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        store(second, "second")
        store(first, "first")
        store(side, "side")
        store("f" * 40, "unknown")
        store(second, "second")
        assert now() == ["second"]
        store(third, None)
        assert now() == []
        store(second, "second")
        assert now() == [], "the file is gone on the newest commit"

    assert rung == [main.pk, main.pk]
    taken = [(d.action, d.target) for d in trail.listing(project_id=main.pk)]
    assert taken == [("settings.repository", third), ("settings.repository", second)]


def test_a_file_that_cannot_be_used_leaves_the_one_before_in_force(main: Project) -> None:
    good = b'[[flags]]\nname = "unit"\n'
    wishes.store_repository_settings(project_id=main.pk, sha=committed(main, 1), text=good)
    second = committed(main, 2)

    for _ in range(3):
        error = wishes.store_repository_settings(
            project_id=main.pk, sha=second, text=b"[[flags]]\nname = 1\n"
        )
        assert isinstance(error, ConfigurationError)
        assert error.where == "flags[0].name"

    found = wishes.read(project_id=main.pk)
    assert [flag.name for flag in found.configuration.flags] == ["unit"]
    assert found.refused == (second, "flags[0].name", "Expected `str`, got `int`")
    assert [d.action for d in trail.listing(project_id=main.pk)] == [wishes.REFUSED, wishes.TAKEN]

    wishes.store_repository_settings(project_id=main.pk, sha=committed(main, 3), text=good)
    assert wishes.read(project_id=main.pk).refused is None


def test_a_broker_that_is_away_stops_nobody(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(recount.app, "send_task", away)

    recount.ask(project_id=project.pk)
