"""Reading the environment: the one door through which configuration comes in.

Every variable is read by name with one of these functions, so that a test can list them and compare them with
`docs/configuration.md`. A value that cannot be understood fails loudly, naming the variable and the way out.
Secrets come from `NAME`, from the file that `NAME_FILE` points at, or from a file that `manage.py up` generated.
"""

from __future__ import annotations

import os
from pathlib import Path


class ConfigurationError(Exception):
    """A variable holds something that covdash cannot use; the message is one sentence for the operator."""


class Secret(str):
    """A string that does not show itself in a traceback, a log or a debug page."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks, or `default` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a whole number; `_` between digits is allowed. Raises `ConfigurationError` for anything else."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ConfigurationError(
            f"{name} must be a whole number, not {raw!r}; unset it for {default}."
        ) from None
    if value < minimum:
        raise ConfigurationError(f"{name} must be at least {minimum}, not {value}; unset it for {default}.")
    return value


def switch(name: str, *, default: bool) -> bool:
    """Return a yes or no: `1 true yes on` or `0 false no off`, in any case."""
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} must be 1 or 0, not {raw!r}.")


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """Return one of the words of `among`."""
    value = text(name, default)
    if value not in among:
        raise ConfigurationError(f"{name} must be one of {', '.join(among)}, not {value!r}.")
    return value


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the parts of a comma-separated list, without empty ones."""
    return tuple(part.strip() for part in text(name).split(",") if part.strip()) or default


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    """Return an address without a trailing slash. Raises `ConfigurationError` for a scheme that is not in `schemes`."""
    raw = secret(name) or default
    if raw and raw.partition("://")[0].lower() not in schemes:
        raise ConfigurationError(
            f"{name} must start with {' or '.join(f'{scheme}://' for scheme in schemes)}."
        )
    return type(raw)(raw.rstrip("/"))


def secret(name: str, *, stored: Path | None = None) -> Secret:
    """Return a secret from `name`, from the file named by `name`_FILE, or from the file `stored`; else an empty one.

    Raises `ConfigurationError` when both variables are set (which one counts would be a guess), or when the named file
    cannot be read or is empty.
    """
    given, file_name = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if given and file_name:
        raise ConfigurationError(f"{name} and {name}_FILE are both set; keep one of them.")
    if given:
        return Secret(given.strip())
    if file_name:
        return _from_file(Path(file_name), f"{name}_FILE")
    if stored is not None and stored.is_file():
        return _from_file(stored, name)
    return Secret("")


def _from_file(path: Path, name: str) -> Secret:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{name}: cannot read {path}: {error}; check that the file exists and is yours."
        ) from error
    if not value:
        raise ConfigurationError(f"{name}: {path} is empty; put the secret into it.")
    return Secret(value)
