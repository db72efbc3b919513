"""The Django app of `covdash.runner`; nothing but its name lives here."""

from __future__ import annotations

import importlib

from django.apps import AppConfig


class RunnerConfig(AppConfig):
    """Registers `covdash.runner` under the label `runner`."""

    name = "covdash.runner"
    label = "runner"

    def ready(self) -> None:
        """Register the system checks."""
        importlib.import_module("covdash.checks")
