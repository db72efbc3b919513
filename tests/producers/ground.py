"""What producers of reports share: a scratch folder, tools from PyPI, npm and Debian, running commands, and the comparison.

A tool is installed for this run only, except Debian packages: those are installed on the machine, and only when it is missing and
this runs as root.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.producers.figures import Says, differences, summary

ROOT = Path(__file__).parents[2]
PROJECTS = Path(__file__).parent / "projects"
_TAIL = 1500
_SHOWN = 4
_DEFAULT_SECONDS = 300


class NotRunError(Exception):
    """The tool cannot be had here; the message says why."""


class BrokenError(Exception):
    """A command of a producer failed."""


@dataclass(frozen=True)
class Producer:
    """A tool that writes reports. `cheap` ones are installed and run within seconds."""

    name: str
    run: Callable[[Ground], None]
    cheap: bool = False


@dataclass
class Ground:
    """Where one producer works, and what came of it."""

    folder: Path
    latest: bool = False
    held: int = 0
    failed: int = 0
    missing: bool = False

    # What is needed

    def pin(self, name: str, version: str, *, by: str = "==") -> str:
        """Return a requirement: the version that this suite was written with, or whatever is newest when the run asks for that."""
        return name if self.latest else f"{name}{by}{version}"

    def python(self, *requirements: str, name: str = "env") -> Path:
        """Return the folder of the programs of a new virtual environment that holds these packages of PyPI."""
        env = self.folder / name
        self.run(sys.executable, "-m", "venv", env)
        if requirements:
            self._install(env / "bin/python", "-m", "pip", "install", "--quiet", *requirements)
        return env / "bin"

    def source_of(self, requirement: str, programs: Path) -> Path:
        """Return the folder of the unpacked source distribution of a package of PyPI."""
        into = self.folder / "sdist"
        self._install(
            programs / "python", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
            "--dest", into, requirement,
        )  # fmt: skip
        (archive,) = into.glob("*.tar.gz")
        shutil.unpack_archive(archive, self.folder, filter="data")
        archive.unlink()
        return self.folder / archive.name.removesuffix(".tar.gz")

    def npm(self, *packages: str, folder: Path) -> Path:
        """Install packages of npm into a folder; return the folder of their programs."""
        self.need("npm", "npm")
        if not (folder / "package.json").exists():
            (folder / "package.json").write_text('{"name": "measured", "version": "1.0.0", "private": true}')
        self._install("npm", "install", "--silent", "--no-audit", "--no-fund", *packages, cwd=folder)
        return folder / "node_modules/.bin"

    def need(self, program: str, *packages: str) -> str:
        """Return the path of a program; install Debian packages when it is missing. A name with `/` is a file that must be there.

        Raises `NotRunError` when it cannot be had.
        """
        there = _found(program)
        if there is None:
            debian(*packages)
            there = _found(program)
        if there is None:
            raise NotRunError(
                f"{program} is missing, although Debian packages {' '.join(packages)} are there"
            )
        return there

    def project(self, name: str) -> Path:
        """Return a copy of one of the small projects beside this module."""
        return Path(shutil.copytree(PROJECTS / name, self.folder / name))

    # Commands

    def run(
        self,
        *words: object,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        statuses: tuple[int, ...] = (0,),
        seconds: int = _DEFAULT_SECONDS,
    ) -> str:
        """Run a command; return what it printed on its standard output. Raises `BrokenError` for another exit status than expected."""
        # `PYTHONPATH` and coverage settings of whoever runs this must not reach the tools.
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("PYTHON", "COV", "DJANGO"))
        }
        environment = {**kept, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "HOME": str(self.folder), **(env or {})}
        command = [str(word) for word in words]
        try:
            done = subprocess.run(
                command, cwd=cwd or self.folder, env=environment, capture_output=True, text=True,
                stdin=subprocess.DEVNULL, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            raise BrokenError(f"{' '.join(command[:4])}: still running after {seconds} seconds") from late
        if done.returncode not in statuses:
            said = (done.stdout + done.stderr)[-_TAIL:]
            raise BrokenError(f"{' '.join(command[:6])}: status {done.returncode}\n{said}")
        return done.stdout

    def _install(self, *words: object, cwd: Path | None = None) -> None:
        """Run a package manager with the settings of whoever runs this; what it cannot get is a reason not to run."""
        command = [str(word) for word in words]
        done = subprocess.run(
            command, cwd=cwd or self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=_DEFAULT_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-400:]
            raise NotRunError(f"{Path(command[0]).name} cannot install {' '.join(command[4:])}: {said}")

    # Verdicts

    def inspect(self, *reports: Path, root: Path | None = None) -> list[dict[str, Any]]:
        """Return what `inspect_report --json` says of reports."""
        words: list[str | Path] = ["inspect_report", "--json", *reports]
        if root is not None:
            words += ["--source-root", root]
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "COVDASH_NO_BOOTSTRAP": "1"},
        )  # fmt: skip
        if done.returncode not in (0, 2):
            raise BrokenError(f"inspect_report: status {done.returncode}\n{done.stderr[-_TAIL:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def compare(self, what: str, report: Path, says: Says, *, root: Path | None = None) -> None:
        """Compare what covdash says of a report with what the tool says, and print one line."""
        if not report.exists():
            raise BrokenError(f"{what}: {report.name} was not written")
        (found,) = self.inspect(report, root=root)
        self.verdict(what, list(differences(says, found)), shown=summary(says))

    def verdict(self, what: str, unlike: Sequence[str], *, shown: str = "") -> None:
        """Print one line: that a comparison held, with what is `shown` then, or the first of what is `unlike`."""
        if unlike:
            self.failed += 1
            more = f"; and {len(unlike) - _SHOWN} more" if len(unlike) > _SHOWN else ""
            self.say(f"FAILED  {what}: {'; '.join(unlike[:_SHOWN])}{more}")
        else:
            self.held += 1
            self.say(f"ok      {what}{': ' * bool(shown)}{shown}")

    @staticmethod
    def say(line: str) -> None:
        """Print a line as one, while others print too."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _found(program: str) -> str | None:
    if "/" in program:
        return program if Path(program).exists() else None
    return shutil.which(program)


_apt = threading.Lock()
_updated: list[float] = []


def debian(*packages: str) -> None:
    """Install Debian packages. Raises `NotRunError` where that is not possible."""
    with _apt:
        _debian(packages)


def _debian(packages: tuple[str, ...]) -> None:
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise NotRunError(f"needs the Debian packages {wanted}, and there is no apt-get")
    if os.geteuid() != 0:
        raise NotRunError(f"needs the Debian packages {wanted}; only root can install them")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    if not _updated:
        subprocess.run(
            [*apt, "update"], env=environment, capture_output=True, timeout=_DEFAULT_SECONDS, check=False
        )
        _updated.append(time.monotonic())
    done = subprocess.run(
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        env=environment, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NotRunError(f"apt-get cannot install {wanted}: {' '.join(done.stderr.split())[-300:]}")
