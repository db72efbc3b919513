"""genhtml of lcov 2 over two releases of click with their own tests; its differential categories of each file are the truth.

covdash maps the lines by the diff that genhtml is given. Its own map, by the two texts, may align equal lines otherwise where there
are several ways: that one has to keep as many lines as Git's patience.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from covdash.coverage import differential
from covdash.coverage.differential import CATEGORIES, Tally
from covdash.coverage.linemap import LineMap, map_lines
from covdash.coverage.lines import FileCoverage
from covdash.coverage.unified_diff import maps_of_diff
from ingest.reading import Parsed, read_upload_file
from tests.producers.ground import Ground, NotRunError, Producer

BEFORE, AFTER = "8.1.3", "8.1.7"
# genhtml 2.0 and 2.3 end with an error when the first line of a file is deleted.
_FIRST_LINE = "# The first line stays.\n"
_CRITERIA = """#!/bin/sh
printf '%s\\n' "$*" >> {said}
"""


def _measure(ground: Ground, programs: Path, release: str) -> Path:
    """Run the tests of a release; return its folder, which has the tracefile `coverage.lcov`."""
    project = ground.source_of(f"click=={release}", programs)
    for source in (project / "src").rglob("*.py"):
        source.write_text(_FIRST_LINE + source.read_text(encoding="utf-8"), encoding="utf-8")
    (project / ".coveragerc").write_text("[run]\nrelative_files = True\nsource = src\n")
    ground.run(
        programs / "coverage", "run", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore",
        cwd=project, env={"PYTHONPATH": str(project / "src")}, statuses=(0, 1),  # which tests fail does not matter here
    )  # fmt: skip
    ground.run(programs / "coverage", "lcov", cwd=project)
    return project


def _history(ground: Ground, before: Path, after: Path) -> Path:
    """Return a repository whose last two commits are the sources of the releases, with the paths of the tracefiles."""
    folder = ground.folder / "history"
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
    ground.run(*git, "init", "--quiet", folder)
    for project in (before, after):
        shutil.rmtree(folder / "src", ignore_errors=True)
        shutil.copytree(
            project / "src/click", folder / "src/click", ignore=shutil.ignore_patterns("__pycache__")
        )
        ground.run(*git, "add", "--all", cwd=folder)
        ground.run(*git, "commit", "--quiet", "--message", project.name, cwd=folder)
    return folder


def _truth(ground: Ground, genhtml: str, before: Path, after: Path, diff: Path) -> dict[str, Tally]:
    """Return the categories of each file as genhtml hands them to a criteria script."""
    said = ground.folder / f"{diff.name}.said"
    script = ground.folder / "criteria"
    script.write_text(_CRITERIA.format(said=said))
    script.chmod(0o755)
    ground.run(
        genhtml, after / "coverage.lcov", "--baseline-file", before / "coverage.lcov", "--diff-file", diff,
        "--criteria-script", script, "--output-directory", ground.folder / "html", "--ignore-errors", "inconsistent,unmapped",
        "--no-function-coverage", cwd=ground.folder / "history",
    )  # fmt: skip
    found: dict[str, Tally] = {}
    for row in said.read_text().splitlines():
        name, kind, counts = row.split(" ", 2)
        if kind == "file":
            lines = json.loads(counts)["line"]
            path = name[name.index("src/click/") :]
            found[path] = Tally(*(lines.get(category, 0) for category in CATEGORIES))
    return found


def _files(project: Path) -> dict[str, FileCoverage]:
    with (project / "coverage.lcov").open("rb") as stream:
        (outcome,) = read_upload_file("coverage.lcov", stream)
    assert isinstance(outcome, Parsed)
    return dict(outcome.report.files)


def _by_texts(before: Path, after: Path, path: str) -> LineMap:
    return map_lines(*((project / path).read_bytes().split(b"\n") for project in (before, after)))


def _kept(by_diff: LineMap, texts: LineMap) -> int:
    """Return how many lines a diff keeps of two texts; alone it does not know how long they are."""
    return int((by_diff.to_new(range(1, texts.old_lines + 1)) > 0).sum())


def run(ground: Ground) -> None:
    """Compare the categories of every file of both ways to map lines."""
    genhtml = ground.need("genhtml", "lcov")
    release = re.findall(r"\d[\d.]+", ground.run(genhtml, "--version"))[0]
    if int(release.partition(".")[0]) < 2:
        raise NotRunError(f"genhtml {release} knows no differential coverage; lcov 2 is needed")
    programs = ground.python(ground.pin("coverage", "7.17.3"), "pytest==8.3.4")
    before, after = _measure(ground, programs, BEFORE), _measure(ground, programs, AFTER)
    history = _history(ground, before, after)
    old, new = _files(before), _files(after)
    for how in ("myers", "patience"):
        patch = ground.folder / f"{how}.diff"
        patch.write_text(
            ground.run("git", "diff", "--no-prefix", f"--diff-algorithm={how}", "HEAD~1", "HEAD", cwd=history)
        )
        says = _truth(ground, genhtml, before, after, patch)
        maps = maps_of_diff(patch.read_text())
        found = {
            path: differential.compare(old.get(path), new.get(path), maps.get(path)).tally() for path in new
        }
        ground.verdict(
            f"genhtml {release}, click {BEFORE} to {AFTER}, {how}: {differential.total(found.values())}",
            [
                f"{path}: {found.get(path)} instead of {says.get(path)}"
                for path in sorted(found.keys() | says.keys())
                if found.get(path) != says.get(path)
            ],
        )
    texts = {path: _by_texts(before, after, path) for path in maps}
    ground.verdict(
        f"lines kept of click {BEFORE} in {AFTER}, by the texts: {sum(mine.kept for mine in texts.values())}",
        [
            f"{path}: {mine.kept}, by Git {_kept(maps[path], mine)}"
            for path, mine in texts.items()
            if mine.kept < _kept(maps[path], mine)
        ],
    )


PRODUCER = Producer("genhtml", run)
