"""The people of an installation. Who may do what in a project lives in `covdash.projects`, not here."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in. A class of our own, so that a later field needs no change of user model."""
