"""The audit trail as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Keeps who did what."""

    name = "covdash.audit"
