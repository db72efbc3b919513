"""One process tree: starts programs in order, reads what they say, restarts what dies, stops all in the end.

Knows nothing of covdash: what is run comes in as `Program` values. Single-threaded; all children are started from here,
so the kernel ends them when this process dies (see `program.launch`).
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from covdash.runner import strays
from covdash.runner.output import Output
from covdash.runner.program import NotReadyError, Program, kill_group, launch

# Seconds before the first, second ... restart in a row; a life longer than HEALTHY starts the row again.
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY = 5.0
# Deaths in a row after which a program is mended; every so many again.
MENDED_AFTER = 4
PATIENCE = 10.0
CHUNK = 65536


class StopRequested(Exception):  # noqa: N818 - no error
    """A signal asked to stop while something was being started."""


@dataclass(slots=True)
class Child:
    """A program and its present life, if it has one."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    deaths: int = 0
    start_at: float | None = None
    expected: bool = field(default=False)


class Supervisor:
    """Holds the children. `noted(name, pid)` is told each birth (a pid) and each death (None)."""

    def __init__(self, output: Output, noted: Callable[[str, int | None], None]) -> None:
        """Take over the signals of this process."""
        self.output = output
        self.noted = noted
        self.children: dict[str, Child] = {}
        self.stop_signals = 0
        self.reload_wanted = False
        self.selector = selectors.DefaultSelector()
        self.wake, wake_end = socket.socketpair()
        self.wake.setblocking(False)
        wake_end.setblocking(False)
        self.wake_end = wake_end
        signal.set_wakeup_fd(wake_end.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGUSR1, self._on_reload)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # it is under nohup
            signal.signal(signal.SIGHUP, self._on_stop)  # the terminal was closed
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.wake, selectors.EVENT_READ, "")
        strays.adopt()

    def _on_stop(self, *_: object) -> None:
        self.stop_signals += 1

    def _on_reload(self, *_: object) -> None:
        self.reload_wanted = True

    def start(self, program: Program, *, seconds: float) -> None:
        """Start a program, wait until it is ready, and watch over it from then on.

        Raises `NotReadyError` when it ends or stays silent, `StopRequested` when a signal comes first.
        """
        child = self._birth(Child(program))
        self.children[program.name] = child
        self.await_ready([program.name], seconds=seconds)

    def start_soon(self, program: Program) -> None:
        """Start a program without waiting; `await_ready` waits for it."""
        self.children[program.name] = self._birth(Child(program))

    def await_ready(self, names: Sequence[str], *, seconds: float) -> None:
        """Wait until the named programs are ready. Raises as `start` does."""
        deadline = time.monotonic() + seconds
        for name in names:
            child = self.children[name]
            while not child.program.ready():
                self._turn(0.02, restart=False)
                if self.stop_signals:
                    raise StopRequested
                if child.process is None or child.process.poll() is not None:
                    status = child.process.returncode if child.process else "unknown"
                    raise NotReadyError(f"{name} ended with status {status} before it was ready")
                if time.monotonic() > deadline:
                    raise NotReadyError(f"{name} was not ready within {seconds:g} s")

    def finish(self, name: str, *, seconds: float) -> int:
        """Wait until a started program has ended, and return its status. Raises as `start` does."""
        child = self.children[name]
        process = child.process
        assert process is not None
        deadline = time.monotonic() + seconds
        try:
            while process.poll() is None:
                self._turn(0.05, restart=False)
                if self.stop_signals:
                    raise StopRequested
                if time.monotonic() > deadline:
                    raise NotReadyError(f"{name} took longer than {seconds:g} s")
        finally:
            if process.poll() is None:
                kill_group(process)
                process.wait()
            self._bury(child)
            del self.children[name]
        return process.returncode

    def watch(self) -> None:
        """Keep everything running until a signal asks to stop."""
        while not self.stop_signals:
            self._turn(1.0, restart=True)
            if self.reload_wanted:
                self.reload_wanted = False
                self._reload()

    def stop(self, groups: Sequence[Sequence[str]]) -> None:
        """Stop the named children, group after group; what does not end in 10 s, or at a second signal, is killed."""
        asked = self.stop_signals
        for group in groups:
            members = [self.children[name] for name in group if name in self.children]
            alive = [child for child in members if child.process is not None and child.process.poll() is None]
            for child in alive:
                child.expected = True
                assert child.process is not None
                with suppress(ProcessLookupError):
                    child.process.send_signal(child.program.stop_signal)
            deadline = time.monotonic() + PATIENCE
            while any(child.process is not None and child.process.poll() is None for child in alive):
                if time.monotonic() > deadline or self.stop_signals > max(asked, 1):
                    for child in alive:
                        if child.process is not None:
                            kill_group(child.process)
                self._turn(0.05, restart=False)
            for child in members:
                child.start_at = None
                self._bury(child)
        strays.end(self._known(), patience=0.0)

    def _known(self) -> set[int]:
        return {child.process.pid for child in self.children.values() if child.process is not None}

    def _birth(self, child: Child) -> Child:
        read, write = os.pipe()
        try:
            child.process = launch(child.program, output=write)
        except OSError as error:
            os.close(read)
            raise NotReadyError(f"{child.program.name} cannot be started: {error}") from error
        finally:
            os.close(write)
        child.born = time.monotonic()
        child.start_at = None
        os.set_blocking(read, False)
        self.selector.register(read, selectors.EVENT_READ, child.program.name)
        self.noted(child.program.name, child.process.pid)
        return child

    def _turn(self, seconds: float, *, restart: bool) -> None:
        """Wait for output or a signal, pass on the output, and see to the dead."""
        due = [child.start_at for child in self.children.values() if child.start_at is not None]
        if restart and due:
            seconds = max(0.0, min(seconds, min(due) - time.monotonic()))
        for key, _ in self.selector.select(seconds):
            if key.data:
                self._read(key.fd, key.data)
            else:
                with suppress(BlockingIOError):
                    self.wake.recv(4096)
        if restart:
            for child in list(self.children.values()):
                self._revive(child)
            strays.end(self._known(), patience=5.0)

    def _read(self, descriptor: int, name: str) -> None:
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        if data:
            self.output.take(name, data)
        else:
            self.selector.unregister(descriptor)
            os.close(descriptor)
            self.output.close(name)

    def _drain(self, child: Child) -> None:
        """Read what is left of a dead child, without waiting for a grandchild that still holds the pipe."""
        for key in list(self.selector.get_map().values()):
            while (
                key.data == child.program.name
                and key.fd in self.selector.get_map()
                and self._has_data(key.fd)
            ):
                self._read(key.fd, child.program.name)

    def _has_data(self, descriptor: int) -> bool:
        return any(key.fd == descriptor for key, _ in self.selector.select(0))

    def _bury(self, child: Child) -> None:
        if child.process is not None and child.process.poll() is not None:
            kill_group(child.process)
            self._drain(child)
            self.noted(child.program.name, None)
            child.process = None

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            status = child.process.returncode
            if now - child.born > HEALTHY:
                child.deaths = 0
            pause = PAUSES[min(child.deaths, len(PAUSES) - 1)]
            child.deaths += 1
            if child.deaths % MENDED_AFTER == 0 and (done := child.program.mend()):
                self.output.say(done)
            self._bury(child)
            if child.program.sweep:
                strays.kill(child.program.argv[0])
            if not child.program.restart:
                self.output.say(f"{child.program.name} ended ({_in_words(status)}).")
                return
            child.start_at = now + pause
            how = "at once" if not pause else f"in {pause:g} s"
            if not child.expected:
                self.output.say(f"{child.program.name} ended ({_in_words(status)}); starting it again {how}.")
            child.expected = False
        if child.start_at is not None and child.start_at <= now:
            try:
                self._birth(child)
            except NotReadyError as error:
                self.output.say(f"{error}; trying again.")
                child.start_at = now + PAUSES[-1]

    def _reload(self) -> None:
        """Let the programs that can be replaced without loss start afresh."""
        for child in self.children.values():
            if child.program.reloadable and child.process is not None:
                self.output.say(f"{child.program.name} is restarted on request.")
                child.expected = True
                child.deaths = 0
                child.process.send_signal(child.program.stop_signal)


def _in_words(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
