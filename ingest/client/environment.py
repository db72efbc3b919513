"""What a CI says of its build: the variables it sets, each value with its origin, and the shape of an adapter.

An adapter (`System`) is a table of names plus at most one function. A name is a variable, or a template such as
`{CI_SERVER}/{CI_RUN}` that counts only when all its variables are set. A variable that is set but empty counts as not set.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Mapping, NamedTuple, Sequence

MAX_EVENT = 8 * 1024 * 1024
SHA = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_NONE = {"false", "undefined", "null", "none"}
_NUMBER = re.compile(r"(?:.*[/#!])?([0-9]{1,9})(?:/(?:head|merge|from))?")


class Fact(NamedTuple):
    """A value, and where it comes from, in words."""

    value: str
    origin: str


class Checkout(NamedTuple):
    """What git says of the commit that is checked out; empty without git. `branch` is empty on a detached HEAD."""

    sha: str = ""
    tree: str = ""
    parents: tuple[str, ...] = ()
    message: str = ""
    branch: str = ""


class Build:
    """A build as its CI tells it: `facts` by field, and doubts in words.

    Fields: commit (what the CI says it checked out), head (of a pull request), branch, pull_branch, pull, base, base_sha, slug,
    head_slug, default_branch, tag, title, build_url, run, attempt, workflow, workflow_title, job, node, event, host.
    `ignore_tree`: the checkout is not what was tested. `needs_matrix`: legs of a matrix cannot be told apart without being told.
    """

    def __init__(
        self, env: Mapping[str, str], checkout: Checkout, on_target: Callable[[str, str], bool] | None = None
    ) -> None:
        """`on_target(sha, branch)` asks git whether a commit is on a branch that was fetched."""
        self.env, self.checkout = env, checkout
        self.on_target = on_target or (lambda _sha, _branch: False)
        self.facts: dict[str, Fact] = {}
        self.doubts: list[str] = []
        self.adds = False
        self.is_fork = False
        self.ignore_tree = False
        self.needs_matrix = False
        self._event: dict[str, Any] | None = None

    def get(self, name: str) -> str:
        """Return a variable, "" when it is not set or empty."""
        return self.env.get(name, "").strip()

    def __getitem__(self, field: str) -> str:
        """Return the value of a field, or ""."""
        return self.facts[field].value if field in self.facts else ""

    def put(self, field: str, value: Any, origin: str) -> None:
        """Set a field, unless the value is empty."""
        text = text_value(value)
        if text:
            self.facts[field] = Fact(text, origin)

    def drop(self, *fields: str) -> None:
        """Forget fields."""
        for field in fields:
            self.facts.pop(field, None)

    @property
    def event(self) -> dict[str, Any]:
        """The event of GitHub and its kin; empty when the file is missing, empty or damaged."""
        if self._event is None:
            self._event = {}
            try:
                with open(self.get("GITHUB_EVENT_PATH"), "rb") as file:
                    found = json.loads(file.read(MAX_EVENT))
                self._event = found if isinstance(found, dict) else {}
            except (OSError, ValueError):
                pass
        return self._event

    def put_event(self, field: str, path: str) -> None:
        """Set a field from the event, if it is there."""
        self.put(field, dig(self.event, path), f"GITHUB_EVENT_PATH {path}")


class System(NamedTuple):
    """A CI: `signs` are alternatives, each of variables that must be set (`NAME`, or `NAME=value`)."""

    key: str
    title: str
    signs: Sequence[Sequence[str]]
    names: Mapping[str, Sequence[str]]
    refine: Callable[[Build], None] | None = None


def dig(document: Any, path: str) -> Any:
    """Return what lies at `a.b.c` in a JSON document, None when there is nothing."""
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def text_value(value: Any) -> str:
    """Return a value as text; what is no text or number counts as nothing."""
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def number_of(text: str) -> str:
    """Return the number of a pull request from `12`, `pull/12`, `refs/pull/12/merge`, an address or `group/p!12`; else ""."""
    found = _NUMBER.fullmatch(text.strip())
    return found.group(1).lstrip("0") if found and text.lower() not in _NONE else ""


def branch_of(text: str) -> str:
    """Return the name of a git branch without `refs/heads/` and `origin/`; `HEAD` and references to pull requests are none."""
    for prefix in ("refs/heads/", "refs/remotes/", "remotes/", "origin/"):
        if text.startswith(prefix):
            text = text[len(prefix) :]
    if text == "HEAD" or re.match(r"refs/(tags|pull|pull-requests|merge-requests)/", text):
        return ""
    return text


def slug_of(address: str) -> str:
    """Return `group/name` of a repository from its address; a slug stays as it is."""
    text = re.sub(r"^[a-z+]+://[^/]*/|^[^/]*@?[^/:]+:(?!//)", "", strip_secrets(address))
    return re.sub(r"\.git$", "", text.strip("/"))


def host_of(address: str) -> str:
    """Return the host in the address of a repository, or ""."""
    found = re.match(r"[a-z+]+://([^/]+)|(?:[^/@]*@)?([^/:]+):(?!//)", strip_secrets(address))
    return (found.group(1) or found.group(2)) if found else ""


def strip_secrets(address: str) -> str:
    """Return the address of a repository without user, password and query: CI systems put tokens there."""
    address = re.sub(r"^([a-z+]+://)[^/]*@", r"\1", address.strip())
    return re.split(r"[?#]", address, maxsplit=1)[0]


_CLEANED: Mapping[str, Callable[[str], str]] = {
    "branch": branch_of,
    "pull_branch": branch_of,
    "base": branch_of,
    "default_branch": branch_of,
    "pull": number_of,
    "slug": slug_of,
    "head_slug": slug_of,
}


_OF_PULLS = ("head", "pull_branch", "base", "base_sha", "head_slug")
"""Fields that variables may hold on a push too, where they mean something else."""


def detect(env: Mapping[str, str], systems: Sequence[System]) -> System | None:
    """Return the first system whose signs are there."""
    for system in systems:
        if any(all(_is_set(env, sign) for sign in signs) for signs in system.signs):
            return system
    return None


def _is_set(env: Mapping[str, str], sign: str) -> bool:
    name, _, wanted = sign.partition("=")
    value = env.get(name, "").strip()
    return value.lower() == wanted if wanted else bool(value)


def fill(build: Build, system: System) -> None:
    """Read the table of a system, then let its function refine what was read."""
    for field, names in system.names.items():
        for name in names:
            value = _read(build, name)
            clean = _CLEANED.get(field)
            if clean:
                value = clean(value)
            if value:
                build.put(field, value, name)
                break
    if not build["pull"]:
        build.drop(*_OF_PULLS)
    if system.refine:
        system.refine(build)


def _read(build: Build, name: str) -> str:
    if "{" not in name:
        return build.get(name)
    words = re.findall(r"\{(\w+)\}", name)
    if not all(build.get(word) for word in words):
        return ""
    return re.sub(r"\{(\w+)\}", lambda found: build.get(found.group(1)), name)
