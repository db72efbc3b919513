"""Grandchildren that lost their parent: adopted (Linux), given a moment to end by themselves, then ended.

When a PostgreSQL postmaster, a gunicorn master or a Celery worker is killed, its own children may outlive it and hold
shared memory, sockets or tasks that its successor needs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

# In the environment of what is started for the person and is not ours to end, such as a browser.
BYSTANDER = "COVDASH_BYSTANDER=1"
_PR_SET_CHILD_SUBREAPER = 36
_seen: dict[int, float] = {}


def adopt() -> None:
    """Become the parent of every orphan below this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end(known: set[int], *, patience: float) -> None:
    """Reap dead orphans; ask those older than half of `patience` seconds to end, kill those older than `patience`.

    `known` are the pids of this process's own children, which are left alone. With `patience` 0 all are killed and reaped.
    """
    now = time.monotonic()
    orphans = _children() - known
    for pid in set(_seen) - orphans:
        del _seen[pid]
    for pid in orphans:
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0]:
                continue
        if _is_bystander(pid):
            continue
        age = now - _seen.setdefault(pid, now)
        if patience and age < patience / 2:
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM if age < patience else signal.SIGKILL)
        if not patience:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def kill(program: str) -> None:
    """Kill and reap the orphans that run `program` (a path): their master is dead, and its successor is waiting for them."""
    for pid in _children():
        try:
            same = Path(f"/proc/{pid}/exe").resolve() == Path(program).resolve()
        except OSError:
            continue
        if same:
            with suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _is_bystander(pid: int) -> bool:
    try:
        return BYSTANDER.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _children() -> set[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in listed.split()}
