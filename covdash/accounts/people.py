"""Making accounts: a name and a generated password that is shown once."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from covdash.accounts.models import User


class AccountError(ValueError):
    """An account that cannot be made; the message is a sentence for whoever asked."""


def make_account(*, username: str) -> str:
    """Make an ordinary account and return its password, which is kept nowhere. Raises `AccountError`."""
    password = secrets.token_urlsafe(15)
    user = User(username=username)
    user.set_password(password)
    try:
        user.clean_fields()
        with transaction.atomic():
            user.save()
    except ValidationError as error:
        raise AccountError(f"{username!r} cannot be a user name: {' '.join(error.messages)}") from error
    except IntegrityError as error:
        raise AccountError(f"There is an account {username!r} already.") from error
    return password
