"""The walk through the folders of a checkout: names nominate files, folders of tools and dependencies are not entered."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MAX_DEPTH = 25
MAX_ENTRIES = 2_000_000
MAX_SECONDS = 20.0

_SKIPPED = frozenset(
    ".git .hg .svn node_modules bower_components jspm_packages .bundle .venv venv .virtualenv virtualenv .tox .nox __pycache__ "
    "site-packages dist-packages .mypy_cache .pytest_cache .ruff_cache .eggs .gradle .m2 .cargo .rustup .nx .turbo .next .nuxt "
    ".yarn .pnpm-store .cache .terraform Pods Carthage lcov-report htmlcov .idea .vscode".split()
)
_SOMETIMES = frozenset({"env", "vendor", "deps"})
"""Skipped unless git tracks files in them."""
_MARKS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG"})
_LIBRARY = re.compile(r"(?:.*/)?_build/[^/]+/lib")

_NAMES = (
    "*cov*.xml *cov*.json *cov*.out cov*.txt *cov*.dat *.lcov *.info .coverage .coverage.* *.coverprofile *.cov *cobertura*.xml "
    "*clover*.xml *jacoco*.xml *.coveragexml *crap4j*.xml .resultset.json *.gcov.json.gz *.gcov *llvm*.json *tarpaulin*.xml "
    "*tarpaulin*.json *.tix *.mix hpc*.xml *sonar*.xml *junit*.xml *test-*.xml *tests*.xml *test*results*.xml results.xml *.trx "
    "*mutation*.json *mutation*.xml infection*.json mutmut*.json *cosmic*.json *cosmic*.jsonl *stryker*.json "
    "*.exec *.ec *.gcda *.profraw *.profdata covmeta.* covcounters.* *.coverage".split()
)
"""Names that nominate a file, lower case; its first bytes decide."""
_PLACES = (
    "*jacoco*/*.xml */kover/*.xml *surefire-reports/*.xml *failsafe-reports/*.xml *test-results/*.xml *pit-reports/*.xml "
    "*.nyc_output/*.json *coverage-xml/index.xml *codecov/*.json *cover/*.json".split()
)
_NAMED = re.compile("|".join(fnmatch.translate(name) for name in _NAMES))
_PLACED = re.compile("|".join(fnmatch.translate(place) for place in _PLACES))
_ENDINGS = tuple({name.rpartition(".")[2] for name in _NAMES if not name.endswith("*")})
_OPEN_ENDED = (".coverage.", "covmeta.", "covcounters.")


class Found(NamedTuple):
    """What a walk found: paths (with `/`) of nominated files, folders that are raw results, what it left out and why it ended."""

    paths: list[str]
    folders: list[str]
    entries: int
    skipped: list[str]
    cut: str


def is_nominated(path: str) -> bool:
    """Whether the name or place of a file says that it could be a report."""
    name = path.rpartition("/")[2].lower()
    if not (name.endswith(_ENDINGS) or name.startswith(_OPEN_ENDED)):
        return False
    return bool(_NAMED.match(name) or _PLACED.match(path.lower()))


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path, its name or one of its folders fits one of the globs."""
    parts = path.split("/")
    return any(
        fnmatch.fnmatchcase(path, pattern)
        or any(fnmatch.fnmatchcase(part, pattern.strip("/")) for part in parts)
        for pattern in patterns
    )


def walk(
    root: str,
    start: str,
    *,
    exclude: Sequence[str],
    is_tracked_folder: Callable[[str], bool],
    every: bool = False,
) -> Found:
    """Walk from `start` (below `root`) and return what is nominated, or `every` file. No link is followed."""
    paths: list[str] = []
    folders: list[str] = []
    skipped: set[str] = set()
    entries, cut, began = 0, "", time.monotonic()
    waiting = [(start.strip("/"), 0)]
    while waiting:
        place, depth = waiting.pop()
        inside: list[tuple[str, int]] = []
        files: list[str] = []
        for name, path, is_folder in _entries(root, place):
            entries += 1
            if not is_folder:
                if name in _MARKS:
                    inside, files = [], []
                    skipped.add(place.rpartition("/")[2])
                    break
                if (every or is_nominated(path)) and not (exclude and is_excluded(path, exclude)):
                    files.append(path)
            elif name.endswith(".xcresult"):
                folders.append(path)
            elif _is_skipped(name, path, exclude) or (name in _SOMETIMES and not is_tracked_folder(path)):
                skipped.add(name)
            elif depth >= MAX_DEPTH:
                cut = f"folders deeper than {MAX_DEPTH}"
            else:
                inside.append((path, depth + 1))
        paths += files
        waiting += inside
        if entries > MAX_ENTRIES or time.monotonic() - began > MAX_SECONDS:
            cut = f"stopped after {entries} entries"
            break
    return Found(sorted(paths), sorted(folders), entries, sorted(skipped), cut)


def _is_skipped(name: str, path: str, exclude: Sequence[str]) -> bool:
    if name in _SKIPPED or name.endswith(".egg-info"):
        return True
    return bool(_LIBRARY.fullmatch(path)) or bool(exclude and is_excluded(path, exclude))


def _entries(root: str, place: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, path, whether it is a folder) of a folder; what cannot be read is passed over."""
    prefix = f"{place}/" if place else ""
    try:
        with os.scandir(os.path.join(root, place)) as listing:
            for entry in listing:
                try:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if not is_folder and not entry.is_file(follow_symlinks=False):
                        continue
                except OSError:
                    continue
                yield entry.name, prefix + entry.name, is_folder
    except OSError:
        return
