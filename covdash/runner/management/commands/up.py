"""`manage.py up`, for `manage.py help`: the command line runs it without loading Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from covdash.runner import up


class Command(BaseCommand):
    """Everything on this machine in one process tree."""

    help = (
        "Run all of covdash on this machine: database, broker, web server, worker and clock. Ctrl-C stops it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        up.arguments(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand over to the supervisor."""
        sys.exit(up.main(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse to be called from inside another command: it takes over the signals of its process."""
        raise NotImplementedError("run `manage.py up` as a command of its own")
