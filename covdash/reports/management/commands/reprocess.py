"""`reprocess SLUG [--upload ID] [--since DATE]`: read uploads of a project again, after a mended parser or changed rules."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from covdash.projects.models import Project
from covdash.reports import corrections, waiting
from covdash.reports.corrections import CorrectionError


class Command(BaseCommand):
    """Let uploads wait for a worker once more."""

    help = (
        "Read uploads of a project again; their results stay in the reports until the new ones replace them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", metavar="SLUG", help="the project: acme/platform/shop")
        parser.add_argument("--upload", metavar="ID", type=_upload, help="only this upload")
        parser.add_argument(
            "--since",
            metavar="DATE",
            type=_day,
            help="only uploads received on or after this day (UTC): 2026-05-31",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask for it, and say how many will be read."""
        project = Project.objects.filter(slug=options["slug"]).first()
        if project is None:
            raise CommandError(f"there is no project {options['slug']!r}")
        if options["upload"]:
            if options["since"]:
                raise CommandError("--upload names one upload; --since makes no sense with it")
            try:
                fresh = corrections.reprocess(project_id=project.pk, upload_id=options["upload"], actor=None)
            except CorrectionError as error:
                raise CommandError(error.message) from error
            self.stdout.write("The upload is read again." if fresh else "The upload is waiting already.")
            return
        number = corrections.reprocess_all(project_id=project.pk, actor=None, since=options["since"])
        self.stdout.write(f"{number} uploads are read again, at most {waiting.PER_SECOND} a second.")
        if number == waiting.MAX_AT_ONCE:
            self.stdout.write("These are the newest; there are older ones.")


def _upload(text: str) -> uuid.UUID:
    return uuid.UUID(text)


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
