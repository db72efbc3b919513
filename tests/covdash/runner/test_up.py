"""`manage.py up` as a newcomer and as an accident meet it: real processes, real signals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.covdash.runner.living import MARKS, ROOT, Up, get, manage, wait


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An empty data home; the account that PostgreSQL runs as may enter the folder above."""
    above = Path(tempfile.mkdtemp(prefix="covdash-up-"))
    above.chmod(0o711)
    yield above / "home"
    shutil.rmtree(above, ignore_errors=True)


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[Up]:
    """The first start on that home."""
    running = Up(home)
    try:
        running.wait_ready()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def url(up: Up) -> str:
    return up.wait_ready()


def test_the_first_start_says_all_that_is_needed(up: Up, url: str) -> None:
    """The address, a login, and an upload command with a token that can be pasted."""
    said = up.said()

    assert get(f"{url}/healthz") == 200
    assert get(f"{url}/readyz") == 200
    assert re.search(r"as admin with the password \S{12,}\n", said)
    assert re.search(rf"curl -f {url}/api/v1/uploads -H 'Authorization: Bearer cvdu_\w+'", said)


def test_the_login_and_the_keys_stay_out_of_the_logs(up: Up, home: Path) -> None:
    """They are shown once, on the terminal; on disk the keys are readable by their owner only."""
    shown = re.search(r"with the password (\S+)", up.said())
    assert shown
    keys = [path.read_text().strip() for path in (home / "secrets").iterdir()]

    logs = "".join(path.read_text() for path in (home / "logs").iterdir())
    assert len(keys) == 2
    assert not [secret for secret in (shown[1], *keys) if secret in logs]
    assert {oct(path.stat().st_mode & 0o777) for path in (home / "secrets").iterdir()} == {"0o600"}


def test_commands_beside_it_print_only_the_value(url: str, home: Path) -> None:
    """They find the services through the data home, by variable or by option, with nothing else set."""
    assert url
    made = manage(home, "create_project", "team/tool", "--public")
    token = manage(home.parent / "elsewhere", "create_token", "team/tool", "--data", str(home))

    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"cvdu_\w+\n", token.stdout), token.stderr


def test_doctor_finds_everything_in_order(url: str, home: Path) -> None:
    result = manage(home, "doctor")

    assert result.returncode == 0, result.stdout
    assert f", {url}." in result.stdout
    assert "WRONG" not in result.stdout


def test_a_second_up_on_the_same_home_is_refused(up: Up, url: str, home: Path) -> None:
    result = manage(home, "up", "--port", "0", "--no-browser")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"process {up.process.pid}, {url}" in result.stderr


def test_a_taken_port_is_one_sentence(url: str, home: Path) -> None:
    port = url.rpartition(":")[2]
    result = manage(home.parent / "other", "up", "--port", port, "--no-browser")

    assert (result.returncode, result.stderr) == (1, f"Port {port} is taken; use another one with --port.\n")


@pytest.mark.parametrize("name", list(MARKS))
def test_whatever_is_killed_comes_back(name: str, up: Up, url: str) -> None:
    """Kill -9 of each process: a new one takes its place, and covdash is ready again."""
    before = up.pid(name)
    assert before
    os.kill(before, signal.SIGKILL)

    wait(lambda: up.pid(name) not in (0, before), 60, f"a new {name}")
    wait(lambda: get(f"{url}/readyz") == 200, 60, f"ready after the death of {name}")
    wait(
        lambda: not [p for p in up.family() if p.ppid() == up.process.pid and not _known(up, p)],
        15,
        "orphans are gone",
    )


def test_postgres_comes_back_at_the_first_try(up: Up, url: str) -> None:
    """Its orphaned server processes, which hold the shared memory, are out of the way before it is started again."""
    assert get(f"{url}/readyz") == 200
    assert "postgres ended (SIGKILL)" in up.said()
    assert "postgres ended (status" not in up.said()


def test_a_reload_replaces_web_worker_and_beat(up: Up, url: str) -> None:
    """SIGUSR1: for a new configuration of the proxy, say; the stores stay as they are."""
    before = {name: up.pid(name) for name in MARKS}
    up.process.send_signal(signal.SIGUSR1)

    wait(
        lambda: all(up.pid(name) not in (0, before[name]) for name in ("web", "worker", "beat")),
        60,
        "new processes",
    )
    wait(lambda: get(f"{url}/readyz") == 200, 60, "ready again")
    assert {name: up.pid(name) for name in ("postgres", "valkey")} == {
        name: before[name] for name in ("postgres", "valkey")
    }


def test_a_broker_file_that_cannot_be_read_is_put_aside(up: Up, url: str) -> None:
    """What is in the broker has no value: it starts empty, and covdash goes on."""
    before = up.pid("valkey")
    os.kill(before, signal.SIGSTOP)
    for part in (up.home / "valkey" / "appendonlydir").glob("*.manifest"):
        part.write_text("nonsense\n")
    os.kill(before, signal.SIGKILL)

    wait(lambda: "valkey starts empty" in up.said(), 60, "the file is put aside")
    wait(lambda: json.loads(ready(url)).get("broker") is True, 60, "the broker answers")


def ready(url: str) -> str:
    """Return what `/readyz` says, or an empty object while nothing answers."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return "{}"


def _known(up: Up, process: psutil.Process) -> bool:
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return True
    return process.pid == up.process.pid or any(mark in line for mark in MARKS.values())


def test_a_web_restart_refuses_no_connection(up: Up, url: str) -> None:
    """The supervisor holds the listening socket: while the web server is replaced, requests wait instead of failing."""
    statuses: list[int] = []
    slowest = [0.0]
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            begun = time.monotonic()
            statuses.append(get(f"{url}/healthz", seconds=60))
            slowest.append(time.monotonic() - begun)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    before = up.pid("web")
    os.kill(before, signal.SIGTERM)
    wait(lambda: up.pid("web") not in (0, before), 60, "a new web server")
    enough = len(statuses) + 30
    wait(lambda: len(statuses) >= enough, 60, "answers of the new web server")
    over.set()
    for asker in askers:
        asker.join()

    assert set(statuses) == {200}, f"slowest answer {max(slowest):.1f} s"


def test_a_killed_supervisor_leaves_nothing_that_the_next_cannot_handle(up: Up, home: Path) -> None:
    """Kill -9 of `up` itself, and at once a new one: it takes over, and does not act as if it were the first."""
    family = up.family()
    up.process.kill()
    up.process.wait(10)

    again = Up(home)
    try:
        url = again.wait_ready()
        assert get(f"{url}/readyz") == 200
        assert "First start" not in again.said()
        wait(lambda: not [process for process in family if _alive(process)], 60, "the old processes are gone")
        second = again.family()
        assert again.stop(signal.SIGINT) == 0
        assert not [process for process in second if _alive(process)]
        assert list((home / "pids").iterdir()) == []
    finally:
        again.end()


def test_sigterm_leaves_no_process(home: Path) -> None:
    """A clean stop by a service manager, also in the middle of starting."""
    early = Up(home.parent / "early")
    try:
        wait(lambda: early.pid("postgres") != 0, 60, "postgres")
        family = early.family()

        assert early.stop() == 0
        assert not [process for process in family if _alive(process)]
        assert "stopped." in early.said()
    finally:
        early.end()


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_home_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    above = home.parent
    (above / "file").touch()
    result = manage(above / "file" / "home", "up", "--port", "0", "--no-browser")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Cannot write the data home" in result.stderr
    assert "--data" in result.stderr


def test_an_open_host_without_an_address_is_one_sentence(home: Path) -> None:
    """Links would lead nowhere, and any Host header would have to be believed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    result = manage(home.parent / "open", "up", "--host", "0.0.0.0", "--port", port, "--no-browser")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "COVDASH_URL" in result.stderr


def test_up_is_listed_in_the_help() -> None:
    result = manage(ROOT, "help")

    assert {"up", "doctor", "web", "worker", "beat", "test"} <= set(result.stdout.split())


def test_a_command_without_a_database_says_so_in_words(home: Path) -> None:
    """No traceback: what is away, and what to do."""
    told = manage(home.parent / "nobody-home", "create_token", "team/tool")

    assert told.returncode == 1
    assert "The database does not answer" in told.stderr
    assert "manage.py up" in told.stderr
    assert "Traceback" not in told.stderr
