"""A running `up` in a data home of its own, for the tests of the runner."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[3]
# How the processes of `up` are recognised.
MARKS = {
    "postgres": "/postgres -D",
    "valkey": "valkey-server",
    "web": "gunicorn covdash.wsgi",
    "worker": "celery -A covdash --quiet worker",
    "beat": "celery -A covdash.runner.clock",
}


def wait(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask every 50 ms until `ready()`; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.05)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a newcomer: nothing of covdash is set but the data home."""
    foreign = ("COVDASH_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
        "COVDASH_HOME": str(home)
    }


def manage(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command beside whatever runs on `home`."""
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=120, check=False
    )


class Up:
    """`manage.py up --port 0` as a process; what it says is in `log`."""

    def __init__(self, home: Path, *words: str) -> None:
        """Start it; returns at once."""
        self.home = home
        self.log = home.with_suffix(".log")
        self.start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as sink:
            command = [sys.executable, "manage.py", "up", "--port", "0", "--no-browser", *words]
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(home),
                stdout=sink,
                stderr=sink,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what this `up` has said so far."""
        return self.log.read_bytes()[self.start :].decode()

    def wait_ready(self) -> str:
        """Wait until it greets; returns the address."""
        wait(lambda: self.process.poll() is not None or "covdash is ready at" in self.said(), 120, "up")
        found = re.search(r"covdash is ready at (\S+)", self.said())
        assert found, self.said()
        return found[1]

    def pid(self, name: str) -> int:
        """Return the process of `name` that the supervisor holds now; 0 when there is none."""
        for child in psutil.Process(self.process.pid).children():
            try:
                if MARKS[name] in " ".join(child.cmdline()):
                    return int(child.pid)
            except psutil.Error:
                continue
        return 0

    def family(self) -> list[psutil.Process]:
        """Return all processes below the supervisor, and itself."""
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and wait; returns its exit status."""
        self.process.send_signal(sign)
        return self.process.wait(90)

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(90)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def get(url: str, *, seconds: float = 5) -> int:
    """Return the status of a page; 0 when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
