"""The native protocol: `POST /api/v1/uploads` and `GET /api/v1/uploads/{id}`.

A body is multipart (fields and files as parts) or raw (one report; fields in the query string or as `Covdash-<Field>` headers).
Here HTTP becomes a `Delivery` and an `Envelope`, and a row becomes JSON; nothing is stored or decided.
"""

from __future__ import annotations

from uuid import UUID

from django.urls import path
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.projects import refusals
from covdash.projects.models import UploadToken
from ingest import announcing, description, envelope, form, rate, receive, senders
from ingest.auth import HasToken, TokenAuthentication, project_of, token_of
from ingest.delivery import Delivery, Protocol
from ingest.status import page_url, status_of, status_of_announced, status_url

_FIELDS = (*envelope.FIELDS, "project", "filename")


class UploadsView(APIView):
    """Takes deliveries."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasToken,)

    def get_permissions(self) -> list[BasePermission]:
        """Let a manifest in without a token, as a fork may send one."""
        return [senders.MaySend()] if announcing.is_manifest(self.request) else [HasToken()]

    @description.of_upload
    def post(self, request: Request) -> Response:
        """Store a delivery durably and answer 202 with its id. The same delivery again answers with the same id.

        A body in JSON without a commit beside it is the manifest of an upload that comes in several requests.
        """
        if announcing.is_manifest(request):
            return announcing.answer(request)
        token = token_of(request)
        rate.spend(token.pk)
        receive.room_left(receive.spool_folders())
        with Delivery() as delivery:
            form.read(request, delivery, _FIELDS)
            said = announcing.checked(delivery.fields)
            project = project_of(request, slug=next(iter(delivery.fields.get("project", ())), ""))
            receipt = receive.receive(
                project=project,
                envelope=said,
                delivery=delivery,
                key=announcing.idempotency_key(request),
                user_agent=request.headers.get("User-Agent", ""),
            )
        upload = receipt.upload
        body = {
            "id": str(upload.pk),
            "status_url": status_url(upload.pk),
            "url": page_url(project.slug, upload.pk),
            "state": upload.state,
        }
        return Response(
            body, status=202, headers={"Idempotent-Replayed": "true"} if receipt.replayed else None
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refused request; the setup page of the project shows it to whoever waits there."""
        response = super().handle_exception(exc)
        token = self.request.auth
        if isinstance(token, UploadToken) and token.project_id is not None:
            refused = response.data["error"]
            refusals.note(
                project_id=token.project_id,
                status=response.status_code,
                message=refused["message"],
                hint=refused.get("hint", ""),
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        return response


class UploadView(APIView):
    """Tells what became of a delivery."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (senders.MaySend,)

    @description.of_status
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Return state, progress, an outcome for every contained file, and how paths were resolved."""
        upload = senders.upload_of(request, upload_id)
        if upload is None:
            return Response(status_of_announced(senders.announcement_of(request, upload_id)))
        wants_gate = request.query_params.get("gate", "") not in ("", "0")
        return Response(status_of(upload, upload.project.slug, gate=wants_gate))


PROTOCOL = Protocol(
    name="native",
    title="covdash",
    urls=(
        path("api/v1/uploads", UploadsView.as_view(), name="uploads"),
        path("api/v1/uploads/<uuid:upload_id>", UploadView.as_view(), name="upload"),
    ),
    addresses=("POST /api/v1/uploads", "GET /api/v1/uploads/{id}"),
)
