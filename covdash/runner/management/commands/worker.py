"""`manage.py worker`: a Celery worker, which processes uploads, as one part of an installation that does not use `up`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from covdash.checks import require_startable
from covdash.runner import processes


class Command(BaseCommand):
    """Check the configuration, then become a Celery worker, which processes uploads."""

    help = "Run a Celery worker, which processes uploads, with DATABASE_URL, REDIS_URL and the keys from the environment."

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        require_startable()
        processes.replace(processes.worker(), "worker")
