"""Who sends: the upload token of a request, for DRF. What a token may do is fixed: write to its project, see the state of it.

Cookies are never looked at here; a request without a token is a stranger with a hint.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import refusals, registry, tokens
from covdash.projects.models import Project, UploadToken

_WRONG = "This token belongs to another project than the one that the request names."
_WRONG_HINT = "Use a token of that project, or leave the project out: the token names its project."
HOW = 'Send the header "Authorization: Bearer <token>" with a token of the project.'


class Job:
    """The CI job behind an upload token: DRF's user of the request. It is signed in nowhere else."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    pk = None

    def __init__(self, token: UploadToken) -> None:
        """The token names the project; there is nothing to choose."""
        self.token = token


class TokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer|token <token>`. A request without that header is not authenticated."""

    def authenticate(self, request: Request) -> tuple[Job, UploadToken] | None:
        """Return the job and its token. Raises `Problem` 401 that says what to do."""
        secret = secret_of(request)
        if secret is None:
            return None
        token = verified(request, secret)
        return Job(token), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Return the challenge of a 401."""
        return 'Bearer realm="covdash"'


def verified(request: Request, secret: str) -> UploadToken:
    """Return the token that `secret` is, wherever in `request` it stood. Raises `Problem` 401; an old token is told to its project."""
    try:
        return tokens.verify(secret=secret, address=request.META.get("REMOTE_ADDR") or None)
    except tokens.TokenError as error:
        if error.project_id is not None:
            refusals.note(
                project_id=error.project_id,
                status=401,
                message=error.message,
                hint=error.hint,
                address=request.META.get("REMOTE_ADDR", ""),
            )
        raise Problem(401, error.code, error.message, hint=error.hint) from error


class HasToken(BasePermission):
    """Lets in only what carries a valid upload token."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Say yes, or raise `Problem` 401."""
        if isinstance(request.auth, UploadToken):
            return True
        raise Problem(401, "token_required", "The request carries no upload token.", hint=HOW)


def token_of(request: Request) -> UploadToken:
    """Return the token that let `request` in through `HasToken`."""
    token = request.auth
    if not isinstance(token, UploadToken):
        raise TypeError("this view lets in requests without an upload token")
    return token


def project_of(request: Request, *, slug: str = "") -> Project:
    """Return the project that `request` may write to. A token of a group needs the `slug` that the request names.

    Raises `Problem` 403 when the token is of another project, 404 for an unknown one (unless COVDASH_UNKNOWN_PROJECTS is `create`),
    400 when a token of a group is told no slug.
    """
    return project_for(token_of(request), slug=slug)


def project_for(token: UploadToken, *, slug: str = "") -> Project:
    """Return the project that `token` may write to; like `project_of`."""
    slug = slug.strip().strip("/")
    if token.project is not None:
        if slug and slug != token.project.slug and _former(slug) != token.project:
            raise Problem(403, "wrong_project", _WRONG, hint=_WRONG_HINT, field="project")
        return token.project
    if not slug:
        raise Problem(
            400,
            "missing_field",
            "This token is of a group, so it does not say which project.",
            hint=f"Name the project in the field `project`, as {token.group}/shop.",
            field="project",
        )
    if not slug.startswith(f"{token.group}/"):
        raise Problem(
            403,
            "wrong_project",
            _WRONG,
            hint=f"This token is for projects below {token.group}/.",
            field="project",
        )
    found = Project.objects.filter(slug=slug).first() or _former(slug)
    if found is not None:
        return found
    if settings.COVDASH_UNKNOWN_PROJECTS != "create":
        raise Problem(
            404,
            "unknown_project",
            f"There is no project {slug[:200]!r}.",
            hint="Create it first, or let uploads create projects with COVDASH_UNKNOWN_PROJECTS=create.",
            field="project",
        )
    try:
        owner = token.created_by or registry.first_administrator()
        return registry.create_project(slug=slug, owner=owner)
    except registry.ProjectError as error:
        if error.code == "slug_taken":
            return Project.objects.get(slug=slug)
        raise Problem(400, error.code, str(error), field="project") from error


def _former(slug: str) -> Project | None:
    """Return the project that had this slug before it was renamed: CI files keep the old one."""
    return Project.objects.filter(former_slugs__slug=slug).first()


def secret_of(request: Request) -> str | None:
    """Return the token text of the Authorization header, None without that header. Raises `Problem` 401 for another scheme."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    if not header.strip():
        return None
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() not in {"bearer", "token"} or not secret.strip():
        raise Problem(401, "bad_token", "The Authorization header holds no Bearer token.", hint=HOW)
    return secret.strip()


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the token is sent, for the API description."""

    target_class = "ingest.auth.TokenAuthentication"
    name = "uploadToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An upload token of one project."}
