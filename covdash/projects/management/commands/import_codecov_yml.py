"""`import_codecov_yml FILE [--project SLUG --write]`: translate a `codecov.yml` into a `covdash.toml`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.projects import bounded_yaml, configuration, wishes
from covdash.projects.codecov_yml import translate
from covdash.projects.models import Project
from covdash.projects.toml_text import text_of


class Command(BaseCommand):
    """Print the translation, or write it into the settings of a project; what has no translation is listed on stderr."""

    help = (
        "Translate flags, components, ignored paths and path fixes of a codecov.yml into a covdash.toml, printed to standard output. "
        "What could not be translated is listed on standard error, key by key. Needs no running server without --write."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django reads it from the class

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", help="a codecov.yml; - reads standard input")
        parser.add_argument(
            "--project", metavar="SLUG", help="the project to write the settings of, with --write"
        )
        parser.add_argument(
            "--write",
            action="store_true",
            help="write the sections into the settings of the project in place of what is there, instead of printing them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate. A file that cannot be read and an unknown project are errors; an untranslatable key is none."""
        if options["write"] and not options["project"]:
            raise CommandError("--write needs --project SLUG")
        try:
            found = translate(bounded_yaml.load(_read(options["file"])))
            configuration.parse(found.said)
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        if options["write"]:
            self._write(options["project"].strip("/"), found.said)
        else:
            self.stdout.write(text_of(found.said), ending="")
        for key, reason in found.notes:
            self.stderr.write(f"{key}: {reason}")
        if found.notes:
            count = len(found.notes)
            self.stderr.write(
                f"{count} {'key was' if count == 1 else 'keys were'} not taken over as written."
            )

    def _write(self, slug: str, said: dict[str, Any]) -> None:
        number = Project.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if number is None:
            raise CommandError(f"there is no project {slug!r}; make it with: create_project {slug}")
        for section, values in said.items():
            is_new = wishes.write_section(project_id=number, actor=None, section=section, said=values)
            self.stdout.write(f"{section}: {'written' if is_new else 'was so already'}")
            if wishes.read(project_id=number).wins(section) == configuration.FILE:
                self.stderr.write(f"{section}: covdash.toml in the repository has this section and wins")
        if not said:
            self.stdout.write("nothing to write")


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(bounded_yaml.MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(bounded_yaml.MAX_BYTES + 1)
