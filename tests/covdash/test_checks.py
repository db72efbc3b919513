"""What must be right before covdash serves anybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from covdash.checks import check_serving, require_startable


def ids() -> set[str]:
    return {str(message.id) for message in check_serving()}


def test_a_complete_configuration_has_nothing_wrong() -> None:
    assert ids() == set()
    require_startable()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"SECRET_KEY": ""}, "covdash.E001"),
        ({"SECRET_KEY": "short"}, "covdash.E001"),
        ({"COVDASH_TOKEN_PEPPERS": []}, "covdash.E002"),
        ({"COVDASH_TOKEN_PEPPERS": ["x" * 40, "short"]}, "covdash.E002"),
        ({"LOOPBACK_ONLY": False, "HTTPS": True, "DEBUG": True}, "covdash.E003"),
        ({"LOOPBACK_ONLY": False, "HTTPS": True, "ALLOWED_HOSTS": ["*"]}, "covdash.E004"),
    ],
)
def test_an_error_stops_the_start(change: dict[str, object], expected: str, settings: Any) -> None:
    """Each with its id, a sentence and a way out."""
    for name, value in change.items():
        setattr(settings, name, value)

    assert ids() == {expected}
    with pytest.raises(ImproperlyConfigured, match=expected):
        require_startable()


def test_plain_http_on_a_network_is_a_warning(settings: Any) -> None:
    settings.LOOPBACK_ONLY = False
    settings.HTTPS = False

    assert ids() == {"covdash.W001"}
    require_startable()


def test_debug_and_any_host_are_fine_on_this_machine(settings: Any) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["*"]

    assert ids() == set()
