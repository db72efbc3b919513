"""Who may take part in the exchange: the job behind an upload token, or a fork without a secret where the project lets forks send.

A fork gets a git branch of its own (`owner:branch`), and a limit by its address. Without a token nothing tells a project that refuses
forks from one that is not there. The number of its upload, which nobody can guess, is what lets a fork go on with it.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects.models import Project, UploadToken
from covdash.reports.models import Announcement, Upload
from ingest import forks, rate
from ingest.auth import HOW, project_of
from ingest.envelope import Envelope, FieldError
from ingest.filing import FOREIGN
from ingest.manifest import Manifest


class MaySend(BasePermission):
    """Lets in tokens and whoever has none; what the latter may do is decided when it is known what they want."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Say yes; a wrong token was refused before."""
        return True


def check(request: Request) -> None:
    """Count an announcement before anything is read of it. Raises `Problem` 429."""
    if isinstance(request.auth, UploadToken):
        rate.spend(request.auth.pk)
    else:
        rate.spend_address(request.META.get("REMOTE_ADDR", ""))


def admit(request: Request, manifest: Manifest, envelope: Envelope) -> tuple[Project, Envelope]:
    """Return the project that a manifest is for, and its envelope as it counts. Raises `Problem` 401, 403, 404, 413 or 429."""
    if isinstance(request.auth, UploadToken):
        return project_of(request, slug=manifest.project), envelope
    branch = next((one for one in (envelope.fork, envelope.branch) if FOREIGN in one), "")
    if not branch and envelope.fork:
        branch = f"{envelope.fork}{FOREIGN}{envelope.branch}"
    project = forks.project_of(manifest.project) if branch else None
    if project is None:
        raise no_token()
    owner, _, name = branch.partition(FOREIGN)
    if not owner.strip() or not name.strip() or len(branch) > 255:
        raise FieldError(
            "fork", "is not like owner:branch", "Name the owner of the fork and the git branch in it."
        )
    forks.within_bytes(sum(report.size for report in manifest.reports))
    rate.spend_fork(project.pk, branch)
    return project, replace(envelope, fork=branch, branch=branch, expect=None, complete=False, tag="")


def announcement_of(request: Request, number: UUID) -> Announcement:
    """Return an announcement that the sender of `request` may go on with. Raises `Problem` 401 or 404."""
    found = Announcement.objects.select_related("project").filter(
        own(request), pk=number, kind=Announcement.Kind.MANIFEST
    )
    announcement = found.first()
    if announcement is None or not (request.auth or announcement.fields.get("fork")):
        raise (unknown() if request.auth else no_token())
    return announcement


def upload_of(request: Request, number: UUID) -> Upload | None:
    """Return the upload with this number, or the one that the announcement with this number became, if the sender may know it."""
    uploads = Upload.objects.select_related("project", "commit", "branch", "pull").filter(own(request))
    if not request.auth:
        uploads = uploads.exclude(fork="")
    became = Announcement.objects.filter(pk=number).values("upload_id")
    return uploads.filter(Q(pk=number) | Q(pk__in=became)).first()


def own(request: Request) -> Q:
    """Return the condition for rows of the projects of a token; without a token all, to be narrowed to those of forks."""
    token = request.auth
    if not isinstance(token, UploadToken):
        return Q()
    return (
        Q(project__slug__startswith=f"{token.group}/") if token.project is None else Q(project=token.project)
    )


def unknown() -> Problem:
    """Return the refusal of a number that the token does not know."""
    return Problem(
        404,
        "not_found",
        "The project of this token has no such upload.",
        hint="Use the status_url of the answer to the upload, with a token of the same project.",
    )


def no_token() -> Problem:
    """Return the refusal of a request without a token."""
    return Problem(401, "token_required", "The request carries no upload token.", hint=HOW)
