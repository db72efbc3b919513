"""The Celery application of the clock: the same settings, without Django, since it only rings bells by name.

`celery -A covdash.runner.clock beat` needs half the memory of the whole application.
"""

from __future__ import annotations

import os

from celery import Celery

# With this variable Celery would load Django and all of its models.
os.environ.pop("DJANGO_SETTINGS_MODULE", None)

app = Celery("covdash")
app.config_from_object("covdash.settings", namespace="CELERY")
