"""The door of the Codecov dialects: who sends, for which project, what is kept; refusals whose sentence stands in the log of a job.

The clients print the body of a refusal as it is, and end with status 0 on 4xx: so a 4xx is given only where a person must act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import refusals
from covdash.projects.models import Project, UploadToken
from covdash.reports.models import Announcement, Upload
from ingest import announce, codecov_said, forks, rate, receive
from ingest.auth import TokenAuthentication, project_of
from ingest.codecov_body import read_body
from ingest.delivery import Delivery, body_of
from ingest.envelope import Envelope, identity

_NO_FORKS = (
    "The request carries no upload token, and no project of this name takes uploads of forks without one."
)
_FORK_HOW = (
    "Set CODECOV_TOKEN to an upload token of the project, "
    "or ask its owner to let pull requests of forks send without a token."
)
_HOW = "Set CODECOV_TOKEN to an upload token of the project (its settings make one)."


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: to which project, and as which fork (`owner:branch`) when it came without a token."""

    project: Project
    fork: str = ""


class CodecovView(APIView):
    """A view of the dialect. Tokens come as `Authorization: token X`, as `X-Upload-Token`, or as `?token=`."""

    authentication_classes: tuple[type[TokenAuthentication], ...] = (TokenAuthentication,)
    permission_classes = ()
    schema = None
    says_text = False
    """Whether the clients of the view print a refusal best as plain text."""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Find the token where older clients put it."""
        secret = request.headers.get("X-Upload-Token", "") or request.GET.get("token", "")
        if secret.strip() and "HTTP_AUTHORIZATION" not in request.META:
            request.META["HTTP_AUTHORIZATION"] = f"token {secret.strip()}"
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an address with something else than a commit in it."""
        super().initial(request, *args, **kwargs)
        if "sha" in kwargs:
            codecov_said.commit_id(kwargs["sha"])

    def sender(
        self, request: Request, slug: str = "", *, branch: str = "", is_known_fork: bool = False
    ) -> Sender:
        """Return who sends, and count the request. `slug` as the client writes it. Raises `Problem`.

        A token of a project names it: the slug is the forge's name of the repository and need not be ours, so it is not compared. A
        token of a group needs it. Without a token only a branch of a fork (`owner:branch`) is let in, where the project allows it;
        `is_known_fork` says that the fork named its branch in an earlier request.
        """
        slug = codecov_said.slug_of(slug)
        token = request.auth
        if isinstance(token, UploadToken):
            rate.spend(token.pk)
            return Sender(token.project or project_of(request, slug=slug))
        if ":" in branch or is_known_fork:
            if project := forks.project_of(slug):
                return Sender(project, fork=branch or ":")
            raise Problem(401, "token_required", _NO_FORKS, hint=_FORK_HOW)
        raise Problem(401, "token_required", "The request carries no upload token.", hint=_HOW)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer a refusal with one sentence that can be read in a log; the setup page of the project shows it, too."""
        response: Response = super().handle_exception(exc)
        refused = response.data["error"]
        said = " ".join(text for text in (refused["message"], refused.get("hint", "")) if text)
        token = getattr(self.request, "auth", None)
        if isinstance(token, UploadToken) and token.project_id is not None:
            refusals.note(
                project_id=token.project_id,
                status=response.status_code,
                message=refused["message"],
                hint=refused.get("hint", ""),
                address=self.request.META.get("REMOTE_ADDR", ""),
            )
        if self.says_text:
            text = HttpResponse(
                f"{said}\n", status=response.status_code, content_type="text/plain; charset=utf-8"
            )
            for name in ("Retry-After", "WWW-Authenticate"):
                if name in response.headers:
                    text.headers[name] = response.headers[name]
            return text
        response.data = {"detail": said, **response.data}
        return response


def announced(
    request: Request, sender: Sender, kind: str, fields: Mapping[str, list[str]], ci: Mapping[str, str]
) -> tuple[Announcement, Envelope]:
    """Note an upload that is to come, or a commit. Raises `Problem`."""
    fields = dict(fields)
    if sender.fork:
        fields["fork"] = [sender.fork]
        rate.spend_fork(sender.project.pk, sender.fork)
    fields = _with_branch(sender, fields)
    checked = codecov_said.checked(fields)
    made = announce.announce(
        sender.project,
        kind,
        sha=checked.commit,
        fields=fields,
        user_agent=request.headers.get("User-Agent", ""),
        manifest={"ci": dict(ci)} if ci else None,
    )
    return made, checked


def take(request: Request, announcement: Announcement) -> Upload:
    """Read the body of `request` as the bytes of an announced upload and make them durable. The same bytes again are the same upload.

    Raises `Problem`; then nothing was kept that counts.
    """
    if announcement.fields.get("fork"):
        declared = str(request.META.get("CONTENT_LENGTH") or "")
        forks.within_bytes(int(declared) if declared.isdecimal() else None)
    receive.room_left(receive.spool_folders())
    envelope = codecov_said.checked(announcement.fields)
    with Delivery() as delivery:
        read_body(body_of(request), delivery)
        files = [(file.role, file.digest) for file in delivery.files]
        same = identity(job=envelope.job, flags=envelope.flags, files=files)
        if announcement.upload is not None and bytes(announcement.upload.identity) != same:
            raise Problem(
                409,
                "already_sent",
                "Other bytes were sent to this address before, and they are kept.",
                hint="Announce a further upload for further reports.",
            )
        receipt = receive.receive(
            project=announcement.project,
            envelope=envelope,
            delivery=delivery,
            user_agent=announcement.user_agent,
            protocol="codecov",
            declared=announcement.manifest,
        )
    Announcement.objects.filter(pk=announcement.pk).update(upload=receipt.upload)
    return receipt.upload


def _with_branch(sender: Sender, fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return fields that name a git branch.

    Those of a tag or a detached HEAD name none: then it is the one that the commit was reported on before, or its pull request.
    """
    if "branch" in fields or "commit" not in fields:
        return fields
    known = announce.facts_of(sender.project, fields["commit"][0].lower(), fork=bool(sender.fork))
    if known.get("branch"):
        return fields | {"branch": known["branch"]}
    if "pull" in fields:
        return fields | {"branch": [f"pull/{fields['pull'][0]}"]}
    return fields
