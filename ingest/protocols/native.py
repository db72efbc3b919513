"""The native protocol: `POST /api/v1/uploads` and `GET /api/v1/uploads/{id}`.

A body is multipart (fields and files as parts) or raw (one report; fields in the query string or as `Covdash-<Field>` headers).
Here HTTP becomes a `Delivery` and an `Envelope`, and a row becomes JSON; nothing is stored or decided.
"""

from __future__ import annotations

from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import refusals
from covdash.projects.models import Project, UploadToken
from covdash.reports.models import Upload
from ingest import description, envelope, form, rate, receive
from ingest.auth import HasToken, TokenAuthentication, token_of
from ingest.delivery import Delivery, Protocol
from ingest.status import page_url, status_of, status_url

MAX_KEY = 255
_FIELDS = (*envelope.FIELDS, "project", "filename")


class UploadsView(APIView):
    """Takes deliveries."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasToken,)

    @description.of_upload
    def post(self, request: Request) -> Response:
        """Store a delivery durably and answer 202 with its id. The same delivery again answers with the same id."""
        token = token_of(request)
        rate.spend(token.pk)
        receive.room_left(receive.spool_folders())
        with Delivery() as delivery:
            form.read(request, delivery, _FIELDS)
            said = _envelope(delivery)
            _same_project(delivery, token.project)
            receipt = receive.receive(
                project=token.project,
                envelope=said,
                delivery=delivery,
                key=_key(request),
                user_agent=request.headers.get("User-Agent", ""),
            )
        upload = receipt.upload
        body = {
            "id": str(upload.pk),
            "status_url": status_url(upload.pk),
            "url": page_url(token.project.slug, upload.pk),
            "state": upload.state,
        }
        return Response(
            body, status=202, headers={"Idempotent-Replayed": "true"} if receipt.replayed else None
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refused request; the setup page of the project shows it to whoever waits there."""
        response = super().handle_exception(exc)
        if isinstance(self.request.auth, UploadToken):
            refused = response.data["error"]
            refusals.note(
                project_id=self.request.auth.project_id,
                status=response.status_code,
                message=refused["message"],
                hint=refused.get("hint", ""),
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        return response


class UploadView(APIView):
    """Tells what became of a delivery."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasToken,)

    @description.of_status
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Return state, progress, an outcome for every contained file, and how paths were resolved."""
        upload = (
            Upload.objects.select_related("commit", "branch", "pull")
            .filter(project=token_of(request).project, pk=upload_id)
            .first()
        )
        if upload is None:
            raise Problem(
                404,
                "not_found",
                "The project of this token has no such upload.",
                hint="Use the status_url of the answer to the upload, with a token of the same project.",
            )
        return Response(status_of(upload, token_of(request).project.slug))


def _envelope(delivery: Delivery) -> envelope.Envelope:
    try:
        return envelope.read(delivery.fields)
    except envelope.FieldError as error:
        code = "missing_field" if error.message == envelope.MISSING else "bad_field"
        sentence = f"The field {error.field} {error.message}."
        raise Problem(400, code, sentence, hint=error.hint, field=error.field) from error


def _key(request: Request) -> str | None:
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if len(key) > MAX_KEY:
        raise Problem(
            400, "bad_field", f"Idempotency-Key is longer than {MAX_KEY} characters.", field="Idempotency-Key"
        )
    return key or None


def _same_project(delivery: Delivery, project: Project) -> None:
    for slug in delivery.fields.get("project", ()):
        if slug.strip() and slug.strip() != project.slug:
            raise Problem(
                403,
                "wrong_project",
                "This token belongs to another project than the one the field project names.",
                hint="Use a token of that project, or leave the field out: the token names its project.",
                field="project",
            )


PROTOCOL = Protocol(
    name="native",
    title="covdash",
    urls=(
        path("uploads", UploadsView.as_view(), name="uploads"),
        path("uploads/<uuid:upload_id>", UploadView.as_view(), name="upload"),
    ),
)
