"""Scratch repositories in the states that CI systems check out: git branches, heads, merges of either order, tags.

At depth 1, or whole. One origin is made for all: `main` with `first` and `base`, `feature/x` with `head` on top of `first`, and merges
of `base` and `head`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECRET = "glpat-very-secret"
STATES = {
    "main": ("base", "main"),
    "main-detached": ("base", ""),
    "feature": ("head", "feature/x"),
    "head": ("head", ""),
    "merge": ("merge", ""),
    "reversed": ("reversed", ""),
    "unnamed": ("unnamed", ""),
    "tag": ("base", ""),
}
"""State -> (commit, git branch that is checked out; "" for a detached HEAD)."""


def clean() -> dict[str, str]:
    """Return an environment without CI, without settings of git and with a person."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    person = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    return kept | person | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *words: str, given: str | None = None) -> str:
    """Run git; returns what it printed."""
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=clean(),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files below `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)


def commit(folder: Path, message: str, files: dict[str, str | bytes]) -> str:
    """Commit files; returns the id."""
    write(folder, files)
    git(folder, "add", "--", *files)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@dataclass(frozen=True)
class Origin:
    """The repository that all states are cloned from, and its commits and trees by name."""

    folder: Path
    names: dict[str, str]

    def checkout(self, state: str, folder: Path, *, depth: int) -> Path:
        """Make a clone in a state of `STATES`; `depth` 0 is the whole history with all git branches."""
        name, branch = STATES[state]
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--initial-branch", branch or "nothing")
        git(folder, "remote", "add", "origin", f"file://{self.folder}")
        if depth:
            git(folder, "fetch", "--quiet", f"--depth={depth}", "origin", self.names[name])
        else:
            git(
                folder,
                "fetch",
                "--quiet",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
                "+refs/test/*:refs/test/*",
            )
        where = ["-B", branch] if branch else ["--detach"]
        git(folder, "checkout", "--quiet", *where, self.names[name])
        git(folder, "remote", "set-url", "origin", f"https://oauth2:{SECRET}@git.example.org/acme/pay.git")
        return folder


def origin(folder: Path) -> Origin:
    """Make the origin."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    names = {
        "first": commit(folder, "First", {"src/pay.py": "def pay():\n    return 1\n", "README": "Pay\n"})
    }
    names["base"] = commit(folder, "Base", {"README": "Pay and be paid\n"})
    git(folder, "tag", "v1.2.3")
    git(folder, "checkout", "--quiet", "-b", "feature/x", names["first"])
    names["head"] = commit(folder, "Faster totals", {"src/pay.py": "def pay():\n    return 2\n"})
    merged = git(folder, "merge-tree", "--write-tree", names["base"], names["head"]).split()[0]
    base, head = names["base"], names["head"]
    for name, parents, message in (
        ("merge", (base, head), f"Merge {head} into {base}"),
        ("reversed", (head, base), f"Merge commit '{base}' into HEAD"),
        ("unnamed", (base, head), "Some merge"),
    ):
        made = git(folder, "commit-tree", merged, "-p", parents[0], "-p", parents[1], "-m", message)
        git(folder, "update-ref", f"refs/test/{name}", made)
        names[name] = made
    trees = {f"{name}_tree": git(folder, "rev-parse", f"{sha}^{{tree}}") for name, sha in names.items()}
    return Origin(folder, names | trees)
