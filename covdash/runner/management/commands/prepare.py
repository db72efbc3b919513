"""`manage.py prepare`: what `up` does between starting the stores and the web server."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from covdash.runner import static_files

FIRST_PROJECT = "first-project"


class Command(BaseCommand):
    """Bring the database and the static files to this version; on an empty installation make the first account."""

    help = "Migrate, collect static files when they changed, make the first account. `up` runs it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--after",
            type=int,
            metavar="FD",
            help="descriptor that gives a byte once the database may be asked",
        )
        parser.add_argument(
            "--answer", type=int, metavar="FD", help="descriptor that gets the first login, as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, saying only what changed."""
        if static_files.collect():
            self.stdout.write("static files collected")
        if options["after"] is not None and not os.read(options["after"], 1):
            raise CommandError("What started `prepare` ended before the database was ready.")
        self._migrate()
        news = self._first_start()
        if options["answer"] is not None:
            os.write(options["answer"], json.dumps(news).encode())

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        loader = executor.loader
        unknown = sorted(set(loader.applied_migrations or {}) - set(loader.disk_migrations or {}))
        ours = [name for name in unknown if name[0] in loader.migrated_apps]
        if ours:
            raise CommandError(
                f"The database was written by a newer covdash (it has the migration {ours[0][0]} {ours[0][1]}):"
                " start that version, or restore a backup made with this one."
            )
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write(f"{len(plan)} migrations applied")

    def _first_start(self) -> dict[str, str]:
        """Return login, project and token when they were made now, else nothing."""
        if get_user_model().objects.exists() or not {"create_admin", "create_project", "create_token"} <= set(
            get_commands()
        ):
            return {}
        return {
            "username": "admin",
            "password": _value("create_admin", "--username", "admin").split()[-1],
            "project": _value("create_project", FIRST_PROJECT) and FIRST_PROJECT,
            "token": _value("create_token", FIRST_PROJECT),
        }


def _value(*words: str) -> str:
    printed = StringIO()
    call_command(*words, stdout=printed)
    return printed.getvalue().strip()
