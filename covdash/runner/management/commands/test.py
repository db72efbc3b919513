"""`manage.py test`, for `manage.py help`: pytest with a PostgreSQL and a Valkey of its own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from covdash.runner import processes


class Command(BaseCommand):
    """The test suite."""

    help = "Run the test suite; all other words go to pytest, as in `manage.py test -k lcov`."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Become pytest, which starts servers of its own and must not inherit our settings."""
        processes.replace(processes.tests(argv[2:]), "command")

    def handle(self, *args: Any, **options: Any) -> None:
        """Become pytest without arguments."""
        self.run_from_argv(["manage.py", "test"])
