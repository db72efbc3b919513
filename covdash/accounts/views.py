"""Signing out; everything else of an account is allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LogoutView
from django.http import HttpResponse


class SignOutView(LogoutView):  # type: ignore[misc]
    """Asks once, then ends the session and has the browser forget the pages of private projects."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
