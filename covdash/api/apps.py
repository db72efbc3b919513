"""The Django app of `covdash.api`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers `covdash.api` under the label `api`."""

    name = "covdash.api"
    label = "api"
