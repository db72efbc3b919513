"""The Django app of `covdash.projects`; nothing but its name lives here."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Registers `covdash.projects` under the label `projects`."""

    name = "covdash.projects"
    label = "projects"
