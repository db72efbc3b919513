"""Codecov's older protocols: v4 (bash uploader, node uploader, `do-upload --legacy`) and v2 (what the bash uploader falls back to).

Facts are in the query. v4 answers with two addresses as text, where the report will be seen and where its bytes go (`codecov.py` takes
them); v2 brings the bytes with the facts. Refusals are one line of text, as these clients print them.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from covdash.reports.models import Announcement
from ingest import announce, codecov_said
from ingest.codecov_door import CodecovView, Sender, announced, take
from ingest.delivery import Protocol
from ingest.status import commit_url


class _LegacyView(CodecovView):
    """What both have in common."""

    says_text = True

    def facts(self, request: Request) -> tuple[Sender, dict[str, list[str]], dict[str, str]]:
        """Return who sends, the fields of the envelope, and what is kept of the CI."""
        query = request.query_params
        flags = [flag for text in query.getlist("flags") for flag in text.split(",")]
        fields = codecov_said.commit_fields(
            {"commitid": query.get("commit"), "branch": query.get("branch"), "pullid": query.get("pr"),
             "parent_commit_id": query.get("parent")}
        )  # fmt: skip
        said: dict[str, Any] = {
            "name": query.get("name"), "job_code": query.get("job"), "ci_url": query.get("build_url"), "flags": flags,
            "ci_service": query.get("service"),
        }  # fmt: skip
        fields |= codecov_said.upload_fields(said)
        if tag := query.get("tag", "").strip():
            fields["tag"] = [tag]
        sender = self.sender(request, query.get("slug", ""), branch=next(iter(fields.get("branch", ())), ""))
        return sender, fields, codecov_said.ci_of(said)


class V4View(_LegacyView):
    """Announces an upload."""

    def post(self, request: Request) -> HttpResponse:
        """Answer with two lines; the node client wants exactly these."""
        sender, fields, ci = self.facts(request)
        made, checked = announced(request, sender, Announcement.Kind.COVERAGE, fields, ci)
        page = commit_url(sender.project.slug, checked.commit)
        return HttpResponse(f"{page}\n{announce.address_for(made)}", content_type="text/plain; charset=utf-8")


class V2View(_LegacyView):
    """Takes an upload in one request."""

    def post(self, request: Request) -> Response:
        """Store it durably."""
        sender, fields, ci = self.facts(request)
        made, checked = announced(request, sender, Announcement.Kind.COVERAGE, fields, ci)
        upload = take(request, made)
        return Response(
            {
                "message": "Coverage reports upload successfully", "uploaded": True, "queued": True,
                "id": str(upload.pk), "url": commit_url(sender.project.slug, checked.commit),
            }
        )  # fmt: skip


PROTOCOL = Protocol(
    name="codecov-legacy",
    title="Codecov, older uploaders",
    urls=(path("upload/v4", V4View.as_view()), path("upload/v2", V2View.as_view())),
    addresses=("POST /upload/v4", "POST /upload/v2"),
)
