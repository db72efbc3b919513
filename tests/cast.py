"""The cast: ada owns the project, ben is a member, cleo is a stranger. Fixtures, loaded by `conftest.py`."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.projects.models import Membership, Project
from covdash.projects.registry import create_project


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
