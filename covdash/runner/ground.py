"""What must be true before anything is started: a data home that can be used, an address that is free.

Each check raises `GroundError` with one sentence that names the way out.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path

from covdash.env import text
from covdash.runner.account import Account
from covdash.runner.home import Home

BACKLOG = 1024


class GroundError(Exception):
    """covdash cannot start here; the message is for the person at the terminal."""


def settle(home: Home, account: Account | None) -> None:
    """Make the folders of the data home and check that everything below can work in them."""
    if home.too_long():
        raise GroundError(
            f"The path of the data home {home.root} is too long for a Unix socket; choose a shorter one with --data DIR."
        )
    # Another account must be able to pass through to the folder of its own, and to nothing else.
    mode = 0o711 if account is not None else 0o700
    try:
        home.root.mkdir(mode=mode, parents=True, exist_ok=True)
        if account is not None and home.root.stat().st_mode & 0o001 == 0:
            home.root.chmod(home.root.stat().st_mode | 0o011)
        for folder in (home.logs, home.objects, home.spool, home.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)
        probe = home.root / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise GroundError(
            f"Cannot write the data home {home.root} ({error.strerror}): make it writable, or choose another folder"
            " with --data DIR or COVDASH_HOME."
        ) from error
    if account is not None and (blocked := account.reaches(home.postgres)) is not None:
        raise GroundError(
            f"PostgreSQL does not run as root, and the account {account.name} may not enter {blocked}: allow it"
            f" (chmod o+x {blocked}), or choose another data home with --data DIR."
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, held by the supervisor so that no connection is refused while the web server restarts."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise GroundError(f"--host {host} is not an address of this machine ({error.strerror}).") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise GroundError(f"Port {port} is taken; use another one with --port.") from error
        if error.errno == errno.EACCES:
            raise GroundError(
                f"Port {port} needs rights that this account lacks; use --port 8000 or higher."
            ) from error
        raise GroundError(
            f"Cannot listen on {host}:{port}: {error.strerror}; choose --host and --port."
        ) from error
    return listener


def url(host: str, port: int) -> str:
    """Return the address that people use: COVDASH_URL, or the loopback address that is listened on."""
    named = text("COVDASH_URL")
    if named:
        return named.rstrip("/")
    if not is_loopback(host):
        raise GroundError(
            f"--host {host} opens covdash to the network: set COVDASH_URL to the address that people will type, as in"
            f" COVDASH_URL=http://{socket.gethostname()}:{port}."
        )
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether the name or address only reaches this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def web_answers(listener: socket.socket) -> bool:
    """Whether a server behind `listener` answers the health page."""
    host, port = listener.getsockname()[:2]
    # A wildcard address is reached through the loopback.
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((target, port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def free_bytes(folder: Path) -> int:
    """Return how many bytes may still be written below `folder`."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
