"""The Celery application. Tasks live in `tasks.py` of the rooms; every option is in the settings, with its reason."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "covdash.settings")

app = Celery("covdash")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_a_wrong_configuration(**_signal: Any) -> None:
    """End the worker before its first task when the configuration must not be used."""
    from covdash.checks import require_startable  # noqa: PLC0415 - reads the settings, which importing must not

    require_startable()


@heartbeat_sent.connect
def say_that_a_worker_is_up(sender: Any, **_signal: Any) -> None:
    """Tell the page of operators."""
    from covdash import signs  # noqa: PLC0415 - reads the settings, which importing must not

    signs.alive(sender.eventer.hostname)
