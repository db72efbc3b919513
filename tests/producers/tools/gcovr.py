"""gcovr over C and C++ in eight formats; the truth is its JSON summary, file by file, which is what its text report prints.

With `--merge-lines` gcovr counts lines of the source, as covdash does, and all figures are compared. Without it gcovr 8 counts a
line once for each function that contains it (template instances, lambdas): there the files without such lines are compared. What
the formats do not say: Clover has no arms, Clover, Coveralls and Sonar have no functions; Cobertura names functions and not their
calls (one with a line that ran counts as run, also when it was only inlined), so only their number is compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.producers import native
from tests.producers.figures import Figure, Says
from tests.producers.ground import Ground, Producer

VERSION = "8.8"
_KINDS = {"lines": "line", "functions": "function", "branches": "branch"}
_REPORTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    # option -> file, format, kinds that it does not carry
    "--json": ("gcovr.json", "gcovr-json", ()),
    "--json-summary": ("summary.json", "gcovr-json", ()),
    "--cobertura": ("cobertura.xml", "cobertura", ("functions",)),
    "--coveralls": ("coveralls.json", "coveralls-json", ("functions",)),
    "--sonarqube": ("sonarqube.xml", "sonar-generic", ("functions",)),
    "--clover": ("clover.xml", "clover", ("branches", "functions")),
    "--jacoco": ("jacoco.xml", "jacoco", ()),
    "--lcov": ("lcov.info", "lcov", ()),
}
_SHARED = ("ratio.hpp", "gears.cpp")
"""Files with lines that several functions contain."""


def _figures(summary: Mapping[str, Any], without: tuple[str, ...]) -> dict[str, Figure]:
    return {
        kind: (summary[f"{word}_covered"], summary[f"{word}_total"])
        for kind, word in _KINDS.items()
        if kind not in without
    }


def says(summary: Mapping[str, Any], option: str, *, merged: bool) -> Says:
    """Return what the JSON summary says for the report of an option."""
    report, format_name, without = _REPORTS[option]
    codes = {"summary.json": "totals_only", "jacoco.xml": "totals_only"}
    whole = merged or report == "summary.json"  # a summary of numbers is what it says
    files = {
        file["filename"]: _figures(file, without) if whole or file["filename"] not in _SHARED else {}
        for file in summary["files"]
    }
    totals = _figures(summary, without) if whole else {}
    warnings = {codes[report]} if report in codes else set()
    if report == "cobertura.xml" and not merged:
        warnings.add("totals_differ")
    if report == "lcov.info":
        # Its `LH` of this file is right, but its `DA` are those of one of the functions that share a line (gcovr 8.8); lines are `DA`.
        files["gears.cpp"] = {kind: pair for kind, pair in files["gears.cpp"].items() if kind != "lines"}
        totals.pop("lines", None)
    return Says(format_name, totals, files, warnings=frozenset(warnings))


def run(ground: Ground) -> None:
    """Compare eight formats, with lines merged and as they come."""
    gcc, cxx = ground.need("gcc", "gcc"), ground.need("g++", "g++")
    folder = native.project(ground)
    native.build(ground, folder, cc=gcc, cxx=cxx, flags=["--coverage"])
    programs = ground.python(ground.pin("gcovr", VERSION), name="gcovr-env")
    # The Coveralls writer asks git for the commit.
    ground.run("git", "init", "-q", folder)
    ground.run(
        "git",
        "-c",
        "user.name=ada",
        "-c",
        "user.email=ada@example.org",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "start",
        cwd=folder,
    )
    version = re.findall(r"gcovr ([\d.]+)", ground.run(programs / "gcovr", "--version"))[0]
    for merged in (True, False):
        into = folder / ("merged" if merged else "plain")
        into.mkdir()
        words: list[str | Path] = [programs / "gcovr", "-r", ".", *(["--merge-lines"] if merged else [])]
        for option, (report, _, _) in _REPORTS.items():
            words += [option, into / report]
        ground.run(*words, cwd=folder)
        summary = json.loads((into / "summary.json").read_text())
        for option, (report, _, _) in _REPORTS.items():
            said = says(summary, option, merged=merged)
            ground.compare(
                f"gcovr {version}{', --merge-lines' if merged else ''}, {report}", into / report, said
            )


PRODUCER = Producer("gcovr", run, cheap=True)
