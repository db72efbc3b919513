"""`load_demo [--url URL]`: fill a running covdash with demo projects, through its own upload API."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from covdash.demo.client import RefusedError
from covdash.demo.load import load
from covdash.demo.projects import PROJECTS

_QUIET_SECONDS = 5.0


class Terminal:
    """Progress on a stream: on a terminal the status is one line that changes, elsewhere a line every few seconds."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream
        self.shown = 0
        self.said = time.monotonic()

    def line(self, text: str) -> None:
        """Show a line for good."""
        self.stream.write(f"{self._clear()}{text}")
        self.stream.flush()
        self.said = time.monotonic()

    def status(self, text: str) -> None:
        """Show how far it is."""
        if self.stream.isatty():
            self.stream.write(f"{self._clear()}{text}", ending="")
            self.stream.flush()
            self.shown = len(text)
        elif time.monotonic() - self.said >= _QUIET_SECONDS:
            self.line(text)

    def _clear(self) -> str:
        shown, self.shown = self.shown, 0
        return f"\r{' ' * shown}\r" if shown else ""


class Command(BaseCommand):
    """Load the demo; a second run adds nothing."""

    help = (
        "Fill a running covdash with demo projects by uploading real reports; running it twice adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--url", default=settings.COVDASH_URL, help="where covdash answers (default: %(default)s)"
        )
        parser.add_argument(
            "--only",
            action="append",
            choices=[project.name for project in PROJECTS],
            help="load this project; may be repeated",
        )
        parser.add_argument(
            "--patience", type=float, default=180.0, help="seconds to wait for the processing (default: 180)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, wait, print where to look."""
        url = options["url"].rstrip("/")
        chosen = [project for project in PROJECTS if not options["only"] or project.name in options["only"]]
        screen = Terminal(self.stdout)
        started = time.monotonic()
        try:
            loaded = load(chosen, url=url, screen=screen, patience=options["patience"])
        except RefusedError as error:
            raise CommandError(
                f"the demo is not complete: {error}; start load_demo again to go on"
            ) from error
        if loaded.waiting:
            raise CommandError(
                f"{len(loaded.waiting)} of {loaded.sent} uploads still wait for a worker; "
                "the pages fill by themselves once one runs"
            )
        if loaded.sent:
            done, failed = loaded.states.get("processed", 0), loaded.states.get("failed", 0)
            seconds = time.monotonic() - started
            cut = ", as it should: a report that was cut off on its way" if failed == 1 else ""
            screen.line(f"{loaded.sent} uploads in {seconds:.0f} s: {done} processed, {failed} failed{cut}")
        for project in chosen:
            note = "" if project.is_public else "   (private: sign in)"
            screen.line(f"  {url}/p/{project.slug}/{note}")
