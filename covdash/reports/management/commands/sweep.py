"""`sweep [SLUG ...] [--dry-run]`: remove what projects do not keep, now, or say what that would be."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from covdash.projects.models import Project
from covdash.reports import retention
from covdash.reports.retention_facts import Bytes, SweepFigures

_EVERY = 0.2
"""Seconds between two words of progress."""


class Command(BaseCommand):
    """Sweep projects."""

    help = (
        "Remove what projects do not keep (docs/operations.md, Retention), as it is done once a day anyway."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "slugs",
            metavar="SLUG",
            nargs="*",
            help="projects; without any, all, and the files of deleted ones",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="remove nothing, and say what would be removed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the projects, and say what was done in each; one that fails does not stop the others."""
        slugs, is_dry = options["slugs"], options["dry_run"]
        found = Project.objects.filter(slug__in=slugs) if slugs else Project.objects.all()
        projects = list(found.values_list("pk", "slug"))
        if unknown := set(slugs) - {slug for _, slug in projects}:
            raise CommandError(f"there is no project {', '.join(sorted(unknown))}")
        failed = [slug for pk, slug in projects if not self._one(slug, pk, is_dry=is_dry)]
        if not slugs and not is_dry and not self._one("files of deleted projects", None, is_dry=False):
            failed.append("files of deleted projects")
        if failed:
            raise CommandError(f"not swept: {', '.join(failed)}")

    def _one(self, name: str, project_id: int | None, *, is_dry: bool) -> bool:
        progress = _Progress(name)
        try:
            if project_id is None:
                figures = retention.sweep_deleted(tell=progress)
            else:
                figures = retention.sweep(project_id, is_dry=is_dry, tell=progress)
        except Exception as error:  # noqa: BLE001 - said, noted on the page of operators, and the next project has its turn
            progress.end()
            self.stderr.write(f"{name}: {error}")
            return False
        progress.end()
        self.stdout.write(f"{name}: {_told(figures, 'would be ' if is_dry else '')}")
        return True


class _Progress:
    """A line on the terminal that says what is being looked at; nothing where there is no terminal."""

    def __init__(self, name: str) -> None:
        self._name, self._at, self._shown = name, 0.0, False

    def __call__(self, what: str, number: int) -> None:
        """Say it, not too often."""
        if sys.stderr.isatty() and time.monotonic() - self._at > _EVERY:
            self._at, self._shown = time.monotonic(), True
            sys.stderr.write(f"\r\033[K{self._name}: {what}: {number:,}")
            sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\033[K")


def _told(figures: SweepFigures, would_be: str) -> str:
    kinds = {
        "raw files": figures.raw,
        "reports": figures.objects,
        "source texts": figures.texts,
        "made of uploads": figures.derived,
        "together": figures.total,
    }
    return "\n  ".join(
        [
            f"{figures.commits:,} commits {would_be}reduced to their totals, {figures.uploads:,} uploads without raw files",
            *(f"{what}: {_bytes(found)} {would_be}removed" for what, found in kinds.items()),
        ]
    )


def _bytes(found: Bytes) -> str:
    gone, size = (filesizeformat(number).replace("\xa0", " ") for number in (found.gone_size, found.size))
    return f"{found.gone:,} of {found.number:,} ({gone} of {size})"
