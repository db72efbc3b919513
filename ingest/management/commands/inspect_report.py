"""`inspect_report FILE... [--format F] [--source-root DIR] [--json]`: show what reports contain, without a server or a database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.formats import FORMATS
from ingest.inspection import Answer, answer, refusal, table
from ingest.reading import no_source_text, read_upload_file

_BLOCK = 1024 * 1024
_UNREADABLE = 2


class Command(BaseCommand):
    """Read reports and print what is in them."""

    help = "Show what coverage reports contain. Needs no server, no database and no settings."
    requires_system_checks = []  # noqa: RUF012 - as Django declares it
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        names = ", ".join(book.name for book in FORMATS)
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a report, or a gzip, zstd, zip or tar.gz of reports"
        )
        parser.add_argument(
            "--format", metavar="F", help=f"do not tell the format by content; one of: {names}"
        )
        parser.add_argument(
            "--source-root",
            metavar="DIR",
            help="where the sources lie, for formats that need them (.coverage)",
        )
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print one JSON object a line per input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one answer per input, and exit with status 2 if any of them could not be read."""
        root = options["source_root"]
        if root is not None and not Path(root).is_dir():
            raise CommandError(f"--source-root {root}: no such directory")
        source_text = partial(_source_text, Path(root)) if root is not None else no_source_text
        unreadable = False
        for name in options["files"]:
            found = _inspect(name, options["format"], source_text)
            unreadable = unreadable or "error" in found or "failed" in found
            if options["as_json"]:
                self.stdout.write(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS).decode())
            else:
                for line in table(found):
                    self.stdout.write(line)
        if unreadable:
            sys.exit(_UNREADABLE)


def _inspect(name: str, format_name: str | None, source_text: Callable[[str], bytes | None]) -> Answer:
    try:
        with Path(name).open("rb") as file:
            chunks: Iterator[bytes] = iter(partial(file.read, _BLOCK), b"")
            return answer(
                name, read_upload_file(name, chunks, format_name=format_name, source_text=source_text)
            )
    except OSError as error:
        return refusal(name, "not_found", f"cannot open the file: {error.strerror or error}")


def _source_text(root: Path, path: str) -> bytes | None:
    """Return the text of a source under `root`: of the longest tail of the path in the report that exists there."""
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", ".")]
    for at in range(len(parts)):
        tail = parts[at:]
        if ".." in tail or "\0" in path:
            continue
        found = root.joinpath(*tail)
        if found.is_file() and found.resolve().is_relative_to(root.resolve()):
            return found.read_bytes()
    return None
