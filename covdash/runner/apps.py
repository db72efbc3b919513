"""The Django app of `covdash.runner`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class RunnerConfig(AppConfig):
    """Registers `covdash.runner` under the label `runner`."""

    name = "covdash.runner"
    label = "runner"
