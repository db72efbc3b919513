"""System checks with ids: what must be right before covdash serves anybody. `check --deploy`, `doctor` and the start use them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured

from covdash.runner.keys import GENERATED

SHORTEST_KEY = 32


@register(Tags.security, deploy=True)
def check_serving(**_options: Any) -> Iterable[CheckMessage]:
    """Return what is wrong with the configuration of an installation that serves people."""
    return [*_keys(), *_exposure(), *_objects()]


def require_startable() -> None:
    """Raise `ImproperlyConfigured` with all errors (not warnings) of `check_serving`, one sentence each."""
    errors = [message for message in check_serving() if message.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            " ".join(f"{message.msg} ({message.id}) {message.hint}" for message in errors)
        )


def _keys() -> Iterator[CheckMessage]:
    made = "Run `manage.py up` once, which generates it in the data home, or set it to the output of `openssl rand -base64 48`."
    present: dict[str, Sequence[str]] = {
        "COVDASH_SECRET_KEY": _secret_keys(),
        "COVDASH_TOKEN_PEPPER": settings.COVDASH_TOKEN_PEPPERS,
    }
    for number, variable in enumerate(GENERATED, start=1):
        keys = [key for key in present[variable] if key]
        if not keys:
            yield Error(f"{variable} is not set.", hint=made, id=f"covdash.E00{number}")
        elif any(len(key) < SHORTEST_KEY for key in keys):
            yield Error(
                f"{variable} has less than {SHORTEST_KEY} characters.", hint=made, id=f"covdash.E00{number}"
            )


def _secret_keys() -> list[str]:
    try:
        return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    except ImproperlyConfigured:  # how Django answers for an empty one
        return []


def _exposure() -> Iterator[CheckMessage]:
    if settings.LOOPBACK_ONLY:
        return
    if settings.DEBUG:
        yield Error(
            "COVDASH_DEBUG is on although COVDASH_URL is not a loopback address.",
            hint="Unset it.",
            id="covdash.E003",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "COVDASH_ALLOWED_HOSTS allows every name.",
            hint="List the names that people use.",
            id="covdash.E004",
        )
    if not settings.HTTPS:
        yield Warning(
            "COVDASH_URL is not https: passwords and tokens travel in the clear.",
            hint="Put a proxy with a certificate in front and set COVDASH_URL to its https address.",
            id="covdash.W001",
        )


def _objects() -> Iterator[CheckMessage]:
    if "s3" in settings.STORAGES["objects"]["BACKEND"] and importlib.util.find_spec("boto3") is None:
        yield Error(
            "COVDASH_S3_BUCKET is set but boto3 is not installed.",
            hint="Install requirements-s3.lock (`manage.py` does when the variable is set).",
            id="covdash.E005",
        )
