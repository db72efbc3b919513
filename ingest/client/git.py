"""How git is asked: always with a list, a time limit and a clean environment, and never so that it asks back or fetches."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from typing import IO, Mapping, Sequence

LIMIT = 30
"""Seconds that one question may take."""
_LEAKS = (
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_PREFIX "
    "GIT_NAMESPACE GIT_CEILING_DIRECTORIES GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS "
    "GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS COVDASH_TOKEN".split()
)
"""What hooks and shells leave behind; the token is nobody's business."""
_FOREIGN_OWNER = ("dubious ownership", "unsafe repository")


class GitError(Exception):
    """Git could not answer; the first line of what it said."""


class Git:
    """Asks git about the repository at `root`. A repository of another user is opened for this one question only."""

    def __init__(self, root: str, env: Mapping[str, str]) -> None:
        """Nothing is asked yet. `note` says what had to be done to be answered."""
        self.root = root
        self.note = ""
        self.env = {name: value for name, value in env.items() if name not in _LEAKS}
        self.env.update(
            LC_ALL="C",
            GIT_OPTIONAL_LOCKS="0",
            GIT_PAGER="cat",
            GIT_TERMINAL_PROMPT="0",
            GIT_NO_LAZY_FETCH="1",
        )
        self._trust: list[str] = []

    def open(self) -> None:
        """Find a way to be answered: as it is, with this folder called safe, or with the folder of git named. Raises `GitError`."""
        try:
            self.ask("rev-parse", "--git-dir")
        except GitError as error:
            if not any(sign in str(error) for sign in _FOREIGN_OWNER):
                raise
        else:
            return
        self._trust = ["-c", f"safe.directory={self.root}"]
        self.note = "owned by another user, using -c safe.directory"
        try:
            self.ask("rev-parse", "--git-dir")
        except GitError:
            self._trust = []
            self.env.update(GIT_DIR=os.path.join(self.root, ".git"), GIT_WORK_TREE=self.root)
            self.note = "owned by another user, using GIT_DIR"
            self.ask("rev-parse", "--git-dir")

    def command(self, *words: str) -> list[str]:
        """Return the command line of a question."""
        return ["git", "-C", self.root, *self._trust, "-c", "core.fsmonitor=false", *words]

    def ask(self, *words: str, given: bytes | None = None) -> bytes:
        """Return what git answers. Raises `GitError`."""
        try:
            done = subprocess.run(
                self.command(*words),
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                capture_output=True,
                env=self.env,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError(f"no answer within {LIMIT} s to git {words[0]}") from error
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror}") from error
        if done.returncode:
            raise GitError(
                done.stderr.decode("utf-8", "replace").strip().split("\n")[0] or f"git {words[0]} failed"
            )
        return done.stdout

    def pour(self, output: IO[bytes], *words: str) -> None:
        """Write what git answers to `output`, as it comes. Raises `GitError`."""
        process = self.start(*words)
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(LIMIT, process.kill)
        late.start()
        try:
            process.stdin.close()
            shutil.copyfileobj(process.stdout, output, 256 * 1024)
        finally:
            late.cancel()
            process.stdout.close()
            code = process.wait()
        if code:
            raise GitError(f"git {words[0]} failed or gave no answer within {LIMIT} s")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a git that answers as it is asked, through pipes."""
        return subprocess.Popen(
            self.command(*words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.env,
        )

    def text(self, *words: str) -> str:
        """Return the answer as one word, "" when there is none."""
        try:
            return os.fsdecode(self.ask(*words)).strip()
        except GitError:
            return ""

    def names(self, *words: str) -> list[str]:
        """Return an answer of names that end with NUL. Raises `GitError`."""
        return [os.fsdecode(name) for name in self.ask(*words).split(b"\0") if name]


def find_root(start: str) -> str:
    """Return the folder with `.git` (a folder, or the file of a worktree or submodule) at or above `start`, or ""."""
    folder = os.path.abspath(start)
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def head_by_hand(root: str) -> tuple[str, str]:
    """Return (sha, git branch) of HEAD as its files say, for machines without git; both "" when they do not."""
    place = os.path.join(root, ".git")
    if os.path.isfile(place):
        place = os.path.join(root, _line(place)[len("gitdir: ") :])
    head = _line(place, "HEAD")
    if not head.startswith("ref: "):
        return head, ""
    name = head[len("ref: ") :]
    common = os.path.join(place, _line(place, "commondir"))
    sha = _line(place, *name.split("/")) or _line(common, *name.split("/"))
    for line in [] if sha else _lines(common, "packed-refs"):
        if line.strip().endswith(f" {name}"):
            sha = line.split()[0]
    return sha, name[len("refs/heads/") :] if name.startswith("refs/heads/") else ""


def _line(*parts: str) -> str:
    return next(iter(_lines(*parts)), "").strip()


def _lines(*parts: str) -> Sequence[str]:
    try:
        with open(os.path.join(*parts), encoding="utf-8", errors="surrogateescape") as file:
            return file.readlines()
    except OSError:
        return []
