"""From the paths that a report writes to paths of the repository. PURE: names only, never a disk (`docs/paths.md`).

The rules of the project come first. Then, with the list of repository files, a path is looked up (`lookup.py`). Without a list nothing
is guessed that could come out differently in another job: see `workspace.py`. What stays outside is reported, and never part of the
tree.
"""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Iterable, Sequence

from covdash.coverage import workspace
from covdash.coverage.lookup import Lookup
from covdash.coverage.path_rules import Rules
from covdash.coverage.places import OUTSIDE, Known, Named, Place, plain, problem

NO_RULES = Rules()


def resolve(
    reported: Iterable[str],
    *,
    roots: Sequence[str] = (),
    known: Known | None = None,
    slug: str = "",
    go: bool = False,
    rules: Rules = NO_RULES,
) -> dict[str, Place]:
    """Return the place of every reported path, whatever their order.

    `roots` are the source roots that the report names, `slug` that of the project, `go` says that these are Go import paths.
    """
    bases = tuple(dict.fromkeys(plain(root) for root in roots))
    places: dict[str, Place] = {}
    named: list[Named] = []
    for path in sorted(set(reported)):
        if why := problem(path):
            places[path] = Place(None, why)
        else:
            named.append(_ready(path, rules))
    if known is None:
        places |= {one.reported: _alone(one, bases, slug=slug, go=go) for one in named}
    else:
        places |= Lookup(known, bases, slug).all(named)
    if rules.ignored:
        for one in named:
            # A file that is in no list can be left out, too, so that only what nobody expected is listed as unmatched.
            if why := rules.ignore(places[one.reported].path or one.key.lstrip("/")):
                places[one.reported] = Place(None, why, ignored=True)
    return places


def _ready(reported: str, rules: Rules) -> Named:
    key = unicodedata.normalize("NFC", plain(reported))
    changed = rules.rewrite(key) if rules.rewritings else None
    if changed is None:
        return Named(reported, key)
    return Named(reported, changed[0], f"rule: {changed[1].words}")


def _alone(one: Named, bases: Sequence[str], *, slug: str, go: bool) -> Place:
    """Place a path without a list of files: by what it says itself, so that every job of a commit agrees."""
    path, how = (one.key, one.rule) if one.rule else (plain(one.reported), "")
    if go and not how and (shorter := workspace.without_module(path)) != path:
        path, how = shorter, "without its Go module"
    if not path.startswith("/") and len(bases) == 1 and not one.rule:
        base = workspace.inside(bases[0], slug)
        # A root that is no known workspace names a machine, not the repository: the path below it is all we know.
        if base:
            path, how = posixpath.normpath(posixpath.join(base, path)), "below the source root of the report"
    if path.startswith("/"):
        inside = workspace.inside(path, slug)
        if inside is None and workspace.is_foreign(path):
            return Place(None, OUTSIDE)
        path, how = (
            inside or path.lstrip("/"),
            how or ("inside the workspace of the CI job" if inside else ""),
        )
    if not path or path.startswith("../") or path == ".." or workspace.is_foreign(path):
        return Place(None, OUTSIDE)
    return Place(path, how=how if path != one.reported else "")
