"""What is checked before anything is started, and the small parts of the runner."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from covdash.env import ConfigurationError
from covdash.runner import ground, keys, leftovers, postgres
from covdash.runner.account import Account
from covdash.runner.command_line import take_data_home
from covdash.runner.home import Home, default_root, from_environment
from covdash.runner.output import Output


@pytest.fixture
def home() -> Iterator[Home]:
    """A data home with a path that is short enough for sockets, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory(prefix="cvd-") as folder:
        made = Home(Path(folder, "home"))
        made.logs.mkdir(parents=True)
        yield made


@pytest.mark.parametrize(
    ("words", "rest", "folder"),
    [
        (["m", "doctor", "--data", "/a"], ["m", "doctor"], "/a"),
        (["m", "create_token", "x", "--data=/b"], ["m", "create_token", "x"], "/b"),
        (["m", "shell", "--", "--data", "/c"], ["m", "shell", "--", "--data", "/c"], "before"),
    ],
)
def test_every_command_takes_a_data_home(
    words: list[str], rest: list[str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVDASH_HOME", "before")

    assert take_data_home(words) == rest
    assert os.environ["COVDASH_HOME"] == folder


def test_a_data_option_without_a_folder_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="--data"):
        take_data_home(["m", "doctor", "--data"])


def test_the_data_home_of_an_ordinary_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The XDG folder; root has a place of its own."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_root() == Path("/somewhere/covdash")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_root() == Path("/var/lib/covdash")


def test_a_relative_home_does_not_move_with_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COVDASH_HOME", "here")

    assert from_environment().root == tmp_path / "here"


def test_a_path_too_long_for_a_socket_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ground.GroundError, match="too long for a Unix socket"):
        ground.settle(Home(tmp_path / ("x" * 100)), None)


def test_a_folder_that_the_servers_cannot_enter_is_named(home: Home) -> None:
    """PostgreSQL as another account needs a way through; the sentence says which folder is in it."""
    home.root.parent.chmod(0o700)
    stranger = Account("stranger", 54321, 54321)

    with pytest.raises(ground.GroundError, match="stranger may not enter"):
        ground.settle(home, stranger)


def test_a_wrong_host_is_a_sentence() -> None:
    with pytest.raises(ground.GroundError, match="--host"):
        ground.listen("no.such.host.invalid", 0)


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ground.GroundError, match="use another one with --port"):
            ground.listen("127.0.0.1", taken.getsockname()[1])


def test_the_address_is_what_the_operator_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVDASH_URL", raising=False)
    assert ground.url("127.0.0.1", 8123) == "http://127.0.0.1:8123"
    assert ground.url("::1", 8123) == "http://[::1]:8123"

    monkeypatch.setenv("COVDASH_URL", "https://coverage.example/")
    assert ground.url("0.0.0.0", 8123) == "https://coverage.example"


def test_keys_are_made_once_and_only_when_needed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key from the environment is not generated; a key that exists is never replaced."""
    monkeypatch.setenv("COVDASH_SECRET_KEY", "x" * 50)
    monkeypatch.delenv("COVDASH_TOKEN_PEPPER", raising=False)

    assert keys.ensure(home) == ["token_pepper"]
    first = (home.secrets / "token_pepper").read_text()
    assert keys.ensure(home) == []
    assert (home.secrets / "token_pepper").read_text() == first
    assert len(first.strip()) >= 64


def test_one_up_on_one_home(home: Home) -> None:
    """The second is told who holds it; when the holder is gone, so is the lock."""
    held = leftovers.lock(home, "http://127.0.0.1:1")
    with pytest.raises(leftovers.HomeTakenError, match=rf"process {os.getpid()}, http://127\.0\.0\.1:1"):
        leftovers.lock(home, "http://127.0.0.1:2")

    held.close()
    leftovers.probe(home)


def test_what_a_crash_left_is_ended_and_nothing_else(home: Home) -> None:
    """A noted process is ended; a process that only has the number of a noted one is left alone."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours, other = (subprocess.Popen(command) for _ in range(2))
    try:
        leftovers.remember(home, "web", ours.pid)
        home.pids.joinpath("worker").write_text(f"{other.pid} tick-1\n")
        # Its parent reaps it, as init would.
        threading.Thread(target=ours.wait, daemon=True).start()

        assert leftovers.end_all(home) == ["web"]
        assert other.poll() is None
        assert list(home.pids.iterdir()) == []
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()


def test_a_foreign_note_of_postgres_is_cleared(home: Home) -> None:
    """After a restart of the machine the pid in the old lock file may belong to anybody; PostgreSQL would refuse to start."""
    home.cluster.mkdir(parents=True)
    note = home.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{home.cluster}\n")
    leftovers.end_all(home)

    assert not note.exists()


def test_another_major_version_is_refused_with_the_way_out(home: Home) -> None:
    home.cluster.mkdir(parents=True)
    (home.cluster / "PG_VERSION").write_text("14\n")

    with pytest.raises(postgres.PostgresError, match=r"written by PostgreSQL 14.*pg_dump.*pg_upgrade"):
        postgres.prepare(home, None)


def test_a_wrong_folder_of_programs_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COVDASH_PG_BIN", str(tmp_path))

    with pytest.raises(postgres.PostgresError, match="COVDASH_PG_BIN"):
        postgres.programs()


def test_lines_reach_log_and_terminal_whole(home: Home) -> None:
    """Pieces are put together; the terminal gets a prefix and no control characters."""
    terminal = io.StringIO()
    output = Output(home.logs, terminal)
    output.take("web", b"one\ntw")
    output.take("web", b"o \x1b[31m\nrest")
    output.close("web")

    assert (home.logs / "web.log").read_bytes() == b"one\ntwo \x1b[31m\nrest\n"
    assert terminal.getvalue().splitlines() == [
        "web      | one",
        "web      | two \N{REPLACEMENT CHARACTER}[31m",
        "web      | rest",
    ]


def test_a_terminal_that_goes_away_stops_nothing(home: Home) -> None:
    """As with `manage.py up | head`."""
    read, write = os.pipe()
    os.close(read)
    gone = os.fdopen(write, "w")
    output = Output(home.logs, gone)
    output.take("web", b"one\ntwo\n")
    with suppress(BrokenPipeError):
        gone.close()

    assert (home.logs / "web.log").read_bytes() == b"one\ntwo\n"


def test_logs_do_not_grow_for_ever(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covdash.runner.output.LARGEST_LOG", 100)
    output = Output(home.logs, io.StringIO())
    for number in range(50):
        output.line("web", f"line {number}".encode())

    assert (home.logs / "web.log").stat().st_size < 200
    assert (home.logs / "web.log.1").exists()
