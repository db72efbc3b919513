"""What the uploader says, to people on stderr and to programs on stdout, and how it ends: `Stop`.

One line a fact, ASCII where the stream is not UTF-8. Tokens, source text and the environment are never printed.
"""

from __future__ import annotations

import os
import sys
import time
from typing import NamedTuple, TextIO

SENT = 0
BUG = 1
USAGE = 2
NOTHING = 3
REFUSED = 4
UNREACHABLE = 5
GATE = 6
UNREADABLE = 7
INTERRUPTED = 130

MASK = "***"


class Stop(Exception):  # noqa: N818  # it is how the program ends, not always an error
    """The end of the program: exit code, sentence, and (label, text) lines that say the way out."""

    def __init__(self, code: int, sentence: str, *details: tuple[str, str]) -> None:
        """`code` is one of the exit codes above."""
        super().__init__(sentence)
        self.code, self.sentence, self.details = code, sentence, details


class Folding(NamedTuple):
    """How a CI folds lines and marks a warning and an error; `{}` is the text."""

    start: str
    end: str
    warning: str = ""
    error: str = ""


FOLDINGS = {
    "github": Folding("::group::{}\n", "::endgroup::\n", "::warning title=covdash::{}\n", "::error title=covdash::{}\n"),
    "gitlab": Folding("section_start:{now}:covdash[collapsed=true]\r\x1b[0K{}\n", "section_end:{now}:covdash\r\x1b[0K\n"),
    "azure": Folding("##[group]{}\n", "##[endgroup]\n", *(f"##vso[task.logissue type={kind}]{{}}\n" for kind in ("warning", "error"))),
}  # fmt: skip
FOLDED_FROM = 12


class Console:
    """Writes lines. `level` is 0 (quiet), 1 or 2 (verbose); `secrets` are masked wherever they turn up."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to `stream`, or to stderr; what the stream cannot show is escaped."""
        self.stream = stream or sys.stderr
        self.level = 1
        self.folding: Folding | None = None
        self.secrets: list[str] = []
        self.warnings: list[str] = []
        reconfigure = getattr(self.stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")

    def write(self, text: str) -> None:
        """Write as it is, but without secrets and control characters."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        try:
            self.stream.write(text)
            self.stream.flush()
        except (
            BrokenPipeError,
            ValueError,
        ):  # nobody listens any more; what is to be sent is sent all the same
            self.stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def line(self, label: str, text: str, *, level: int = 1) -> None:
        """Say one fact, as `label   text`."""
        if level <= self.level:
            self.write(f"{label:<7} {plain(text)}\n")

    def detail(self, label: str, text: str, *, level: int = 1) -> None:
        """Say one fact below another."""
        if level <= self.level:
            self.write(f"  {label:<5} {plain(text)}\n")

    def details(self, title: str, lines: list[tuple[str, str]]) -> None:
        """Say many facts below another; a CI that can folds them."""
        folds = self.folding is not None and len(lines) >= FOLDED_FROM and self.level > 0
        if folds and self.folding:
            self.write(self.folding.start.replace("{now}", str(int(time.time()))).replace("{}", plain(title)))
        for label, text in lines:
            self.detail(label, text)
        if folds and self.folding:
            self.write(self.folding.end.replace("{now}", str(int(time.time()))))

    def warn(self, text: str) -> None:
        """Say what is wrong though the program goes on."""
        self.warnings.append(text)
        self.line("warn", text, level=0)
        if self.folding and self.folding.warning:
            self.write(self.folding.warning.replace("{}", annotation(text)))

    def stop(self, stop: Stop) -> None:
        """Say why the program ends."""
        self.line("error", f"{stop.sentence} (exit {stop.code})", level=0)
        for label, text in stop.details:
            self.detail(label, text, level=0)
        if self.folding and self.folding.error:
            self.write(self.folding.error.replace("{}", annotation(stop.sentence)))


def plain(text: str) -> str:
    """Return `text` on one line, without control characters: names of files and answers of servers may hold anything."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def annotation(text: str) -> str:
    """Return `text` as the commands of GitHub and Azure want it."""
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def amount(size: float) -> str:
    """Return a number of bytes as people read it: `61 kB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def counted(number: int, noun: str) -> str:
    """Return `1 file`, `4 012 files`, `2 entries`."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,}".replace(",", " ") + f" {noun if number == 1 else many}"
