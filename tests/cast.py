"""The cast: ada owns the project, ben is a member, cleo is a stranger. Fixtures, loaded by `conftest.py`.

`stock` fills the project with reports, `fact` is what the queries are asked with.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from covdash.accounts.models import User
from covdash.projects import access
from covdash.projects.facts import ProjectFact
from covdash.projects.models import Membership, Project
from covdash.projects.registry import create_project
from covdash.reports.loading import nodes
from tests.covdash.reports.stock import Stock


def _person(name: str) -> User:
    return User.objects.create_user(name, f"{name}@example.org")


@pytest.fixture
def ada(db: None) -> User:
    """Owns `project`."""
    return _person("ada")


@pytest.fixture
def cleo(db: None) -> User:
    """Has an account and no membership."""
    return _person("cleo")


@pytest.fixture
def project(ada: User) -> Project:
    """A private project with subgroups in its slug."""
    return create_project(slug="acme/platform/shop", owner=ada)


@pytest.fixture
def ben(project: Project) -> User:
    """Is a member of `project`."""
    user = _person("ben")
    Membership.objects.create(project=project, user=user, role=Membership.Role.MEMBER)
    return user


@pytest.fixture
def stock(project: Project) -> Stock:
    """Fills `project` with reports."""
    nodes.clear()
    return Stock(project)


@pytest.fixture
def fact(stock: Stock, ada: User) -> Callable[[], ProjectFact]:
    """Return `project` as ada sees it now."""

    def found() -> ProjectFact:
        seen = access.find(user=ada, slug=stock.project.slug)
        assert seen is not None
        return seen

    return found
