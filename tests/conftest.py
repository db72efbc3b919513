"""What every test stands on: a real PostgreSQL and a real Valkey in a temporary data home, started once per run.

The first process starts the servers; the parallel ones find them through the environment. Each has its own test
database (by pytest-django), its own Valkey database, its own object storage. Nothing of the user's configuration is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import django
import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache

from covdash.runner import account, postgres, valkey
from covdash.runner.home import Home
from covdash.runner.program import Program, launch, stop, wait_ready

# Enough examples to run all the time; `HYPOTHESIS_PROFILE=thorough` digs deeper.
hypothesis.settings.register_profile("default", max_examples=40, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

_LONG = ("journeys", "reliability", "runner")
"""Folders of tests that take minutes."""
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "COVDASH_")


def _settle_environment() -> Home:
    if not _WORKER:
        for name in [name for name in os.environ if name.startswith(_FOREIGN) and name != "COVDASH_CHROMIUM"]:
            del os.environ[name]
        folder = Path(tempfile.mkdtemp(prefix="covdash-test-"))
        # The account that the servers run as must be able to enter.
        folder.chmod(0o711)
        os.environ |= {
            "COVDASH_HOME": str(folder),
            "COVDASH_SECRET_KEY": "a-key-for-tests-only-a-key-for-tests-only-a-key-for-tests-only",
            "COVDASH_TOKEN_PEPPER": "a-pepper-for-tests-only-a-pepper-for-tests-only",
        }
    home = Home(Path(os.environ["COVDASH_HOME"]))
    number = int(_WORKER.removeprefix("gw") or 0) if _WORKER else 0
    own = home.root / f"worker-{number}"
    os.environ |= {
        "REDIS_URL": f"redis+socket://{home.valkey_socket}?virtual_host={number % 16}",
        "COVDASH_OBJECTS": str(own / "objects"),
        "COVDASH_SPOOL": str(own / "spool"),
        "COVDASH_STATIC_ROOT": str(own / "static"),
        "DJANGO_SETTINGS_MODULE": "covdash.settings",
    }
    for part in ("objects", "spool", "static"):
        (own / part).mkdir(parents=True, exist_ok=True)
    return home


HOME = _settle_environment()
_servers: list[tuple[Program, subprocess.Popen[bytes]]] = []


def _start_servers() -> None:
    runner = account.for_servers()
    folder = postgres.prepare(HOME, runner)
    programs = (
        postgres.program(HOME, runner, folder, durable=False),
        valkey.program(HOME, runner, valkey.prepare(HOME, runner)),
    )
    for program in programs:
        with (HOME.root / f"{program.name}.log").open("ab") as log:
            process = launch(program, output=log)
        _servers.append((program, process))
    for program, process in _servers:
        wait_ready(program, process, seconds=30)
    postgres.create_database(HOME, folder)


if not _WORKER:
    _start_servers()
# Pages are tested against the files of the checkout; collecting and compressing them is tested with the runner.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.WHITENOISE_USE_FINDERS = True
settings.WHITENOISE_AUTOREFRESH = True
django.setup()


@pytest.fixture(autouse=True)
def _nothing_counted_before() -> None:
    """Each test begins with empty rate limits: all of them sign in and upload from one address."""
    cache.clear()


def pytest_xdist_setupnodes() -> None:
    """Let each parallel process settle its own environment before it reads the settings: by this name it would read them at once."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits longest, for browsers and processes: files are shared out whole, and none may be left for the end."""
    items.sort(key=lambda item: item.path.parent.name not in _LONG)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers and remove the temporary home, when this process started them."""
    for program, process in reversed(_servers):
        stop(program, process)
    if _servers:
        _servers.clear()
        shutil.rmtree(HOME.root, ignore_errors=True)


pytest_plugins = ["tests.cast"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped: what a machine lacks there is a failure, told with the reason of the skip."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (in CI a skipped test is a failure)"
    return report
