"""The Django app of the pipe; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Registers `ingest` under the label `ingest`."""

    name = "ingest"
    label = "ingest"
