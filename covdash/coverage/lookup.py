"""Looking up the paths of one report in the list of repository files. PURE.

Certain answers come first, since they tell what the report means where a path alone could be several files: which folders it has on
top, and which it lacks. What nothing decides stays ambiguous, with its candidates; no candidate is ever taken because it is the first.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence

from covdash.coverage import workspace
from covdash.coverage.places import OUTSIDE, UNKNOWN, Known, Named, Place

MAX_CANDIDATES = 10
_MAX_VOTERS = 500
"""Of more listed files with one ending none is chosen."""
_NEAR = 4
"""So many last names of a path are compared when nothing else fits."""
_DEEPEST = 200

CUT = "without the folders before it"
BELOW = "below a source root of the report"
TAIL = "the only listed file that ends so"
AGREED = "as the other files of the report"
CASE = "in other letter case"


class Lookup:
    """Looks paths of one report up in the list of files, and remembers which rewriting worked for the others."""

    def __init__(self, known: Known, bases: Sequence[str], slug: str) -> None:
        """`bases` are the source roots of the report, made plain."""
        self.known = known
        self.bases = bases
        self.slug = slug
        self.removed: Counter[str] = Counter()
        self.added: Counter[str] = Counter()

    def all(self, named: Sequence[Named]) -> dict[str, Place]:
        """Return the place of every path."""
        places: dict[str, Place] = {}
        for look in (self._surely, self._likely):
            for one in named:
                if one.reported not in places and (place := look(one)):
                    places[one.reported] = place
        # Those that only the others can settle all see the same others.
        places |= {one.reported: self._at_last(one) for one in named if one.reported not in places}
        return places

    def _surely(self, one: Named) -> Place | None:
        """Find a path as it is, below a root, or without folders before it, where only one file fits."""
        key = one.key
        if not one.rule and one.reported in self.known.exact:
            key = one.reported
        if key in self.known.exact and self._joined(one, key) == (key,):
            return self._place(one, key, "")
        found = self._candidates(one, key)
        if len(found) != 1:
            return None
        ((path, (cut, how)),) = found.items()
        if cut:
            self.removed[cut] += 1
        self._remember(key, path)
        return self._place(one, path, how)

    def _candidates(self, one: Named, key: str) -> dict[str, tuple[str, str]]:
        """Return the files that a path can be: file -> (folders removed, how)."""
        found: dict[str, tuple[str, str]] = {}
        joined = self._joined(one, key)
        for path in joined:
            tails = self._tails(path)
            # Below several roots each root has its own answer, of which none may be preferred.
            for file, cut in tails if len(joined) == 1 else tails[:1]:
                found.setdefault(file, (cut, BELOW if path != key else CUT))
        if key in self.known.exact and (not found or len(joined) > 1):
            found.setdefault(key, ("", ""))
        return found

    def _joined(self, one: Named, key: str) -> tuple[str, ...]:
        if one.rule or key.startswith("/") or not self.bases:
            return (key,)
        return tuple(dict.fromkeys(posixpath.normpath(posixpath.join(base, key)) for base in self.bases))

    def _tails(self, path: str) -> list[tuple[str, str]]:
        """Return (listed file, folders removed) for the ends of `path` with two names or more, the longest first."""
        parts = path.lstrip("/").split("/")
        if parts[-1] not in self.known.names:
            return []
        if workspace.is_system(path) and workspace.inside(path, self.slug) is None:
            return []
        latest = len(parts) - 2
        marker = workspace.dependency_at(path)
        if marker is not None:
            # Other people's code is a file of the repository only together with the folder that says so: vendored, and listed.
            latest = min(latest, marker)
        top = "/" if path.startswith("/") else ""
        found: list[tuple[str, str]] = []
        for number in range(max(0, len(parts) - min(self.known.deepest, _DEEPEST)), latest + 1):
            tail = "/".join(parts[number:])
            if tail in self.known.exact:
                found.append((tail, top + "/".join(parts[:number])))
        at_top = top and marker is None and parts[-1] in self.known.exact and len(parts) > 1
        # A file at the top of the repository is one more candidate; alone, it is one only in a known workspace.
        if at_top and (found or workspace.inside(path, self.slug) == parts[-1]):
            found.append((parts[-1], top + "/".join(parts[:-1])))
        return found

    def _likely(self, one: Named) -> Place | None:
        """Find a path by its last name where others were cut, or as the tail of exactly one listed file."""
        key = one.key
        if self._is_foreign(key):
            return None if self._candidates(one, key) else Place(None, OUTSIDE)
        if found := self._bare_name(key):
            return self._place(one, found, CUT)
        ends = self._ends(key)
        if len(ends) != 1 or self._candidates(one, key):
            return None
        self._remember(key, ends[0])
        return self._place(one, ends[0], TAIL)

    def _at_last(self, one: Named) -> Place:
        """Choose among several files by what the other files of the report were, or look without regard to letter case."""
        key = one.key
        if found := self._candidates(one, key):
            return self._agreed(
                one, {file: self._votes(key, file, cut) for file, (cut, _) in found.items()}, found
            )
        if ends := self._ends(key):
            if len(ends) > _MAX_VOTERS:
                return self._open(ends)
            tail = key.lstrip("/")
            return self._agreed(one, {file: self.added[file[: -len(tail)]] for file in ends}, {})
        if folded := self._folded(key):
            return self._place(one, folded[0], CASE) if len(folded) == 1 else self._open(folded)
        near = self._near(key)
        return self._open(near) if near else Place(None, UNKNOWN)

    def _agreed(self, one: Named, votes: dict[str, int], found: dict[str, tuple[str, str]]) -> Place:
        ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
        if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
            if ranked[0][1] == 0 and found and len(self._joined(one, one.key)) == 1:
                # Nothing speaks against the longest end of one path: the shorter ones are files that only end alike.
                longest = next(iter(found))
                return self._place(one, longest, found[longest][1])
            return self._open(votes)
        return self._place(one, ranked[0][0], AGREED)

    def _votes(self, key: str, file: str, cut: str) -> int:
        """Return how many other files speak for `file`; the known workspace of a CI service is one of them."""
        added = self.added[file[: -len(key)]] if len(file) > len(key) and file.endswith(f"/{key}") else 0
        own = int(workspace.inside(key, self.slug) == file) if key.startswith("/") else 0
        return self.removed[cut] + added + own if cut else added

    def _is_foreign(self, key: str) -> bool:
        if workspace.dependency_at(key) is not None:
            return True
        return workspace.is_system(key) and workspace.inside(key, self.slug) is None

    def _ends(self, key: str) -> list[str]:
        """Return the listed files that end with `key`, at most one more than can be compared."""
        return self.known.ending(key.lstrip("/"), _MAX_VOTERS + 1)

    def _remember(self, key: str, found: str) -> None:
        if len(found) > len(key) and found.endswith(f"/{key}"):
            self.added[found[: -len(key)]] += 1

    def _bare_name(self, key: str) -> str | None:
        """Return the file at the top of the repository that has the last name of `key`, if its folder is where others were cut."""
        folder, _, name = key.rpartition("/")
        if name not in self.known.exact or not key.startswith(("/", "../")):
            return None
        if self.removed:
            return name if folder in self.removed else None
        return name if self.known.names[name] == 1 else None

    def _folded(self, key: str) -> list[str]:
        parts = key.lstrip("/").casefold().split("/")
        start = max(0, len(parts) - min(self.known.deepest, _DEEPEST))
        for number in range(start, max(len(parts) - 1, 1)):
            if found := self.known.folded.get("/".join(parts[number:])):
                return found
        return []

    def _near(self, key: str) -> list[str]:
        """Return the few listed files whose last names are those of `key`, as many names as possible. A hint, never an answer."""
        parts = key.lstrip("/").split("/")
        for length in range(min(_NEAR, len(parts) - 1), 0, -1):
            tail = "/".join(parts[-length:])
            found = self.known.ending(tail, MAX_CANDIDATES + 1)
            if tail in self.known.exact:
                found.append(tail)
            if found:
                return found if len(found) <= MAX_CANDIDATES else []
        return []

    def _place(self, one: Named, key: str, how: str) -> Place:
        path = self.known.exact[key]
        words = ", ".join(word for word in (one.rule, how) if word)
        return Place(path, how=words if path != one.reported else "")

    def _open(self, files: Iterable[str]) -> Place:
        return Place(None, candidates=tuple(self.known.exact[key] for key in sorted(files)[:MAX_CANDIDATES]))
