"""Tokens of badges: let whoever has one see one number of one private project, and nothing else, so an address may hold it.

A token is made of the key of the server and the number of the project: nothing is stored, and it is the same each time. It has the
form of all tokens (`cvdb_…`), so that scanners of secrets and the filter of the log know it.
"""

from __future__ import annotations

import string

from django.utils.crypto import constant_time_compare, salted_hmac

from covdash.projects.facts import ProjectFact
from covdash.projects.models import FormerSlug, Project
from covdash.projects.tokens import checksum

PREFIX = "cvdb_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 32


def token_of(project_id: int) -> str:
    """Return the badge token of a project."""
    digest = salted_hmac("covdash.badge", str(project_id), algorithm="sha256").digest()
    number, letters = int.from_bytes(digest, "big"), ""
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[rest]
    return PREFIX + letters + checksum(PREFIX + letters)


def find(*, slug: str, token: str) -> ProjectFact | None:
    """Return the project at `slug` (or that was there before it was renamed) if it is public or `token` is its own.

    None for a private project and for one that is not there, alike. Who is signed in is not asked. One SQL statement, or two.
    """
    row = Project.objects.filter(slug=slug).first()
    if row is None:
        former = FormerSlug.objects.select_related("project").filter(slug=slug).first()
        row = former.project if former else None
    if row is None:
        return None
    if not (row.is_public or constant_time_compare(token, token_of(row.pk))):
        return None
    return ProjectFact(row.pk, row.slug, row.is_public, row.default_branch)
