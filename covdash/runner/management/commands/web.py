"""`manage.py web`: the web server (gunicorn), as one part of an installation that does not use `up`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from covdash.checks import require_startable
from covdash.env import text
from covdash.runner import processes


class Command(BaseCommand):
    """Check the configuration, then become the web server."""

    help = "Run the web server (gunicorn), with DATABASE_URL, REDIS_URL and the keys from the environment."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--bind", metavar="HOST:PORT", help="address to listen on (COVDASH_BIND, else 127.0.0.1:8000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process."""
        require_startable()
        processes.replace(processes.web(options["bind"] or text("COVDASH_BIND", "127.0.0.1:8000")), "web")
