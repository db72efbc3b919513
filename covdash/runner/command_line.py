"""From `manage.py WORDS` to the right program. Commands that only start processes do so without loading Django."""

from __future__ import annotations

import os
import sys

from covdash.env import ConfigurationError
from covdash.runner import processes, up


def main(argv: list[str]) -> None:
    """Run the command in `argv` (as `sys.argv`); leaves the process with its status."""
    command = argv[1] if len(argv) > 1 else ""
    try:
        if command == "up":
            sys.exit(up.main(argv[2:]))
        if command == "test":
            processes.replace(processes.tests(argv[2:]), "command")
        # Not above: the tests name their own data home before the settings are read.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "covdash.settings")
        argv = take_data_home(argv)
        # Not above: the supervisor of `up`, which has left by now, stays small without Django.
        from django.core.management import execute_from_command_line  # noqa: PLC0415
        from django.db import InterfaceError, OperationalError  # noqa: PLC0415

        try:
            execute_from_command_line(argv)
        except (OperationalError, InterfaceError) as error:
            if "--traceback" in argv:
                raise
            sys.exit(_away(error))
    except ConfigurationError as error:
        sys.exit(str(error))


def _away(error: Exception) -> str:
    """Say that the database cannot be reached, and what to do about it."""
    said = str(error).partition("\n")[0].strip()
    return (
        f"The database does not answer: {said}\n"
        "Start covdash (`python3 manage.py up`), or name the running one: --data DIR, COVDASH_HOME or DATABASE_URL. "
        "`python3 manage.py doctor` looks closer."
    )


def take_data_home(argv: list[str]) -> list[str]:
    """Set COVDASH_HOME from `--data DIR` or `--data=DIR` and return the other words: it counts for every command."""
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        name, equals, value = word.partition("=")
        if name != "--data":
            rest.append(word)
            continue
        folder = value if equals else next(words, "")
        if not folder:
            raise ConfigurationError("--data needs the folder of the data home after it.")
        os.environ["COVDASH_HOME"] = folder
    return rest
