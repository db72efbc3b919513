"""The demo as an app: it has no tables, only the command `load_demo`."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Projects that tell covdash's story."""

    name = "covdash.demo"
    label = "demo"
