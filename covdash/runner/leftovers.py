"""One `up` on one data home, and what a crashed one left behind: the lock, the list of started processes, how they are ended."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from covdash.runner.home import Home


class HomeTakenError(Exception):
    """Another `up` runs on this data home; `holder` names its process and address."""

    def __init__(self, home: Home, holder: str) -> None:
        super().__init__(
            f"covdash already runs on {home.root} ({holder}); stop it first, or use another data home with --data."
        )
        self.holder = holder


def probe(home: Home) -> None:
    """Raise `HomeTakenError` when an `up` runs on this home."""
    _take(home).close()


def _take(home: Home) -> IO[str]:
    file = home.lock.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise HomeTakenError(home, holder) from None
    return file


def lock(home: Home, url: str) -> IO[str]:
    """Return the held lock file; it is released when this process ends, however it ends. Raises `HomeTakenError`."""
    file = _take(home)
    file.truncate(0)
    file.write(f"process {os.getpid()}, {url}\n")
    file.flush()
    return file


def remember(home: Home, name: str, pid: int) -> None:
    """Note that `pid` was started as `name`, with its time of birth, so that a pid used again is not mistaken for it."""
    home.pids.mkdir(exist_ok=True)
    (home.pids / name).write_text(f"{pid} {birth(pid)}\n", encoding="ascii")


def forget(home: Home, name: str) -> None:
    """Note that `name` has ended."""
    (home.pids / name).unlink(missing_ok=True)


def end_all(home: Home) -> list[str]:
    """End what an `up` that crashed left running on this home; return the names. Call with the lock held."""
    ended = []
    # The stores last, as when stopping.
    order = {"valkey": 1, "postgres": 2}
    noted = (
        sorted(home.pids.glob("*"), key=lambda path: order.get(path.name, 0)) if home.pids.is_dir() else []
    )
    for note in noted:
        pid, _, born = note.read_text(encoding="ascii").strip().partition(" ")
        if pid.isdigit() and born and birth(int(pid)) == born:
            _end(int(pid), first=signal.SIGINT if note.name == "postgres" else signal.SIGTERM)
            ended.append(note.name)
        note.unlink(missing_ok=True)
    _clear_postmaster(home)
    return ended


def birth(pid: int) -> str:
    """Return when the process started, in words that only compare equal for the same process; empty when there is none."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    except ProcessLookupError:
        return ""
    else:
        return "" if fields[0] == "Z" else f"tick-{fields[19]}"
    answer = subprocess.run(  # noqa: S603 - a number as argument
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    return "-".join(answer.stdout.split())


def _end(pid: int, *, first: signal.Signals) -> None:
    born = birth(pid)
    for sign, patience in ((first, 10.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if birth(pid) != born:
                return
            time.sleep(0.02)


def _clear_postmaster(home: Home) -> None:
    """Remove a lock file of PostgreSQL whose pid now belongs to some other process of ours: it would refuse to start.

    A living PostgreSQL of this cluster keeps its file: it works inside the cluster, which the kernel can tell.
    """
    note = home.cluster / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(note.read_text(encoding="utf-8").splitlines()[0])
        if not birth(pid):
            return
        inside = Path(f"/proc/{pid}/cwd")
        if Path("/proc/self/cwd").exists() and inside.resolve() != home.cluster.resolve():
            note.unlink()
