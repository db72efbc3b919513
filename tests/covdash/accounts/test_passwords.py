"""What a password may be."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password", ["correct horse battery", "zwölf Zeichen", "x" * 5 + "covdash is my thing", "q" * 127 + "!"]
)
def test_long_and_odd_enough_is_fine(password: str) -> None:
    """No composition rules: any characters, any words."""
    validate_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("qwertyuiop123", "password_too_common"),
        ("y" * 129, "password_too_long"),
        ("covdash-covdash1", "password_product_word"),
        ("Dashboard2026!", "password_product_word"),
        ("builds-builds-1", "password_product_word"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, code: str, settings: Any) -> None:
    settings.COVDASH_URL = "https://builds.example"

    with pytest.raises(ValidationError) as refused:
        validate_password(password)

    assert code in {error.code for error in refused.value.error_list}
