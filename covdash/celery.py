"""The Celery application. Tasks live in `tasks.py` of the rooms; every option is in the settings, with its reason."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "covdash.settings")

app = Celery("covdash")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
