"""`create_token SLUG | --group GROUP [--name NAME]`: make an upload token of a project or a group and print only the token."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.projects.models import Project
from covdash.projects.registry import ProjectError, check_slug
from covdash.projects.tokens import mint


class Command(BaseCommand):
    """Make an upload token; it cannot be shown again."""

    help = "Create an upload token of a project, or of all projects of a group, and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "slug", metavar="SLUG", nargs="?", help="the project that the token may upload to"
        )
        parser.add_argument(
            "--group",
            metavar="GROUP",
            help="instead of a project: the token may upload to every project whose slug begins with GROUP/; with "
            "COVDASH_UNKNOWN_PROJECTS=create its uploads create projects there",
        )
        parser.add_argument(
            "--name", default="command line", help="what the token page calls it (default: command line)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Mint it. An unknown project and an impossible group are errors."""
        slug, group = options["slug"], options["group"]
        if bool(slug) == bool(group):
            raise CommandError("give the slug of a project, or --group GROUP")
        project = None
        if slug:
            slug = slug.strip("/")
            project = Project.objects.filter(slug=slug).first()
            if project is None:
                raise CommandError(f"there is no project {slug!r}; make it with: create_project {slug}")
        try:
            group = check_slug(group) if group else ""
            minted = mint(project=project, group=group, name=options["name"][:100])
        except (ImproperlyConfigured, ProjectError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(minted.secret)
