"""How allauth behaves here: nobody signs up alone (accounts are made by operators), and signing in is not worth a message."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

_SILENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The door of the installation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Say no: an account is made by an operator, on the members page of a project or with a command."""
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str, *rest: Any, **words: Any
    ) -> None:
        """Pass on what allauth has to say, except that one is now signed in or out: the page shows that."""
        if message_template not in _SILENT:
            super().add_message(request, level, message_template, *rest, **words)
