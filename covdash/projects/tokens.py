"""Upload tokens: their form, their digest at rest, how they are minted, verified and revoked.

A token is `cvdu_` + 32 random base-62 characters + 6 characters of CRC-32 over everything before: 43 characters, 190 bits. The prefix
lets secret scanners and the log filter find it; the checksum finds typing errors without asking the database. Only the
HMAC-SHA256 with a pepper is stored and looked up by equality, so no secret is ever compared byte by byte.
Which request may use a token, and how it is read from a header, is the pipe's business (`ingest/auth.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import BooleanField, Case, Q, When
from django.db.models.functions import Now

from covdash.projects.models import Project, UploadToken

if TYPE_CHECKING:
    from covdash.accounts.models import User

PREFIX = "cvdu_"
PATTERN = re.compile(r"\bcvd[upbx]_[0-9A-Za-z]{38}\b")
"""Published, so that scanners of secrets find leaked tokens."""
LIFETIME = timedelta(days=365)
USE_RESOLUTION = timedelta(minutes=1)
"""The last use is written at most this often: a busy pipeline must not turn each upload into a row update."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")


class TokenError(Exception):
    """A token that may not be used: a stable `code`, a sentence, and what to do about it (`hint`).

    Codes: bad_token (not a token, or a typing error), unknown_token, revoked_token, expired_token.
    """

    def __init__(self, code: str, message: str, hint: str, *, project_id: int | None = None) -> None:
        """The texts are for the person whose pipeline failed; none repeats the token. `project_id` is known of an old token."""
        super().__init__(code, message, hint)
        self.code, self.message, self.hint = code, message, hint
        self.project_id = project_id

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Minted:
    """A new token. `secret` is shown once and kept nowhere."""

    secret: str
    row: UploadToken

    def __repr__(self) -> str:
        return f"Minted({self.row.hint})"


def mint(
    *,
    project: Project | None,
    name: str,
    group: str = "",
    created_by: User | None = None,
    lifetime: timedelta | None = LIFETIME,
) -> Minted:
    """Make a token for `project`, or for all projects below `group`; `lifetime` None never expires.

    Raises `ImproperlyConfigured` without a pepper.
    """
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    secret = body + checksum(body)
    row = UploadToken.objects.create(
        project=project,
        group=group,
        name=name,
        digest=_digest(secret, _peppers()[0]),
        hint=f"{PREFIX}…{secret[-4:]}",
        created_by=created_by,
        expires_at=None if lifetime is None else Now() + lifetime,
    )
    row.refresh_from_db(fields=["expires_at", "created_at"])
    return Minted(secret, row)


def is_well_formed(secret: str) -> bool:
    """Say whether `secret` is an upload token by form and checksum; asks no database."""
    return bool(_FORM.fullmatch(secret)) and checksum(secret[:-_CHECK]) == secret[-_CHECK:]


def verify(*, secret: str, address: str | None = None) -> UploadToken:
    """Return the live token (its project comes with it) and note its use from `address`.

    One query, and a second at most once a minute. Expiry is judged by the clock of the database. Raises `TokenError`.
    """
    if not is_well_formed(secret):
        raise TokenError(
            "bad_token",
            "This is not an upload token: its form or its checksum is wrong.",
            "Copy the whole token, 43 characters from cvdu_ on, from the project's token page.",
        )
    row = (
        UploadToken.objects.select_related("project")
        .filter(digest__in=[_digest(secret, pepper) for pepper in _peppers()])
        .annotate(
            is_expired=_true_if(Q(expires_at__lte=Now())),
            is_stale=_true_if(Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_RESOLUTION)),
        )
        .first()
    )
    if row is None:
        raise TokenError(
            "unknown_token",
            "No project of this server has this token.",
            "Check the address of the server, or make a new token on the project's token page.",
        )
    if row.revoked_at is not None:
        raise TokenError(
            "revoked_token",
            f"The token {row.hint} was revoked on {row.revoked_at:%Y-%m-%d}.",
            "Make a new token on the project's token page and put it into the CI secrets.",
            project_id=row.project_id,
        )
    if row.is_expired:
        raise TokenError(
            "expired_token",
            f"The token {row.hint} expired on {row.expires_at:%Y-%m-%d}.",
            "Make a new token on the project's token page and put it into the CI secrets.",
            project_id=row.project_id,
        )
    if row.is_stale:
        UploadToken.objects.filter(pk=row.pk).update(last_used_at=Now(), last_used_from=address)
    return row


def revoke(*, token: UploadToken) -> None:
    """Revoke `token` from the next request on; a second time changes nothing."""
    UploadToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())


def revoke_secret(*, secret: str) -> bool:
    """Revoke the token that `secret` is (whoever holds it may kill it); False when no project has it."""
    if not is_well_formed(secret):
        return False
    found = UploadToken.objects.filter(digest__in=[_digest(secret, pepper) for pepper in _peppers()])
    return bool(found.filter(revoked_at=None).update(revoked_at=Now()) or found.exists())


def _true_if(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def checksum(body: str) -> str:
    """Return the six characters that end a token which begins with `body`."""
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def _digest(secret: str, pepper: str) -> bytes:
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).digest()


def _peppers() -> list[str]:
    """Return the peppers; the first mints, all verify, so that a pepper can be replaced without a flag day."""
    peppers = [str(pepper) for pepper in settings.COVDASH_TOKEN_PEPPERS]
    if not peppers:
        raise ImproperlyConfigured(
            "COVDASH_TOKEN_PEPPER is not set; put a long random text there, or start with `manage.py up`."
        )
    return peppers
