"""One CI system: what it calls commit, git branch and job, where its secrets are kept, and the frame of a step in it. PURE data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ci:
    """A CI: shell expressions for what covdash wants to know, where the secret is put, and the frame of a snippet.

    `frame` has a line `@@` that the script replaces, indented as that line is; `file` is where the snippet goes.
    """

    key: str
    title: str
    file: str
    secret: str
    frame: str
    commit: str
    branch: str
    pull: str = ""
    job: str = ""
    attempt: str = ""
    build_url: str = ""
    replaces: str = ""
    """What this CI would replace before the shell; its first sign is doubled: `${` (Drone), `$` (Buildkite), `%` (TeamCity)."""
