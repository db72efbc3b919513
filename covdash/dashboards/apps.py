"""The Django app of `covdash.dashboards`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Registers `covdash.dashboards` under the label `dashboards`."""

    name = "covdash.dashboards"
    label = "dashboards"
