"""The exchange with our own uploader, behind its manifest: `PUT tree`, `PUT reports/{sha256}`, `POST done`, `PUT blobs`.

Here HTTP becomes a step of `ingest/exchange.py`, and its outcome JSON. The manifest comes to the address of the native protocol.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.reports.models import Announcement, Upload
from ingest import blobs, exchange, exchange_description, packed, senders
from ingest.auth import TokenAuthentication
from ingest.delivery import Protocol
from ingest.status import page_url, status_url

SHA256 = 64


class StepView(APIView):
    """A step of the exchange: a token of the project, or the number of an upload of a fork without one."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (senders.MaySend,)


class TreeView(StepView):
    """Takes the list of files of the tested tree."""

    @exchange_description.of_tree
    def put(self, request: Request, upload_id: UUID) -> Response:
        """Keep the list; 200 with the number of files, at once when it is known already."""
        announcement = senders.announcement_of(request, upload_id)
        if not announcement.manifest["tree"]:
            raise Problem(
                404, "not_announced", "The manifest of this upload names no tree.", hint="Announce it first."
            )
        if not exchange.need_of(announcement).tree:
            return _known()
        try:
            found = packed.unpacked(request, announcement, exchange.TREE, limit=exchange.MAX_TREE_BYTES)
            if isinstance(found, packed.Progress):
                return _go_on(found)
            return Response({"state": "stored", "files": exchange.take_tree(announcement, found)})
        except Problem:
            if exchange.need_of(announcement).tree:
                raise
            return _known()


class ReportView(StepView):
    """Takes the bytes of one report."""

    @exchange_description.of_report
    def put(self, request: Request, upload_id: UUID, digest: str) -> Response:
        """Store them; 201, 200 at once when they are known, 202 while parts are missing."""
        announcement = senders.announcement_of(request, upload_id)
        if announcement.upload_id is not None or exchange.look_for(announcement, digest):
            return _known()
        limit = exchange.announced_report(announcement, digest)["size"]
        try:
            found = packed.unpacked(request, announcement, digest, limit=limit)
            if isinstance(found, packed.Progress):
                return _go_on(found)
            exchange.take_report(announcement, digest, found)
        except Problem:
            now = Announcement.objects.filter(pk=upload_id).first()
            if now is None or (now.upload_id is None and digest not in now.manifest["arrived"]):
                raise
            return _known()
        return Response({"state": "stored"}, status=201)


class DoneView(StepView):
    """Makes the upload."""

    @exchange_description.of_done
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Answer 202 with the upload, or 409 with what is missing. Said again, it is the same upload."""
        announcement = senders.announcement_of(request, upload_id)
        upload, need = exchange.done(announcement)
        if need:
            missing = Problem(
                409,
                "incomplete",
                "Not everything that was announced is here.",
                hint="Send what need names, then say done again.",
            )
            return Response(missing.body() | {"need": need.as_json()}, status=409)
        return Response(_accepted(announcement, upload), status=202)


class BlobsView(StepView):
    """Takes source texts."""

    @exchange_description.of_blobs
    def put(self, request: Request, upload_id: UUID) -> Response:
        """Keep the texts that `need.blobs` of the state names; each is checked against its id."""
        upload = senders.upload_of(request, upload_id)
        if upload is None:
            raise senders.unknown() if request.auth else senders.no_token()
        found = packed.whole(request, limit=blobs.MAX_BYTES)
        taken = blobs.take(upload, found)
        return Response({"stored": taken.stored, "rejected": taken.rejected})


def _accepted(announcement: Announcement, upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.pk),
        "url": page_url(announcement.project.slug, upload.pk),
        "status_url": status_url(upload.pk),
        "state": upload.state,
    }


def _known() -> Response:
    """Answer that the bytes are here, from before or from somebody who sent them at the same time."""
    return Response({"state": "known"})


def _go_on(progress: packed.Progress) -> Response:
    """Answer how far the parts go, also in the header that other resumable protocols use."""
    so_far = {"Range": f"bytes=0-{progress.received - 1}"} if progress.received else {}
    body = {"state": "incomplete", "received": progress.received, "total": progress.total}
    return Response(body, status=202, headers=so_far)


PROTOCOL = Protocol(
    name="exchange",
    title="covdash-upload",
    urls=(
        path("api/v1/uploads/<uuid:upload_id>/tree", TreeView.as_view(), name="upload_tree"),
        path(
            "api/v1/uploads/<uuid:upload_id>/reports/<str:digest>", ReportView.as_view(), name="upload_report"
        ),
        path("api/v1/uploads/<uuid:upload_id>/done", DoneView.as_view(), name="upload_done"),
        path("api/v1/uploads/<uuid:upload_id>/blobs", BlobsView.as_view(), name="upload_blobs"),
    ),
    addresses=(
        "PUT /api/v1/uploads/{id}/tree",
        "PUT /api/v1/uploads/{id}/reports/{sha256}",
        "POST /api/v1/uploads/{id}/done",
        "PUT /api/v1/uploads/{id}/blobs",
    ),
)
