"""`create_admin [--username NAME]`: make an administrator with a generated password and print `name password`."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from covdash.accounts.models import User
from covdash.projects.registry import adopt_orphans


class Command(BaseCommand):
    """Make an administrator; projects without an owner become theirs."""

    help = "Create an administrator with a generated password and print: name password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--username", default="admin", help="name of the account (default: admin)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it. A taken or impossible name is an error."""
        name, password = options["username"], secrets.token_urlsafe(15)
        user = User(username=name, is_staff=True, is_superuser=True)
        user.set_password(password)
        try:
            user.clean_fields()
            with transaction.atomic():
                user.save()
                adopt_orphans(owner=user)
        except ValidationError as error:
            raise CommandError(f"{name!r} cannot be a name: {' '.join(error.messages)}") from error
        except IntegrityError as error:
            raise CommandError(
                f"there is an account {name!r} already; choose another with --username"
            ) from error
        self.stdout.write(f"{name} {password}")
