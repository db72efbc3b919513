"""`manage.py beat`: the clock (Celery beat); one is enough, as one part of an installation that does not use `up`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from covdash.checks import require_startable
from covdash.runner import processes


class Command(BaseCommand):
    """Check the configuration, then become the clock (Celery beat); one is enough."""

    help = "Run the clock (Celery beat); one is enough, with DATABASE_URL, REDIS_URL and the keys from the environment."

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        require_startable()
        processes.replace(processes.beat(), "beat")
