"""`create_project SLUG [--public] [--owner NAME]`: make a project and print its slug."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.accounts.models import User
from covdash.projects.registry import ProjectError, create_project, first_administrator


class Command(BaseCommand):
    """Make a project; its owner is the account named, else the first administrator."""

    help = "Create a project and print its slug."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "slug", metavar="SLUG", help="name of the project, with groups: acme/platform/shop"
        )
        parser.add_argument("--public", action="store_true", help="everybody may read it, without signing in")
        parser.add_argument(
            "--owner", metavar="NAME", help="account that owns it (default: the first administrator)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it. A bad or taken slug and an unknown owner are errors."""
        name = options["owner"]
        if name:
            owner = User.objects.filter(is_active=True, username=name).first()
            if owner is None:
                raise CommandError(f"there is no account {name!r}; make one with create_admin")
        else:
            owner = first_administrator()
        try:
            project = create_project(slug=options["slug"], is_public=options["public"], owner=owner)
        except ProjectError as error:
            raise CommandError(error.message) from error
        self.stdout.write(project.slug)
