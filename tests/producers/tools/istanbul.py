"""nyc, c8 and Vitest (both of its providers) over semver and a project of many constructs; the truth is `json-summary`, file by file.

All four write through istanbul-reports, but count differently: nyc and Vitest count what Istanbul's own instrumenter places, c8
counts physical lines (so statements are lines), and Vitest's V8 provider places V8's counts on the syntax tree. What the formats
do not say: LCOV and Cobertura have no statements; Clover's `statements` are the lines; Cobertura places only some arms, see
`placed`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.producers.figures import Figure, Pair, Says
from tests.producers.ground import Ground, Producer

NYC, C8, VITEST, SEMVER = "18.0.0", "12.0.0", "5.1.1", "7.6.3"
_REPORTERS = ("json", "json-summary", "lcovonly", "clover", "cobertura")
_KINDS = ("lines", "statements", "functions", "branches")
_REPORTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    # file -> format, and which figure of the summary stands where another kind is meant
    "coverage-final.json": ("istanbul-json", {}),
    "coverage-summary.json": ("istanbul-summary", {}),
    "lcov.info": ("lcov", {"statements": ""}),
    "clover.xml": ("clover", {"statements": "lines"}),
    "cobertura-coverage.xml": ("cobertura", {"statements": ""}),
}


def says(summary: Mapping[str, Mapping[str, Mapping[str, int]]], root: Path, report: str) -> Says:
    """Return what `coverage-summary.json` says, for one of the reports beside it."""
    format_name, instead = _REPORTS[report]

    def figures(counts: Mapping[str, Mapping[str, int]]) -> dict[str, Figure]:
        found: dict[str, Figure] = {}
        for kind in _KINDS:
            source = instead.get(kind, kind)
            found[kind] = (counts[source]["covered"], counts[source]["total"]) if source else None
        return found

    files = {
        str(Path(name).relative_to(root)): figures(counts)
        for name, counts in summary.items()
        if name != "total"
    }
    warnings = frozenset({"totals_only"} if format_name == "istanbul-summary" else ())
    return Says(format_name, figures(summary["total"]), files, warnings=warnings)


def placed(coverage: Mapping[str, Any]) -> Pair:
    """Return the arms of a file of `coverage-final.json` that Cobertura can place.

    Istanbul's writer puts arms on lines where a statement starts; those of other lines are only in the sum of the root, so covdash
    keeps them without a file.
    """
    lines = {place["start"]["line"] for place in coverage["statementMap"].values()}
    hits = [
        hit
        for name, branch in coverage["branchMap"].items()
        if (branch.get("line") or branch["loc"]["start"]["line"]) in lines
        for hit in coverage["b"][name]
    ]
    return sum(1 for hit in hits if hit), len(hits)


def _compare(ground: Ground, what: str, project: Path, reports: Path) -> None:
    summary = json.loads((reports / "coverage-summary.json").read_text())
    details = json.loads((reports / "coverage-final.json").read_text())
    arms = {str(Path(name).relative_to(project)): placed(coverage) for name, coverage in details.items()}
    for report in _REPORTS:
        said = says(summary, project, report)
        if said.format == "cobertura":
            said = replace(
                said, files={name: {**said.files[name], "branches": arms[name]} for name in said.files}
            )
        ground.compare(f"{what}, {report}", reports / report, said)


def run(ground: Ground) -> None:
    """Compare five reporters of four producers."""
    project = ground.project("ways")
    programs = ground.npm(
        ground.pin("nyc", NYC, by="@"), ground.pin("c8", C8, by="@"), ground.pin("vitest", VITEST, by="@"),
        ground.pin("@vitest/coverage-istanbul", VITEST, by="@"), ground.pin("@vitest/coverage-v8", VITEST, by="@"),
        f"semver@{SEMVER}", folder=project,
    )  # fmt: skip
    for name in ("classes", "functions", "internal", "ranges"):
        shutil.copytree(project / "node_modules/semver" / name, project / "lib" / name)
    shutil.copy(project / "node_modules/semver/index.js", project / "lib/index.js")

    def version(program: str) -> str:
        return str(json.loads((project / "node_modules" / program / "package.json").read_text())["version"])

    reporters = [f"--reporter={name}" for name in _REPORTERS]
    chosen = {
        "all": True,
        "extension": [".js", ".mjs"],
        "include": ["src/**", "lib/**"],
        "exclude": [],
        "es-modules": True,
    }
    (project / ".nycrc.json").write_text(json.dumps(chosen))
    # nyc hooks `require` only: modules are instrumented beforehand.
    ground.run(programs / "nyc", "instrument", "--es-modules", "src", "built/src", cwd=project)
    shutil.copy(project / "drive.mjs", project / "built/drive.mjs")
    ground.run(programs / "nyc", "--silent", "node", "drive.cjs", cwd=project)
    ground.run(programs / "nyc", "--silent", "--no-clean", "node", "built/drive.mjs", cwd=project)
    ground.run(programs / "nyc", "report", *reporters, cwd=project)
    _compare(ground, f"nyc {version('nyc')}", project, project / "coverage")
    shutil.rmtree(project / "built")

    ground.run(
        programs / "c8", *reporters, "--all", "--include", "src/**", "--include", "lib/**", "--extension", ".mjs",
        "--extension", ".js", "--reports-dir", "c8", "sh", "-c", "node drive.mjs && node drive.cjs", cwd=project,
    )  # fmt: skip
    _compare(ground, f"c8 {version('c8')}", project, project / "c8")

    settings = json.dumps(
        {
            "test": {
                "include": ["ways.test.ts"],
                "coverage": {"enabled": True, "include": ["src/**"], "reporter": _REPORTERS},
            }
        }
    )
    (project / "vitest.config.mjs").write_text(f"export default {settings};\n")
    for provider in ("istanbul", "v8"):
        words = (f"--coverage.provider={provider}", f"--coverage.reportsDirectory={provider}")
        ground.run(programs / "vitest", "run", *words, cwd=project)
        _compare(ground, f"vitest {version('vitest')} ({provider})", project, project / provider)


PRODUCER = Producer("istanbul", run, cheap=True)
