"""lcov over C and C++; the truth is its own `--list`, file by file: lines, functions and arms.

lcov 1.x prints each template instance as a function, and covdash counts places in the source: the functions of a header with
templates are counted here as the lines of its `FN` records.
"""

from __future__ import annotations

import re

from tests.producers import native
from tests.producers.figures import Figure, Pair, Says, Share, add
from tests.producers.ground import Ground, Producer

_ROW = re.compile(
    r"^(?P<name>\S+)\s*\|\s*(?P<lines>[\d.]+)%\s*(?P<of_lines>\d+)\|\s*(?P<functions>[\d.]+|-)%?\s*(?P<of_functions>\d+)\|"
    r"\s*(?P<branches>[\d.]+|-)%?\s*(?P<of_branches>\d+)$",
    re.MULTILINE,
)
_SUM = re.compile(r"^\s+(lines|functions|branches)\.*: [\d.]+% \((\d+) of (\d+) ", re.MULTILINE)
_ARMS = ("--rc", "lcov_branch_coverage=1")
_KINDS = ("lines", "functions", "branches")
_TEMPLATES = "ratio.hpp"


def places(section: str) -> Pair:
    """Return how many of the lines where functions of a section start ran."""
    calls = {name: int(count) for count, name in re.findall(r"^FNDA:(\d+),(.+)$", section, re.MULTILINE)}
    lines: dict[str, int] = {}
    for line, name in re.findall(r"^FN:(\d+),(?:\d+,)?(.+)$", section, re.MULTILINE):
        lines[line] = lines.get(line, 0) + calls.get(name, 0)
    return sum(1 for hits in lines.values() if hits), len(lines)


def says(listing: str, summary: str, tracefile: str) -> Says:
    """Return what `lcov --list` and `lcov --summary` say; percentages of the list have one digit, or none for 100."""
    sections = {
        part.partition("SF:")[2].partition("\n")[0]: part for part in tracefile.split("end_of_record")
    }
    files: dict[str, dict[str, Figure]] = {}
    for row in _ROW.finditer(listing):
        name = row["name"]
        if name == "Total:":
            continue
        figures: dict[str, Figure] = {}
        for kind in _KINDS:
            total = int(row[f"of_{kind}"])
            figures[kind] = Share(row[kind], total) if total else (0, 0)
        if name.endswith(_TEMPLATES):
            figures["functions"] = places(sections[name])
        files[name] = figures
    totals: dict[str, Figure] = {
        kind: (int(covered), int(total)) for kind, covered, total in _SUM.findall(summary)
    }
    totals["functions"] = add(*(places(section) for section in sections.values()))
    return Says("lcov", totals, files)


def run(ground: Ground) -> None:
    """Compare a tracefile with arms."""
    lcov, gcc, cxx = ground.need("lcov", "lcov"), ground.need("gcc", "gcc"), ground.need("g++", "g++")
    folder = native.project(ground)
    native.build(ground, folder, cc=gcc, cxx=cxx, flags=["--coverage"])
    version = re.findall(r"\d[\d.]+", ground.run(lcov, "--version"))[0]
    ground.run(lcov, "-q", "-c", "-d", ".", "-o", "all.info", *_ARMS, cwd=folder)
    ground.run(lcov, "-q", "-e", "all.info", f"{folder}/*", "-o", "lcov.info", *_ARMS, cwd=folder)
    listing = ground.run(lcov, "--list", "lcov.info", "--list-full-path", *_ARMS, cwd=folder)
    # Some versions print the summary on the standard error.
    summary = ground.run("sh", "-c", f"{lcov} --summary lcov.info {' '.join(_ARMS)} 2>&1", cwd=folder)
    report = folder / "lcov.info"
    ground.compare(f"lcov {version}", report, says(listing, summary, report.read_text()))


PRODUCER = Producer("lcov", run, cheap=True)
