"""Addresses of the reading room, in one place: every link a page prints is made here. PURE, so that pages can use it.

The shape is `/p/<slug>/-/<verb>/<rest>?<state>`: the lone `-` ends the slug, the path holds the file or the git branch, the query
holds everything else. Names from uploads are percent-encoded segment by segment; `/` stays. Nothing here reads a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote

State = str | int | bool | None
"""A value of the query string; None, False and "" leave the word out."""


@lru_cache(maxsize=4096)
def path_url(path: str) -> str:
    """Return `path` percent-encoded for the path of a URL; `/` stays. Paths are resolved before they are stored: no `.`, no `..`."""
    return quote(path, safe="/@~")


def query_url(address: str, **state: State | tuple[str, ...]) -> str:
    """Return `address` with `state` as its query string, in the order given. Tuples repeat their word."""
    pairs: list[tuple[str, str]] = []
    for word, value in state.items():
        if isinstance(value, tuple):
            pairs.extend((word, item) for item in value)
        elif value is True:
            pairs.append((word, "1"))
        elif value not in (None, False, ""):
            pairs.append((word, str(value)))
    query = "&".join([f"{path_url(word)}={path_url(value)}" for word, value in pairs])
    return f"{address}?{query}" if query else address


def group_url(group: str) -> str:
    """Return the address of a group of projects; all of them for ""."""
    return f"/o/{path_url(group)}/" if group else "/"


@dataclass(frozen=True, slots=True)
class Place:
    """A project and what links inside it keep: the git branch or the commit that is looked at, and the flag.

    `branch` and `commit` exclude each other; both empty mean the head of the default branch. `view` are words of the query that links
    to lines of a file keep: how the file is looked at. `flags` are several flags through which a file is looked at together; `flag` is
    then "", so that what is not this file is seen as a whole.
    """

    slug: str
    branch: str = ""
    commit: str = ""
    flag: str = ""
    view: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()

    def at(self, *, branch: str = "", commit: str = "") -> Place:
        """Return the same place at another git branch or commit."""
        return replace(self, branch=branch, commit=commit)

    def flagged(self, flag: str) -> Place:
        """Return the same place seen through `flag` ("" for all uploads together)."""
        return replace(self, flag=flag, flags=())

    def through(self, flags: tuple[str, ...]) -> Place:
        """Return the same place seen through several flags together."""
        return replace(self, flag="", flags=flags)

    def viewed(self, **view: str) -> Place:
        """Return the same place with other words for how a file is looked at; empty ones are left out."""
        return replace(self, view=tuple((word, value) for word, value in view.items() if value))

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """Words of the query that a form on the page of a file keeps."""
        flags = (("flag", flag) for flag in self.flags or (self.flag,))
        own = (("branch", self.branch), ("commit", self.commit), *flags)
        return (*(word for word in own if word[1]), *self.view)

    @property
    def root(self) -> str:
        """The address of the project, without any state."""
        return f"/p/{path_url(self.slug)}/"

    def overview(self, **state: State) -> str:
        """The first page of the project."""
        return self._kept(self.root, state)

    def tree(self, path: str = "", **state: State | tuple[str, ...]) -> str:
        """The directory `path` ("" for the root; a trailing slash is added)."""
        path = path.strip("/")
        return self._kept(f"{self.root}-/tree/{path_url(path)}/" if path else f"{self.root}-/tree/", state)

    def file(self, path: str, line: int = 0, **state: State) -> str:
        """The file `path`; `line` selects a line in the query (the server must know it) and in the fragment (the browser must)."""
        words = {**self._several, **dict(self.view), **state, "line": line or None}
        address = self._kept(f"{self.root}-/file/{path_url(path)}", words)
        return f"{address}#L{line}" if line else address

    def raw(self, path: str) -> str:
        """The text of the file `path` as it is."""
        return self._kept(f"{self.root}-/raw/{path_url(path)}", {})

    def lines(self, path: str) -> str:
        """The lines of the file `path` with their states, as JSON, and what became of them where it is looked at as a diff."""
        words = {**self._several, "diff": dict(self.view).get("diff")}
        return self._kept(f"{self.root}-/lines/{path_url(path)}.json", words)

    def export(self, sha: str, form: str) -> str:
        """The report of a commit as a file: `lcov.info` or `cobertura.xml`."""
        return query_url(f"{self.root}-/commit/{path_url(sha)}/{form}", flag=self.flag)

    def map(self, path: str = "", **state: State) -> str:
        """The map of the directory `path` ("" for the root)."""
        path = path.strip("/")
        return self._kept(f"{self.root}-/map/{path_url(path)}/" if path else f"{self.root}-/map/", state)

    def arms(self, **state: State) -> str:
        """The page of arms never taken."""
        return self._kept(f"{self.root}-/arms", state)

    def functions(self, **state: State) -> str:
        """The page of functions never called."""
        return self._kept(f"{self.root}-/functions", state)

    def attention(self, **state: State) -> str:
        """What needs eyes, ranked."""
        return self._kept(f"{self.root}-/attention", state)

    def review(self, form: str = "", /, **state: State) -> str:
        """The review of a period of a git branch, as a page or as `md`."""
        return query_url(f"{self.root}-/review{f'.{form}' if form else ''}", **state)

    def branches(self, **state: State) -> str:
        """The list of git branches."""
        return query_url(f"{self.root}-/branches", **state)

    def branch_page(self, name: str, **state: State) -> str:
        """The page of a git branch: all of the rest is its name."""
        return query_url(f"{self.root}-/branch/{path_url(name)}", **state)

    def commits(self, **state: State) -> str:
        """The list of commits."""
        return query_url(f"{self.root}-/commits", **state)

    def commit_page(self, sha: str, **state: State) -> str:
        """The page of a commit."""
        return query_url(f"{self.root}-/commit/{path_url(sha)}", **state)

    def compare(self, base: str = "", head: str = "", **state: State) -> str:
        """Two git branches or commits side by side."""
        return query_url(f"{self.root}-/compare", base=base, head=head, **state)

    def pulls(self, **state: State) -> str:
        """The list of pull requests."""
        return query_url(f"{self.root}-/pulls", **state)

    def pull(self, number: int, **state: State) -> str:
        """The page of a pull request."""
        return query_url(f"{self.root}-/pull/{number}", **state)

    def trends(self, form: str = "", /, **state: State | tuple[str, ...]) -> str:
        """The trends, or their rows as `csv` or `json`; `from` is spelled `from_`, since it is a word of Python."""
        address = f"{self.root}-/trends.{form}" if form else f"{self.root}-/trends"
        return query_url(address, **{word.rstrip("_"): value for word, value in state.items()})

    def uploads(self, **state: State) -> str:
        """The list of uploads; `from` is spelled `from_`."""
        return query_url(
            f"{self.root}-/uploads", **{word.rstrip("_"): value for word, value in state.items()}
        )

    def upload(self, upload_id: str, deed: str = "", **state: State) -> str:
        """The page of an upload, or below it what can be done to it: `rule`, `exclude`, `raw/0`."""
        address = f"{self.root}-/upload/{path_url(upload_id)}"
        return query_url(f"{address}/{deed}" if deed else address, **state)

    def upload_data(self, upload_id: str) -> str:
        """The same upload as JSON."""
        return f"/api/v1/projects/{path_url(self.slug)}/-/uploads/{path_url(upload_id)}"

    def setup(self, **state: State) -> str:
        """The page that shows how to send the first report."""
        return query_url(f"{self.root}-/setup", **state)

    def badge(self, form: str = "svg", /, **state: State) -> str:
        """The badge as `svg` or `json`; nothing of the place is kept, since it stands on other pages."""
        return query_url(f"{self.root}-/badge.{form}", **state)

    def settings(self, section: str = "general", **state: State) -> str:
        """A page of the settings."""
        return query_url(f"{self.root}-/settings/{path_url(section)}", **state)

    @property
    def _several(self) -> dict[str, State | tuple[str, ...]]:
        return {"flag": self.flags} if self.flags else {}

    def _kept(self, address: str, state: Mapping[str, State | tuple[str, ...]]) -> str:
        """Return `address` with the place's own state first, then `state`."""
        own: dict[str, State | tuple[str, ...]] = {
            "branch": self.branch,
            "commit": self.commit,
            "flag": self.flag,
        }
        return query_url(
            address, **{word: value for word, value in own.items() if word not in state}, **state
        )
