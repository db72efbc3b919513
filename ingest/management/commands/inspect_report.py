"""`inspect_report FILE... [--format F] [--source-root DIR] [--json]`: show what reports contain, without a server or a database.

A name may be a file, a pattern (`**/coverage.xml`), or a folder: of a folder every file that is a report is shown, and what is none is
passed over, as in an archive.
"""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ingest.formats import FORMATS
from ingest.inspection import Answer, answer, refusal, table
from ingest.reading import LEFT_OUT, no_source_text, read_upload_file

_BLOCK = 1024 * 1024
_UNREADABLE = 2
_WIDTH = 100


class Command(BaseCommand):
    """Read reports and print what is in them."""

    help = "Show what coverage reports contain. Needs no server, no database and no settings."
    requires_system_checks = []  # noqa: RUF012 - as Django declares it
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        names = ", ".join(book.name for book in FORMATS)
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="a report, a gzip, zstd, zip or tar.gz of reports, a folder, or a pattern such as **/coverage.xml",
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
        try:
            self._handle(options)
        except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
            sys.stdout = None
            sys.exit(0)

    def _handle(self, options: dict[str, Any]) -> None:
        root = options["source_root"]
        if root is not None and not Path(root).is_dir():
            raise CommandError(f"--source-root {root}: no such directory")
        source_text = partial(_source_text, Path(root)) if root is not None else no_source_text
        unreadable = shown = 0
        wanted = [chosen for name in options["files"] for chosen in _chosen(name)]
        for number, (name, by_name) in enumerate(wanted, start=1):
            self._progress(f"{number} of {len(wanted)}: {name}" if len(wanted) > 1 else "")
            found = _inspect(name, options["format"], source_text)
            if not by_name and found.get("error", {}).get("code") in LEFT_OUT:
                continue
            shown += 1
            unreadable += "error" in found or "failed" in found
            self._progress("")
            if options["as_json"]:
                self.stdout.write(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS).decode())
            else:
                for line in table(found):
                    self.stdout.write(line)
        self._progress("")
        if not shown:
            raise CommandError(
                f"no report in {', '.join(options['files'])}: {len(wanted)} files were looked at"
            )
        if len(wanted) > 1 and not options["as_json"]:
            self.stdout.write(f"{shown} inputs with reports, {unreadable} of them not wholly readable")
        if unreadable:
            sys.exit(_UNREADABLE)

    def _progress(self, text: str) -> None:
        """Show how far it is, on a terminal only, on one line that the next one overwrites."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{text[:_WIDTH]}", ending="")
            self.stderr.flush()


def _chosen(name: str) -> Iterator[tuple[str, bool]]:
    """Yield (file, whether it was named itself) for a file, a folder or a pattern, in order.

    Raises `CommandError` for a pattern that nothing has.
    """
    path = Path(name)
    if path.is_dir():
        yield from (
            (str(file), False) for file in sorted(path.rglob("*")) if file.is_file() and not file.is_symlink()
        )
    elif not path.exists() and glob.has_magic(name):
        found = sorted(file for file in glob.iglob(name, recursive=True) if Path(file).is_file())  # noqa: PTH207 - absolute patterns
        if not found:
            raise CommandError(f"{name}: no file has such a name")
        yield from ((file, True) for file in found)
    else:
        yield name, True


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
