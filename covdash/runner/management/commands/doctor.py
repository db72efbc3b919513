"""`manage.py doctor`: is this installation in order, and if not, what to do."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from covdash.runner import doctor

SIGNS = {"fine": "fine ", "note": "note ", "wrong": "WRONG"}


class Command(BaseCommand):
    """Say in words, line by line, what is fine and what is wrong."""

    help = "Check the installation in words; exit status 1 when something is wrong."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        wrong = 0
        for finding in doctor.examine(settings.HOME):
            self.stdout.write(f"{SIGNS[finding.state]}  {finding.sentence}")
            wrong += finding.state == "wrong"
        if wrong:
            self.stdout.write(f"\n{wrong} thing{'s' if wrong > 1 else ''} to mend.")
            sys.exit(1)
        self.stdout.write("\nEverything is in order.")
