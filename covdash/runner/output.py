"""What the supervised processes say: every line to a file of its own in the data home, and with a prefix to the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

COLOURS = {"postgres": 34, "valkey": 35, "prepare": 36, "web": 32, "worker": 33, "beat": 36, "covdash": 1}
# The stores talk a lot; their logs have all of it.
QUIET = frozenset({"postgres", "valkey"})
ALARMING = ("ERROR", "FATAL", "PANIC")
LARGEST_LOG = 10 * 1024 * 1024
LONGEST_LINE = 64 * 1024


class Output:
    """Takes bytes from processes and gives whole lines to their logs and to the terminal."""

    def __init__(self, folder: Path, terminal: IO[str] | None = None) -> None:
        """Write logs below `folder`; `terminal` defaults to standard output."""
        self.folder = folder
        self.terminal: IO[str] | None = terminal or sys.stdout
        self.colourful = self.terminal.isatty() and "NO_COLOR" not in os.environ
        self.rests: dict[str, bytes] = {}
        self.files: dict[str, IO[bytes]] = {}

    def take(self, name: str, data: bytes) -> None:
        """Add what `name` wrote; lines are passed on when they are complete, or too long to wait for."""
        rest = self.rests.get(name, b"") + data
        *lines, rest = rest.split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
            rest = b""
        self.rests[name] = rest
        for line in lines:
            self.line(name, line)

    def close(self, name: str) -> None:
        """Pass on what `name` left without an end of line."""
        rest = self.rests.pop(name, b"")
        if rest:
            self.line(name, rest)

    def line(self, name: str, line: bytes) -> None:
        """Write one line to the log of `name` and to the terminal."""
        self._log(name).write(line + b"\n")
        shown = line.decode(errors="replace").rstrip()
        if shown and (name not in QUIET or any(word in shown for word in ALARMING)):
            # A process may pass on what a stranger sent: nothing may drive the terminal.
            visible = "".join(
                sign if sign.isprintable() or sign == "\t" else "\N{REPLACEMENT CHARACTER}" for sign in shown
            )
            self.show(f"{self._prefix(name)}{visible}")

    def say(self, sentence: str) -> None:
        """Tell the person at the terminal something of our own."""
        self._log("covdash").write(sentence.encode() + b"\n")
        self.show(f"{self._prefix('covdash')}{sentence}")

    def show(self, text: str) -> None:
        """Write to the terminal only: for what must not stay in a log."""
        if self.terminal is None:
            return
        try:
            self.terminal.write(text + "\n")
            self.terminal.flush()
        except (OSError, ValueError):  # closed, as by `| head`: go on without it
            self.terminal = None

    def _prefix(self, name: str) -> str:
        label = f"{name:<8} | "
        return f"\033[{COLOURS.get(name, 0)}m{label}\033[0m" if self.colourful else label

    def _log(self, name: str) -> IO[bytes]:
        path = self.folder / f"{name}.log"
        file = self.files.get(name)
        if file is None or file.tell() > LARGEST_LOG:
            if file is not None:
                file.close()
                path.replace(path.with_suffix(".log.1"))
            file = self.files[name] = path.open("ab", buffering=0)
        return file
