"""`create_token SLUG [--name NAME]`: make an upload token of a project and print only the token."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.projects.models import Project
from covdash.projects.tokens import mint


class Command(BaseCommand):
    """Make an upload token; it cannot be shown again."""

    help = "Create an upload token of a project and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", metavar="SLUG", help="the project that the token may upload to")
        parser.add_argument(
            "--name", default="command line", help="what the token page calls it (default: command line)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Mint it. An unknown project is an error."""
        slug = options["slug"].strip("/")
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"there is no project {slug!r}; make it with: create_project {slug}")
        try:
            minted = mint(project=project, name=options["name"][:100])
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(minted.secret)
