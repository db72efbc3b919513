"""The Django app of `covdash.reports`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers `covdash.reports` under the label `reports`."""

    name = "covdash.reports"
    label = "reports"
