"""From a bare Python to a process that has every dependency: makes `.venv` from the hashed lock and re-executes there.

Standard library only. In a container, or in any environment that already satisfies the lock, it does nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
RUN_LOCK = "requirements.lock"
S3_LOCK = "requirements-s3.lock"
TEST_LOCK = "requirements-dev.lock"
STAMP = "covdash-locks"
LAST_LINES = 15


def ensure(argv: list[str]) -> None:
    """Return in a process where the lock is installed; otherwise install it and replace this process.

    `argv` is `sys.argv`: the command decides which lock is needed. Leaves with one sentence when it cannot be done.
    """
    if os.environ.get("COVDASH_NO_BOOTSTRAP"):
        return
    lock = _lock_for(argv)
    folder = Path(os.environ.get("COVDASH_VENV") or ROOT / ".venv")
    inside = os.path.realpath(sys.prefix) == os.path.realpath(folder)
    if fresh(folder, lock):
        if inside:
            return
        if not _foreign_satisfies(lock):
            _leap(folder, argv)
        return
    if not inside and _foreign_satisfies(lock):
        return
    with _only_one(folder):
        if not fresh(folder, lock):
            install(folder, lock)
    _leap(folder, argv)


def fresh(folder: Path, lock: Path) -> bool:
    """Whether `folder` is an environment in which this very version of `lock` has been installed to the end."""
    try:
        stamp = (folder / STAMP).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return False
    return _digest(lock) in stamp and _python(folder).exists()


def install(folder: Path, lock: Path) -> None:
    """Make the environment when there is none that works, and install `lock` into it; the stamp is written last."""
    started = time.monotonic()
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    uv = shutil.which("uv")
    if uv and not _works([uv, "--version"]):
        uv = None  # a shim without a uv behind it
    _say(f"Installing {count} packages into {folder} with {'uv' if uv else 'pip'} (only once) ...")
    try:
        (folder / STAMP).unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        _cannot_write(folder, error)
    python = str(_python(folder))
    usable = _works([python, "-c", ""])
    if uv:
        if not usable:
            _make(folder, [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        _run([[uv, "pip", "install", "--python", python, "--require-hashes", "-r", str(lock)]], count, lock)
    else:
        _pip_install(folder, lock, count=count, usable=usable)
    locks = {lock, ROOT / RUN_LOCK}  # each of the locks holds the whole of requirements.lock
    (folder / STAMP).write_text("".join(sorted(_digest(one) + "\n" for one in locks)), encoding="utf-8")
    _say(f"Installed in {time.monotonic() - started:.0f} s.")


def _lock_for(argv: list[str]) -> Path:
    if len(argv) > 1 and argv[1] == "test":
        return ROOT / TEST_LOCK
    return ROOT / (S3_LOCK if os.environ.get("COVDASH_S3_BUCKET") else RUN_LOCK)


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _leap(folder: Path, argv: list[str]) -> NoReturn:
    python = str(_python(folder))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    sys.stdout.flush()
    try:
        os.execve(python, [python, *argv], environment)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.exit(f"Cannot start {python}: {error.strerror}; remove {folder} and run the command again.")


def _foreign_satisfies(lock: Path) -> bool:
    """Whether the running interpreter, whatever it is, has every package of the lock in its version."""
    if sys.prefix == sys.base_prefix and not Path("/.dockerenv").exists() and "container" not in os.environ:
        return False  # a plain system Python: asking 60 packages would only cost time
    try:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - only needed here

        from packaging.requirements import Requirement  # noqa: PLC0415 - may be missing, which is an answer
    except ImportError:
        return False
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line[:1].isalnum():
            continue
        wanted = Requirement(line.rstrip("\\ "))
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            if not wanted.specifier.contains(version(wanted.name), prereleases=True):
                return False
        except PackageNotFoundError:
            return False
    return True


def _pip_install(folder: Path, lock: Path, *, count: int, usable: bool) -> None:
    python = str(_python(folder))
    # The pip of the starting Python can install into the new environment, which saves unpacking another pip there.
    from_outside = [sys.executable, "-m", "pip", "--python", python]
    from_inside = [python, "-m", "pip"]
    if not usable and _works([sys.executable, "-m", "pip", "--python", sys.executable, "--version"]):
        _make(folder, [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
        usable = True
    pip = next((pip for pip in (from_outside, from_inside) if usable and _works([*pip, "--version"])), None)
    if pip is None:
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit(
                "This Python has neither pip nor ensurepip, so it cannot make an environment: install it (Debian and"
                " Ubuntu: `apt install python3-venv`), or put `uv` on the PATH, and run the command again."
            )
        _make(folder, [sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = from_inside
    # Compiling is left to the first import: most modules are never imported. The lock is complete, so nothing is
    # resolved; one half for each of two processes takes half the time.
    options = ["--no-input", "--disable-pip-version-check", "--no-compile", "--progress-bar", "off"]
    with tempfile.TemporaryDirectory() as parts:
        commands = []
        for number, text in enumerate(_halves(lock)):
            part = Path(parts, f"part-{number}.txt")
            part.write_text(text, encoding="utf-8")
            commands.append([*pip, "install", *options, "--no-deps", "--require-hashes", "-r", str(part)])
        _run(commands, count, lock)


def _halves(lock: Path) -> list[str]:
    """Split the lock into two lists of requirements, each with its hashes."""
    halves = ["", ""]
    number = 0
    for line in lock.read_text(encoding="utf-8").splitlines(keepends=True):
        if line[:1].isalnum():
            number += 1
        if number and not line.lstrip().startswith("#"):
            halves[number % 2] += line
    return [half for half in halves if half]


def _make(folder: Path, command: list[str]) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)  # noqa: S603
    except OSError as error:
        _cannot_write(folder, error)
    if made.returncode != 0:
        if not os.access(folder.parent, os.W_OK):
            _cannot_write(folder, None)
        sys.stderr.write(made.stdout.decode(errors="replace"))
        sys.exit(f"The environment {folder} could not be made (above); set COVDASH_VENV to another folder.")


def _cannot_write(folder: Path, error: OSError | None) -> NoReturn:
    reason = f" ({error.strerror})" if error is not None else ""
    sys.exit(f"Cannot write {folder}{reason}: make it writable, or set COVDASH_VENV to a folder of your own.")


def _works(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def _run(commands: list[list[str]], count: int, lock: Path) -> None:
    """Run the installers side by side, showing one line that moves; on failure show the end of what they said."""
    read, write = os.pipe()
    running = [
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=write, stderr=write, stdin=subprocess.DEVNULL, env=_installer_environment()
        )
        for command in commands
    ]
    os.close(write)
    said = []
    seen = 0
    with open(read, encoding="utf-8", errors="replace") as output:  # noqa: PTH123 - a descriptor, not a path
        for line in output:
            said.append(line.rstrip())
            if line.startswith("Collecting "):
                seen += 1
                _progress(f"{seen} of {count}: {line.split()[1].partition('==')[0]}")
            elif line.startswith("Installing collected"):
                _progress("unpacking")
    _progress("")
    statuses = [process.wait() for process in running]
    if any(statuses):
        sys.stderr.write("\n".join(said[-LAST_LINES:]) + "\n")
        sys.exit(
            f"Could not install {lock.name} (the reason is above): check the network and, behind a mirror, PIP_INDEX_URL"
            " or UV_INDEX_URL; then run the command again."
        )


def _installer_environment() -> dict[str, str]:
    # A virtual environment of the caller must not be taken for the target.
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONHOME"}}


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + words)
        sys.stderr.flush()


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


@contextmanager
def _only_one(folder: Path) -> Iterator[IO[str]]:
    """Hold a lock beside the environment: of two commands started at once in a fresh clone, the second waits."""
    path = folder.with_name(folder.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="ascii")
    except OSError as error:
        _cannot_write(path.parent, error)
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
