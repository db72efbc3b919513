"""The Django app of `covdash.accounts`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from covdash.accounts.sessions import note_the_beginning


class AccountsConfig(AppConfig):
    """Registers `covdash.accounts` under the label `accounts`."""

    name = "covdash.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Begin to note how old sessions are."""
        user_logged_in.connect(note_the_beginning, dispatch_uid="covdash.accounts.sessions")
