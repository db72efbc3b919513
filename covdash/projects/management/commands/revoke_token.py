"""`revoke_token TOKEN`: revoke an upload token that leaked."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.projects.tokens import revoke_secret


class Command(BaseCommand):
    """Revoke an upload token; the next request with it is refused."""

    help = "Revoke an upload token that leaked; the next request with it is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("token", metavar="TOKEN", help="the whole token, cvdu_...")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke it. A token that no project has is an error."""
        if not revoke_secret(secret=options["token"].strip()):
            raise CommandError("no project of this server has this token; give the whole token, cvdu_...")
