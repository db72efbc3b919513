"""A program that the runner starts: what to execute, as whom, how to stop it, and how to know that it is ready."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

from covdash.runner.account import Account

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child may only call what is already there.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
# Servers need none of our secrets.
BARE_ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class NotReadyError(Exception):
    """A program ended or stayed silent before it was ready."""


def _always() -> bool:
    return True


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Program:
    """One entry of the process tree.

    `ready` is asked until it says True; it must not block for long. `mend` is called when the program died young several
    times in a row: it may remove what keeps it from starting, and returns what it did as a sentence, or nothing. With
    `sweep`, what it leaves running when it dies is killed before it is started again. `reloadable` programs may be replaced
    at any moment; those without `restart` run once.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready: Callable[[], bool] = _always
    pass_fds: tuple[int, ...] = ()
    folder: str = "/"
    reloadable: bool = False
    restart: bool = True
    sweep: bool = False
    mend: Callable[[], str] = _nothing


def launch(program: Program, *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own, so that Ctrl-C reaches only the supervisor.

    On Linux the kernel sends `stop_signal` to it when the thread that called this dies, even by SIGKILL: call it from
    the main thread.
    """
    account = program.account

    def follow_parent() -> None:
        # Runs after the change of user, which would have cleared the request.
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(program.stop_signal), 0, 0, 0)

    return subprocess.Popen(  # noqa: S603 - argv is ours
        program.argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(program.environment),
        cwd=program.folder,
        pass_fds=program.pass_fds,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=follow_parent,  # noqa: PLW1509 - only an already loaded C function is called
    )


def wait_ready(program: Program, process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Return once the program is ready; raises `NotReadyError` when it ends or when `seconds` pass."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not program.ready():
        if process.poll() is not None:
            raise NotReadyError(f"{program.name} ended with status {process.returncode} before it was ready")
        if time.monotonic() > deadline:
            raise NotReadyError(f"{program.name} was not ready within {seconds:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def stop(program: Program, process: subprocess.Popen[bytes], *, seconds: float = 10.0) -> None:
    """Ask the program to stop, wait, then kill its whole process group."""
    if process.poll() is None:
        process.send_signal(program.stop_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait(seconds)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the program's session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
