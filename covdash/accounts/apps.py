"""The Django app of `covdash.accounts`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers `covdash.accounts` under the label `accounts`."""

    name = "covdash.accounts"
    label = "accounts"
