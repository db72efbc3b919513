"""The page of an account, and signing out; everything else of an account is allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LogoutView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """`/me`: who is signed in, and where what belongs to a person is changed."""
    return render(request, "account/me.html")


class SignOutView(LogoutView):  # type: ignore[misc]
    """Asks once, then ends the session and has the browser forget the pages of private projects."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
