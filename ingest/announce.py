"""Uploads in several requests, as foreign protocols send them: first the facts, then the bytes to an address that carries the right.

Nothing is processed before the bytes are whole. An announcement whose bytes never come stays visible as such, and is swept after
a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from covdash.problems import Problem
from covdash.projects.models import Commit, Project
from covdash.reports.models import Announcement, Upload
from ingest import doorbell, packed

LIFETIME = timedelta(hours=2)
"""How long an address for bytes is good: a slow runner retries within it."""
KEPT = timedelta(days=30)
PARTS_KEPT = timedelta(days=1)
"""Parts of bodies that nobody goes on with take space; after this an upload begins anew."""
_AGAIN = "Announce the upload again and send its bytes within two hours."


def announce(
    project: Project,
    kind: str,
    *,
    sha: str,
    fields: dict[str, list[str]],
    user_agent: str = "",
    manifest: Mapping[str, Any] | None = None,
) -> Announcement:
    """Note what a client said; `fields` are those of the envelope, `manifest` what its protocol knows besides."""
    return Announcement.objects.create(
        project=project,
        kind=kind,
        sha=sha,
        fields=fields,
        user_agent=user_agent[:500],
        manifest=dict(manifest or {}),
    )


def address_for(announcement: Announcement) -> str:
    """Return the address that takes the bytes. Whoever has it may send them, as the clients send no token there."""
    return f"{settings.COVDASH_URL}/upload/bytes/{_signer().sign(announcement.pk.hex)}"


def redeem(signed: str) -> Announcement:
    """Return the announcement behind an address. Raises `Problem` 403 or 404."""
    try:
        number = UUID(_signer().unsign(signed, max_age=LIFETIME))
    except SignatureExpired as error:
        raise Problem(
            403, "expired_address", "This address for an upload is older than two hours.", hint=_AGAIN
        ) from error
    except (BadSignature, ValueError) as error:
        raise Problem(
            403, "bad_address", "This is no address for an upload: its signature is wrong.", hint=_AGAIN
        ) from error
    found = Announcement.objects.select_related("project").filter(pk=number).first()
    if found is None:
        raise Problem(404, "not_found", "The upload that was announced is not known any more.", hint=_AGAIN)
    return found


def facts_of(project: Project, sha: str, *, fork: bool = False) -> dict[str, list[str]]:
    """Return what is known of a commit that was announced or uploaded to before; empty if nothing is.

    What a fork said without a token is told to forks only (`fork`), and nothing else is told to them.
    """
    by_fork = Q(fields__has_key="fork")
    said = Announcement.objects.filter(project=project, sha=sha, kind=Announcement.Kind.COMMIT)
    newest = said.filter(by_fork if fork else ~by_fork).order_by("-announced_at").first()
    if newest is not None:
        return dict(newest.fields)
    if fork:
        return {}
    upload = (
        Upload.objects.select_related("branch", "pull")
        .filter(project=project, commit__sha=sha, branch__isnull=False, fork="")
        .order_by("received_at")
        .first()
    )
    if upload is None or upload.branch is None:
        return {}
    pull = {"pull": [str(upload.pull.number)]} if upload.pull else {}
    return {"commit": [sha], "branch": [upload.branch.name]} | pull


def branch_of(project: Project, sha: str) -> tuple[str, str]:
    """Return the git branch to file a commit under whose client names none, and in words where it is from."""
    if known := facts_of(project, sha).get("branch"):
        return known[0], "the branch that is known of the commit"
    if project.default_branch:
        return project.default_branch, "the default branch of the project"
    return "main", "no git branch of the project is known yet"


def said_done(project: Project, sha: str, *, by: str) -> bool:
    """Note that all uploads of a commit were sent; False if the commit is not known. What comes later still counts."""
    known = Commit.objects.filter(project=project, sha=sha)
    number = known.values_list("pk", flat=True).first()
    if number is None:
        return False
    known.update(done_at=Now(), done_by=by)
    transaction.on_commit(partial(doorbell.ring, "ingest.tasks.assemble_commit", number), robust=True)
    return True


def sweep() -> None:
    """Remove parts that nobody goes on with, and announcements that are too old to be shown."""
    waiting = Announcement.objects.filter(
        kind=Announcement.Kind.MANIFEST, announced_at__lt=Now() - PARTS_KEPT
    )
    for announcement in waiting.exclude(manifest__parts={}):
        packed.forget(announcement, *announcement.manifest["parts"])
    Announcement.objects.filter(announced_at__lt=Now() - KEPT).delete()


def _signer() -> TimestampSigner:
    """Return the signer; made when it is needed, since a command may run without any key."""
    return TimestampSigner(salt="ingest.announce")
