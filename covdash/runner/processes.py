"""The processes of covdash itself: how web, worker and beat are started. The same here and in containers.

Standard library only, so that starting one costs no second import of everything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from covdash.env import integer, text, words

# Proxies that are believed when the operator names none.
LOOPBACK = ("127.0.0.1", "::1")
ROOT = Path(__file__).resolve().parents[2]
_FRUGAL = {
    # The threads of numpy and the arenas of glibc only cost memory here.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUNBUFFERED": "1",
    # Celery would import every view, only to check addresses that it never serves.
    "CELERY_SKIP_CHECKS": "1",
    # Root in a container is what it is; `doctor` mentions it once, not every start.
    "PYTHONWARNINGS": "ignore:::celery.platforms",
}


def environment(process: str, **more: str) -> Mapping[str, str]:
    """Return the environment of `process` (web, worker, beat): ours, what saves memory, and `more`."""
    return {**_FRUGAL, **os.environ, "COVDASH_PROCESS": process, **more}


def default_workers() -> int:
    """Return how many uploads are processed at once: one for each core, at least two."""
    return max(os.cpu_count() or 1, 2)


def default_web_workers() -> int:
    """Return how many web processes share the connections: half of the cores, since each has several threads."""
    return max((os.cpu_count() or 1) // 2, 1)


def web(bind: str) -> tuple[str, ...]:
    """Return the command of the web server: `bind` is `HOST:PORT`, or `fd://N` for a socket that the caller holds."""
    memory = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat files; on a slow disk they would look like a hung worker
    return (
        sys.executable, "-m", "gunicorn", "covdash.wsgi:application", "--bind", bind, "--worker-class", "gthread",
        "--limit-request-line", "8190",  # a path of 4,096 bytes, percent-encoded
        "--workers", str(integer("COVDASH_WEB_WORKERS", default_web_workers(), minimum=1)),
        "--threads", str(integer("COVDASH_WEB_THREADS", 8, minimum=1)),
        "--timeout", "60", "--graceful-timeout", "8", "--keep-alive", "5", "--no-control-socket",
        "--forwarded-allow-ips", ",".join(words("COVDASH_TRUSTED_PROXIES", LOOPBACK)),
        *(("--worker-tmp-dir", memory) if os.access(memory, os.W_OK) else ()),
        "--log-level", "warning",
    )  # fmt: skip


def worker() -> tuple[str, ...]:
    """Return the command of the Celery worker."""
    return (
        sys.executable, "-m", "celery", "-A", "covdash", "--quiet", "worker", "--pool", "prefork",
        # One process when idle, more when uploads queue up.
        "--autoscale", f"{integer('COVDASH_WORKERS', default_workers(), minimum=1)},1",
        "--without-gossip", "--without-mingle", "--loglevel", text("COVDASH_LOG_LEVEL", "INFO"),
    )  # fmt: skip


def beat() -> tuple[str, ...]:
    """Return the command of the clock. Its schedule is fixed, so nothing is kept on disk that a crash could spoil.

    A line for each stroke would tell nothing: at INFO it is silent.
    """
    level = text("COVDASH_LOG_LEVEL", "INFO")
    return (
        sys.executable, "-m", "celery", "-A", "covdash.runner.clock", "--quiet", "beat", "--scheduler", "celery.beat:Scheduler",
        "--pidfile=", "--loglevel", "WARNING" if level == "INFO" else level,
    )  # fmt: skip


def tests(words: list[str]) -> tuple[str, ...]:
    """Return the command of the test suite; `words` are pytest's own arguments."""
    return (sys.executable, "-m", "pytest", *words)


def replace(argv: tuple[str, ...], process: str) -> NoReturn:
    """Become the program `argv`."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(ROOT)
    os.execve(argv[0], argv, dict(environment(process)))  # noqa: S606 - no shell is wanted
