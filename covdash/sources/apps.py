"""The Django app of `covdash.sources`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Registers `covdash.sources` under the label `sources`."""

    name = "covdash.sources"
    label = "sources"
