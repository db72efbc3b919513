"""coverage.py, now and an older major, over click with its own tests; its text report is the truth, for functions its LCOV counters.

`coverage report` prints statements, missed ones, the number of arms and the lines that were missed; the covered arms follow from
its percentage, which is (statements run + arms taken) of (statements + arms). Functions stand only in JSON and LCOV; `FNF` and
`FNH` there are sums that covdash does not read. What the formats of old versions cannot tell is said at `OLD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from tests.producers.figures import Figure, Pair, Says, add
from tests.producers.ground import Ground, Producer

MEASURED = "8.1.7"
OLD = "6.5.0"
"""The last of its major. Its JSON lists docstrings as executed lines and has no functions; its LCOV puts arms on the lines that they
jump to and names no functions."""
_PRECISION = 5
_ROW = re.compile(
    r"^(?P<name>\S+\.py|TOTAL)\s+(?P<stmts>\d+)\s+(?P<miss>\d+)(?:\s+(?P<arms>\d+)\s+(?P<part>\d+))?\s+(?P<cover>[\d.]+)%(?:\s+(?P<missing>.*))?$"
)


def _figures(text: str, *, arms: bool) -> Iterator[tuple[str, dict[str, Figure], list[Pair]]]:
    """Yield (file or "TOTAL", figures, missed lines) of the rows of a text report; jumps such as `12->15` are left out."""
    for line in text.splitlines():
        row = _ROW.match(line)
        if row is None:
            continue
        total, missed = int(row["stmts"]), int(row["miss"])
        figures: dict[str, Figure] = {"lines": (total - missed, total)}
        if arms:
            of = int(row["arms"])
            ran = round(Decimal(row["cover"]) * (total + of) / 100) - (total - missed)
            figures["branches"] = (ran, of)
        else:
            figures["branches"] = None
        spans = [part.split("-") for part in (row["missing"] or "").split(", ") if part and "->" not in part]
        yield row["name"], figures, [(int(span[0]), int(span[-1])) for span in spans]


def says(text: str, format_name: str, *, arms: bool, functions: Mapping[str, Pair] | None = None) -> Says:
    """Return what a text report says; `functions` are covered and total by file."""
    parts = list(_figures(text, arms=arms))
    rows = {name: figures for name, figures, _ in parts}
    totals = rows.pop("TOTAL")
    totals["functions"] = add(*functions.values()) if functions else (0, 0)
    for name, figures in rows.items():
        figures["functions"] = functions.get(name, (0, 0)) if functions else (0, 0)
    return Says(format_name, totals, rows, {name: missed for name, _, missed in parts if name != "TOTAL"})


def _functions(lcov: str) -> dict[str, Pair]:
    """Return `FNH` and `FNF` of each section."""
    found: dict[str, Pair] = {}
    for section in lcov.split("end_of_record"):
        numbers = dict(re.findall(r"^(SF|FNF|FNH):(.*)$", section, re.MULTILINE))
        if "FNF" in numbers:
            found[numbers["SF"]] = (int(numbers["FNH"]), int(numbers["FNF"]))
    return found


def _run(ground: Ground, programs: Path, project: Path, *, arms: bool) -> str:
    """Run the tests of the package and write the reports; return the text report."""
    settings = (
        f"[run]\nbranch = {arms}\nrelative_files = True\nsource = src\n[report]\nprecision = {_PRECISION}\n"
    )
    (project / ".coveragerc").write_text(settings)
    coverage = programs / "coverage"
    environment = {"PYTHONPATH": str(project / "src")}
    ground.run(
        coverage,
        "run",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
        cwd=project,
        env=environment,
    )
    for kind in ("xml", "json", "lcov"):
        ground.run(coverage, kind, cwd=project)
    return ground.run(coverage, "report", "-m", cwd=project)


def run(ground: Ground) -> None:
    """Compare the four formats of two versions, with arms and without."""
    here = version("coverage")  # the data file is analysed by the one that is installed here
    for release in (here, OLD):
        old = release == OLD
        programs = ground.python(f"coverage=={release}", "pytest==8.3.4", name=f"env-{release}")
        project = ground.folder / f"click-{MEASURED}"
        if not project.exists():
            project = ground.source_of(f"click=={MEASURED}", programs)
        for arms in (True, False):
            text = _run(ground, programs, project, arms=arms)
            what = f"coverage.py {release}, click {MEASURED}, {'arms' if arms else 'lines'}"
            functions = None if old else _functions((project / "coverage.lcov").read_text())
            misplaced = frozenset({"unplaced_arms"} if old and arms else ())
            ground.compare(f"{what}, XML", project / "coverage.xml", says(text, "cobertura", arms=arms))
            ground.compare(
                f"{what}, JSON",
                project / "coverage.json",
                says(text, "coverage-py-json", arms=arms, functions=functions),
            )
            lcov = says(text, "lcov", arms=arms, functions=functions)
            ground.compare(f"{what}, LCOV", project / "coverage.lcov", replace(lcov, warnings=misplaced))
            if old:
                # The data of an old version is analysed by the coverage.py that is installed here: what that one says is the truth.
                newer = ground.folder / f"env-{here}/bin/coverage"
                text = ground.run(newer, "report", "-m", cwd=project)
                ground.run(newer, "lcov", cwd=project)
                functions = _functions((project / "coverage.lcov").read_text())
            data = says(text, "coverage-py-data", arms=arms, functions=functions)
            ground.compare(f"{what}, data", project / ".coverage", data, root=project)


PRODUCER = Producer("coverage.py", run, cheap=True)
