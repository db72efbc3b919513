"""`POST /api/v1/tokens/revoke`: whoever holds an upload token may kill it. For scanners of leaked secrets and people in a hurry."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from covdash.problems import Problem
from covdash.projects import tokens


class RevokeView(APIView):
    """Takes a token and revokes it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="tokens_revoke",
        summary="Revoke an upload token",
        description="Needs nothing but the token itself. The next request with it is refused.",
        tags=["uploads"],
        request={
            "application/json": {
                "type": "object",
                "required": ["token"],
                "properties": {"token": {"type": "string", "description": "the token that leaked"}},
            }
        },
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Answer 204 when the token is dead now, 404 when no project has it."""
        secret = request.data.get("token") if isinstance(request.data, dict) else None
        if not isinstance(secret, str) or not tokens.revoke_secret(secret=secret.strip()):
            raise Problem(
                404,
                "unknown_token",
                "No project of this server has this token.",
                hint='Send {"token": "cvdu_..."} with the whole token.',
                field="token",
            )
        return Response(status=204)
