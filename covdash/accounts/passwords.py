"""What a password may be, beside Django's own rules: no length that costs us, nothing that names the product or the place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

LONGEST = 128
WORDS = ("covdash", "coverage", "dashboard")
# A password is refused when less than this many characters remain beside such a word.
REST = 8


class MaximumLength:
    """Refuses more than 128 characters: hashing is made to be slow, and a megabyte would be slower."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's signature
        """Raise `ValidationError` when it is too long."""
        if len(password) > LONGEST:
            raise ValidationError(
                f"This password is longer than {LONGEST} characters.", code="password_too_long"
            )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return f"Your password can have up to {LONGEST} characters."


class NoProductWords:
    """Refuses passwords that are little more than the name of the product or of the host: the first that are guessed."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's signature
        """Raise `ValidationError` when too little is left beside such a word."""
        host = (urlsplit(settings.COVDASH_URL).hostname or "").lower()
        for word in (*WORDS, *(part for part in host.split(".") if len(part) > 3)):
            rest = password.lower().replace(word, "")
            if len(rest) < len(password) and len(rest) < REST:
                raise ValidationError(
                    f"This password is little more than the word {word!r}; make it longer by something else.",
                    code="password_product_word",
                )

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "Your password should not be built on the name of this site."
