"""The outside of the parser cage: starts it, feeds it a file, watches the clock, and tells its crash from its answer.

One cage serves one thread of a worker, file after file. Whatever it says is hostile: only the shapes of `frames.py` pass, and what
is in them is checked again by whoever uses it. A cage that crashes costs the file it was reading, nothing else, and is never retried.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from ingest.frames import (
    HEAD,
    MAX_FRAME,
    Block,
    Done,
    Failed,
    File,
    FrameError,
    FromCage,
    More,
    Read,
    Report,
    Skipped,
    Source,
    Text,
    ToCage,
    Unpack,
    Unpacked,
    frame,
    from_cage,
)  # fmt: skip
from ingest.parsing import Limits

log = logging.getLogger(__name__)

MEMORY = 1024**3
"""Address space that one file may take beyond what the cage has already."""
CPU_SECONDS = 120
WALL_SECONDS = 180
START_SECONDS = 30
MAX_JOBS = 200
MAX_GROWTH = 200 * 1024**2
"""A cage that has served so many files, or grown so much, is replaced by a fresh one."""
BLOCK = 1 << 20

_ROOT = Path(__file__).resolve().parent.parent
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from ingest.cage_child import main; main()"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_STDERR_KEPT = 8192

Answer = Report | File | Skipped | Failed | Unpacked


class CageError(Exception):
    """The cage ended or had to be ended: a code and a sentence for the outcome."""

    def __init__(self, code: str, message: str) -> None:
        """Codes: parser_crashed time_limit memory_limit."""
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Job:
    """What the worker does for the cage while it reads: gives texts of sources, and is told often that time passes."""

    source_text: Callable[[str], bytes | None] = lambda _path: None
    beat: Callable[[], None] = lambda: None
    deadline: float = math.inf
    """By the monotonic clock; a file gets `WALL_SECONDS` at most."""


class Cage:
    """A parser process. Use it from one thread; `close` ends it."""

    def __init__(self) -> None:
        """Start the process and wait until its walls stand. Raises `FrameError` when it does not come up."""
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-I", "-c", _BOOT, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            start_new_session=True,
        )
        if not (self._process.stdin and self._process.stdout and self._process.stderr):
            raise FrameError("the parser cage has no pipes")
        self._in, self._out, self._err = (
            self._process.stdin.fileno(),
            self._process.stdout.fileno(),
            self._process.stderr.fileno(),
        )
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
            with contextlib.suppress(
                OSError, AttributeError
            ):  # room for both sides to work at the same time; Linux only
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, BLOCK)
        self._buffer = bytearray()
        self._stderr = b""
        self._watched = [self._err]
        self._deadline = time.monotonic() + START_SECONDS
        self._beat: Callable[[], None] = lambda: None
        self.walls = ""
        self.jobs = 0
        try:
            while not isinstance(said := self._hear(), Done):
                self.walls = said.reason if isinstance(said, Skipped) else ""
        except CageError as gone:
            raise FrameError(f"the parser cage does not start: {gone.message}: {self._complaint()}") from gone
        self._at_start = self._memory(1)

    @property
    def pid(self) -> int:
        """The process id of the cage."""
        return self._process.pid

    @property
    def is_worn(self) -> bool:
        """Whether the cage ended, or should be replaced."""
        return (
            self._process.poll() is not None
            or self.jobs >= MAX_JOBS
            or self._memory(1) > self._at_start + MAX_GROWTH
        )

    def read(
        self, name: str, blocks: Iterable[bytes], *, format_name: str | None, limits: Limits, job: Job
    ) -> Iterator[Answer]:
        """Yield what the cage finds in an uploaded file: reports, each followed by its files; skipped; failed.

        A cage that crashes or takes too long ends the list with one `Failed`; a report with fewer files than it said is then void.
        """
        ask = Read(name, format_name or None, asdict(limits), self._memory(0) + MEMORY, CPU_SECONDS)
        return self._serve(ask, blocks, job)

    def unpack(
        self, name: str, blocks: Iterable[bytes], *, longest: int, limits: Limits, job: Job
    ) -> Iterator[Answer]:
        """Yield the source texts of an archive (`Unpacked`), and what was left out."""
        ask = Unpack(name, asdict(limits), self._memory(0) + MEMORY, CPU_SECONDS, longest)
        return self._serve(ask, blocks, job)

    def close(self) -> None:
        """End the process and forget it."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait(timeout=10)

    def _serve(self, ask: Read | Unpack, blocks: Iterable[bytes], job: Job) -> Iterator[Answer]:
        self.jobs += 1
        self._deadline = min(time.monotonic() + WALL_SECONDS, job.deadline)
        self._beat = job.beat
        feed = iter(blocks)
        finished = False
        try:
            self._say(ask)
            while True:
                said = self._hear()
                if isinstance(said, More):
                    self._say(Block(next(feed, b"")))
                elif isinstance(said, Source):
                    self._say(Text(job.source_text(said.path)))
                elif isinstance(said, Done):
                    finished = not said.exhausted
                    return
                else:
                    yield said
        except CageError as gone:
            log.warning("parser cage %s on %r: %s: %s", gone.code, ask.name, gone.message, self._complaint())
            yield Failed(ask.name, gone.code, gone.message, "")
        except (FrameError, msgspec.DecodeError) as error:
            log.exception("the parser cage said something else than it may")
            yield Failed(ask.name, "parser_crashed", f"the parser gave a broken answer: {error}", "")
        finally:
            if not finished:  # also when the reader of this list gave up in the middle
                self.close()

    def _say(self, message: ToCage) -> None:
        data = memoryview(frame(message))
        while data:
            self._wait([], [self._in])
            try:
                data = data[os.write(self._in, data[:65536]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._ended() from error

    def _hear(self) -> FromCage:
        head = self._take(HEAD.size)
        (size,) = HEAD.unpack(head)
        if size > MAX_FRAME:
            raise FrameError(f"a message of {size} bytes")
        return from_cage.decode(self._take(size))

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._wait([self._out], [])
            try:
                part = os.read(self._out, BLOCK)
            except BlockingIOError:
                continue
            if not part:
                raise self._ended()
            self._buffer += part
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _wait(self, readable: list[int], writable: list[int]) -> None:
        """Wait until one of the descriptors is ready, beating every second. Raises `CageError` at the deadline."""
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise CageError(
                    "time_limit", f"reading it took longer than {WALL_SECONDS} seconds; split the upload"
                )
            ready, able, _ = select.select([*readable, *self._watched], writable, [], min(left, 1.0))
            self._beat()
            if self._err in ready and not self._drain_stderr():
                self._watched = []
            if able or any(descriptor in ready for descriptor in readable):
                return

    def _drain_stderr(self) -> bool:
        """Keep the end of what the cage complains about; False when it closed the pipe."""
        try:
            part = os.read(self._err, 65536)
        except OSError:
            return True
        self._stderr = (self._stderr + part)[-_STDERR_KEPT:]
        return bool(part)

    def _ended(self) -> CageError:
        """Return how the process ended, as a failure of the file it was reading."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return CageError("parser_crashed", "the parser closed its answer in the middle")
        self._drain_stderr()
        if -status == signal.SIGXCPU:
            return CageError(
                "time_limit",
                f"reading it took more than {CPU_SECONDS} seconds of processor time; split the upload",
            )
        if "MemoryError" in self._complaint():
            return CageError("memory_limit", "reading it takes more memory than one upload may use; split it")
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return CageError(
            "parser_crashed", f"the parser crashed on this file ({how}); please report it with the file"
        )

    def _complaint(self) -> str:
        return self._stderr.decode("utf-8", "replace").strip()[-500:]

    def _memory(self, column: int) -> int:
        """Return bytes of address space (column 0) or of resident memory (1); 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[column]) * _PAGE
        except (OSError, ValueError, IndexError):
            return 0


_mine = threading.local()


def mine() -> Cage:
    """Return the cage of this thread, a fresh one when there is none or it is worn."""
    cage: Cage | None = getattr(_mine, "cage", None)
    if cage is not None and cage.is_worn:
        cage.close()
        cage = None
    if cage is None:
        cage = _mine.cage = Cage()
        log.info("parser cage %d: %s", cage.pid, cage.walls)
    return cage
