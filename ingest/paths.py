"""From the paths that a report writes to paths of the repository. PURE: names only, never a disk (`docs/formats.md`, paths).

With the list of repository files a path is looked up: as it is, below the source roots the report names, without its leading
folders, as the tail of one listed file, and at last without regard to letter case. Without a list nothing is guessed that could come
out differently in another job: see `workspace.py`. A path that stays outside is reported and never becomes part of the tree.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from ingest import workspace

MAX_PATH = 4096
"""Bytes of UTF-8."""
MAX_LISTED = 200_000
MAX_CANDIDATES = 10
UNKNOWN = "it is none of the files of the repository"
OUTSIDE = "it lies outside the repository"

_WINDOWS = re.compile(r"^(?:[A-Za-z]:[\\/]|\\\\|[^/]*\\[^/]*$)")
_SCHEME = re.compile(r"^(?:file|webpack|webpack-internal|ng)://+(?:localhost/)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reported path belongs: `path` in the repository, or None with the `reason`, or the `candidates` it could be."""

    path: str | None
    reason: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(slots=True)
class Known:
    """The files of the repository, indexed for lookups. Comparison is by NFC; what is returned is as listed."""

    exact: dict[str, str] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[str]) -> Known:
        """Index a list of repository files."""
        known = cls()
        for path in sorted(set(paths)):
            key = unicodedata.normalize("NFC", path)
            known.exact[key] = path
            known.folded.setdefault(key.casefold(), path)
            known.named.setdefault(key.rpartition("/")[2].casefold(), []).append(key)
        return known


def listed(text: bytes) -> list[str]:
    """Return the files named in an uploaded list: one per line (or NUL-separated, as `git ls-files -z`), normalised, first 200,000."""
    rows = text.split(b"\0") if b"\0" in text else text.splitlines()
    paths = (_plain(row.decode("utf-8", "replace")) for row in rows[:MAX_LISTED])
    return [path for path in paths if path and not path.startswith(("../", "/"))]


def resolve(
    reported: Iterable[str],
    *,
    roots: Sequence[str] = (),
    known: Known | None = None,
    slug: str = "",
    go: bool = False,
) -> dict[str, Place]:
    """Return the place of every reported path, whatever their order.

    `roots` are the source roots that the report names, `slug` that of the project, `go` says that these are Go import paths.
    """
    bases = [_plain(root) for root in roots]
    if known is None:
        return {path: _alone(path, bases, slug=slug, go=go) for path in reported}
    paths = sorted(set(reported))
    lookup = _Lookup(known, bases)
    places: dict[str, Place] = {}
    # What is certain first: it tells which folders to cut or to add where a name alone could be several files.
    for look in (lookup.surely, lookup.likely, lookup.at_last):
        for path in paths:
            if path not in places and (place := look(path)):
                places[path] = place
    return places


class _Lookup:
    """Looks paths of one report up in the list of files, and remembers which rewriting worked for the others."""

    def __init__(self, known: Known, bases: Sequence[str]) -> None:
        self.known = known
        self.bases = bases
        self.removed: Counter[str] = Counter()
        self.added: Counter[str] = Counter()

    def surely(self, reported: str) -> Place | None:
        """Find `reported` as it is, below a root, or without two or more of its leading folders left."""
        if problem := _problem(reported):
            return Place(None, problem)
        path = _plain(reported)
        key = unicodedata.normalize("NFC", path)
        for base in ("", *self.bases):
            joined = posixpath.normpath(posixpath.join(base, key)) if base else key
            if found := self.known.exact.get(joined) or self._tail(joined, shortest=2):
                self._remember(key, found)
                return Place(found)
        return None

    def likely(self, reported: str) -> Place | None:
        """Find `reported` by its last name, or as the tail of exactly one listed file."""
        key = unicodedata.normalize("NFC", _plain(reported))
        if workspace.is_foreign(key):
            return Place(None, OUTSIDE)
        if found := self._bare_name(key):
            return Place(found)
        ends = self._ends(key)
        if len(ends) != 1:
            return None
        found = self.known.exact[ends[0]]
        self._remember(key, found)
        return Place(found)

    def at_last(self, reported: str) -> Place:
        """Choose among several listed files by what the other files of the report were, or find `reported` in other letter case."""
        key = unicodedata.normalize("NFC", _plain(reported))
        ends = self._ends(key)
        if not ends:
            return self._folded(key)
        tail = key.lstrip("/")
        votes = Counter({path: self.added[path[: -len(tail)]] for path in ends}).most_common(2)
        if votes[0][1] > votes[1][1]:
            return Place(self.known.exact[votes[0][0]])
        return Place(None, candidates=tuple(self.known.exact[path] for path in ends[:MAX_CANDIDATES]))

    def _ends(self, key: str) -> list[str]:
        """Return the listed files that end with `key`."""
        named = self.known.named.get(key.rpartition("/")[2].casefold(), ())
        return [path for path in named if path.endswith(f"/{key.lstrip('/')}")]

    def _remember(self, key: str, found: str) -> None:
        if len(found) > len(key) and found.endswith(f"/{key}"):
            self.added[found[: -len(key)]] += 1

    def _tail(self, key: str, shortest: int) -> str | None:
        """Return the listed file that is the longest tail of `key` with at least `shortest` segments."""
        if workspace.is_foreign(key):
            return None
        parts = key.lstrip("/").split("/")
        for start in range(1, len(parts) - shortest + 1):
            if found := self.known.exact.get("/".join(parts[start:])):
                self.removed["/".join(parts[:start])] += 1
                return found
        return None

    def _bare_name(self, key: str) -> str | None:
        """Return the file at the top of the repository that has the last name of `key`, if its folder is where others were cut."""
        folder, _, name = key.lstrip("/").rpartition("/")
        found = self.known.exact.get(name) if folder and key.startswith(("/", "../")) else None
        return found if found and (not self.removed or folder in self.removed) else None

    def _folded(self, key: str) -> Place:
        parts = key.lstrip("/").casefold().split("/")
        for start in range(max(len(parts) - 1, 1)):
            if found := self.known.folded.get("/".join(parts[start:])):
                return Place(found)
        return Place(None, UNKNOWN)


def _alone(reported: str, bases: Sequence[str], *, slug: str, go: bool) -> Place:
    """Place a path without a list of files: by what it says itself, so that every job of a commit agrees."""
    if problem := _problem(reported):
        return Place(None, problem)
    path = _plain(reported)
    if go:
        path = workspace.without_module(path)
    if not path.startswith("/") and len(bases) == 1:
        base = workspace.inside(bases[0], slug)
        # A root that is no known workspace names a machine, not the repository: the path below it is all we know.
        path = posixpath.normpath(posixpath.join(base, path)) if base is not None else path
    if path.startswith("/"):
        if workspace.is_foreign(path) and workspace.inside(path, slug) is None:
            return Place(None, OUTSIDE)
        path = workspace.inside(path, slug) or path.lstrip("/")
    if path.startswith("../") or path == ".." or workspace.is_foreign(path):
        return Place(None, OUTSIDE)
    return Place(path)


def _problem(reported: str) -> str:
    if "\0" in reported:
        return "it holds a NUL character"
    if len(reported.encode("utf-8", "surrogatepass")) > MAX_PATH:
        return f"it is longer than {MAX_PATH} bytes"
    return "" if _plain(reported) else "it is empty"


def _plain(path: str) -> str:
    """Return a POSIX path without scheme, drive, `./`, `a/../` and doubled slashes; absolute ones keep their first slash."""
    path = path.rstrip("\r\n ")
    stripped = _SCHEME.sub("", path)
    if stripped != path:
        path = unquote(stripped)
        path = path if path.startswith(".") or _WINDOWS.match(path) else f"/{path}"
    if _WINDOWS.match(path):
        path = path.replace("\\", "/")
    if re.match(r"^[A-Za-z]:/", path):
        path = path[2:]
    if not path:
        return ""
    plain = posixpath.normpath(path)
    plain = f"/{plain.lstrip('/')}" if plain.startswith("/") else plain
    return "" if plain in {".", "/"} else plain


def summary(places: Mapping[str, Place], *, keep: int = 1000) -> dict[str, object]:
    """Return the shape of `facts.PathResolution`: exact counts, and at most `keep` examples of each kind."""
    placed = [(raw, place.path) for raw, place in places.items() if place.path is not None]
    rewritten = sorted((raw, path) for raw, path in placed if raw != path)
    ambiguous = sorted((raw, place.candidates) for raw, place in places.items() if place.candidates)
    unmatched = sorted(
        (raw, place.reason) for raw, place in places.items() if place.path is None and not place.candidates
    )
    return {
        "matched": len(placed) - len(rewritten),
        "rewritten_count": len(rewritten),
        "ambiguous_count": len(ambiguous),
        "unmatched_count": len(unmatched),
        "rewritten": rewritten[:keep],
        "ambiguous": ambiguous[:keep],
        "unmatched": unmatched[:keep],
    }
