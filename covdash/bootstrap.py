"""From a bare Python to a process that has every dependency: makes `.venv` from the hashed lock and re-executes there.

Standard library only, and it must still parse on an old Python, so that the reader gets a sentence and not a traceback.
In a container, or in any environment that already satisfies the lock, it does nothing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
RUN_LOCK = "requirements.lock"
S3_LOCK = "requirements-s3.lock"
TEST_LOCK = "requirements-dev.lock"
STAMP = "covdash-locks"
LAST_LINES = 15


def ensure(argv):
    """Return in a process where the lock is installed; otherwise install it and replace this process.

    `argv` is `sys.argv`: the command decides which lock is needed. Leaves with one sentence when it cannot be done.
    """
    if sys.version_info < OLDEST:
        sys.exit(
            "covdash needs Python 3.11 or newer, and this is Python %d.%d: run it with a newer one, as in"
            " `python3.11 manage.py up`." % sys.version_info[:2]
        )
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


def fresh(folder, lock):
    """Whether `folder` is an environment in which this very version of `lock` has been installed to the end."""
    try:
        stamp = (folder / STAMP).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return False
    return _digest(lock) in stamp and _python(folder).exists()


def install(folder, lock):
    """Make the environment when there is none that works, and install `lock` into it; the stamp is written last."""
    started = time.monotonic()
    count = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    uv = shutil.which("uv")
    if uv and not _works([uv, "--version"]):
        uv = None  # a shim without a uv behind it
    _say("Installing %d packages into %s with %s (only once) ..." % (count, folder, "uv" if uv else "pip"))
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
    _say("Installed in %.0f s." % (time.monotonic() - started))


def _lock_for(argv):
    if len(argv) > 1 and argv[1] == "test":
        return ROOT / TEST_LOCK
    return ROOT / (S3_LOCK if os.environ.get("COVDASH_S3_BUCKET") else RUN_LOCK)


def _digest(lock):
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _python(folder):
    return folder / "bin" / "python"


def _leap(folder, argv):
    python = str(_python(folder))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    sys.stdout.flush()
    try:
        os.execve(python, [python, *argv], environment)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.exit(
            "Cannot start %s: %s; remove %s and run the command again." % (python, error.strerror, folder)
        )


def _foreign_satisfies(lock):
    """Whether the running interpreter, whatever it is, has every package of the lock in its version."""
    if sys.prefix == sys.base_prefix and not Path("/.dockerenv").exists() and "container" not in os.environ:
        return False  # a plain system Python: asking 60 packages would only cost time
    try:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - after the version check

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


def _pip_install(folder, lock, *, count, usable):
    python = str(_python(folder))
    # The pip of the starting Python can install into the new environment, which saves unpacking another pip there.
    pip = [sys.executable, "-m", "pip", "--python", python]
    if not usable and _works([sys.executable, "-m", "pip", "--python", sys.executable, "--version"]):
        _make(folder, [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
    elif not usable or not _works([*pip, "--version"]):
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit(
                "This Python has neither pip nor ensurepip, so it cannot make an environment: install it (Debian and"
                " Ubuntu: `apt install python3-venv`), or put `uv` on the PATH, and run the command again."
            )
        _make(folder, [sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [python, "-m", "pip"]
    # Compiling is left to the first import: most modules are never imported. The lock is complete, so nothing is
    # resolved; one half for each of two processes takes half the time.
    options = ["--no-input", "--disable-pip-version-check", "--no-compile", "--progress-bar", "off"]
    with tempfile.TemporaryDirectory() as parts:
        commands = []
        for number, text in enumerate(_halves(lock)):
            part = Path(parts, "part-%d.txt" % number)
            part.write_text(text, encoding="utf-8")
            commands.append([*pip, "install", *options, "--no-deps", "--require-hashes", "-r", str(part)])
        _run(commands, count, lock)


def _halves(lock):
    """Split the lock into two lists of requirements, each with its hashes."""
    halves = ["", ""]
    number = 0
    for line in lock.read_text(encoding="utf-8").splitlines(keepends=True):
        if line[:1].isalnum():
            number += 1
        if number and not line.lstrip().startswith("#"):
            halves[number % 2] += line
    return halves


def _make(folder, command):
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)  # noqa: S603
    except OSError as error:
        _cannot_write(folder, error)
    if made.returncode != 0:
        if not os.access(folder.parent, os.W_OK):
            _cannot_write(folder, None)
        sys.stderr.write(made.stdout.decode(errors="replace"))
        sys.exit("The environment %s could not be made (above); set COVDASH_VENV to another folder." % folder)


def _cannot_write(folder, error):
    reason = " (%s)" % error.strerror if error is not None else ""
    sys.exit(
        "Cannot write %s%s: make it writable, or set COVDASH_VENV to a folder of your own." % (folder, reason)
    )


def _works(command):
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def _run(commands, count, lock):
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
                _progress("%d of %d: %s" % (seen, count, line.split()[1].partition("==")[0]))
            elif line.startswith("Installing collected"):
                _progress("unpacking")
    _progress("")
    statuses = [process.wait() for process in running]
    if any(statuses):
        sys.stderr.write("\n".join(said[-LAST_LINES:]) + "\n")
        sys.exit(
            "Could not install %s (the reason is above): check the network and, behind a mirror, PIP_INDEX_URL or"
            " UV_INDEX_URL; then run the command again." % lock.name
        )


def _installer_environment():
    # A virtual environment of the caller must not be taken for the target.
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONHOME"}}


def _progress(words):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + words)
        sys.stderr.flush()


def _say(sentence):
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


class _only_one:  # noqa: N801 - reads as a verb at its one use
    """Two commands started at once in a fresh clone: the second waits for the first."""

    def __init__(self, folder):
        self.path = folder.with_name(folder.name + ".lock")

    def __enter__(self):
        import fcntl  # noqa: PLC0415 - not on every platform, and only needed here

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("a")
        except OSError as error:
            _cannot_write(self.path.parent, error)
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_error):
        self.file.close()
