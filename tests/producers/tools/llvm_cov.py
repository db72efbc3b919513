"""llvm-cov over C and C++, its JSON, its summary and its LCOV; the truth is `llvm-cov report`, and `llvm-cov show` for lines.

`report` adds up functions, `show` (and LCOV) the lines of a file, and they differ where a macro is defined in the file (its lines
have counts in `show` only) and where a function and a lambda share a line (`report` counts it twice). covdash takes the greater
of both for JSON, with a warning where that is not what `report` counts, and what LCOV lists for LCOV. Compared are the arms,
regions and conditions of the files for which the exports carry what `report` counts:

- `ratio.hpp`: `report` takes the instance of a template that ran most, covdash what ran in any; LCOV lists arms once for each
  instance, and so for `lz4.c`, which two units compile.
- conditions: JSON lists those that the compiler folded (constants, as in `xxhash.c`) and does not say which they are; those
  inside macros stand at the macro and are counted by `report` for each use (`lz4.c`, `lz4hc.c`, `squeeze.c` with its `assert`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from operator import gt
from pathlib import Path

from tests.producers import native
from tests.producers.figures import Figure, Pair, Says, add
from tests.producers.ground import Ground, Producer

RELEASE = "19"
_KINDS = ("regions", "functions", "lines", "branches", "conditions")
_TEMPLATES = "ratio.hpp"
_TWO_UNITS = "lz4.c"
_FOLDED_OR_IN_MACROS = ("lz4.c", "lz4hc.c", "xxhash.c", "squeeze.c")
_LINE = re.compile(r"^ *\d+\| *([\d.]+[kMGTPEZY]?)\|", re.MULTILINE)


def reported(text: str) -> dict[str, dict[str, Pair]]:
    """Return the rows of `llvm-cov report` by name, with `TOTAL`; the columns are total, missed and percentage of each kind."""
    rows: dict[str, dict[str, Pair]] = {}
    for line in text.splitlines():
        name, *cells = line.split() or [""]
        if len(cells) == 3 * len(_KINDS) and cells[0].isdigit():
            pairs = [(int(cells[at]) - int(cells[at + 1]), int(cells[at])) for at in range(0, len(cells), 3)]
            rows[name] = dict(zip(_KINDS, pairs, strict=True))
    return rows


def shown(text: str) -> dict[str, Pair]:
    """Return the lines with counts of each file in the output of `llvm-cov show` for several files."""
    found: dict[str, Pair] = {}
    for part in re.split(r"^(?=/\S+:$)", text, flags=re.MULTILINE):
        name, _, body = part.partition(":\n")
        counts = _LINE.findall(body)
        if counts:
            found[name] = (sum(1 for count in counts if float(count.rstrip("kMGTPEZY"))), len(counts))
    return found


def says(rows: Mapping[str, Mapping[str, Pair]], lines: Mapping[str, Pair], report: str) -> Says:
    """Return what `report` and `show` say, for one of the exports."""
    files: dict[str, dict[str, Figure]] = {}
    warnings = {"totals_only"} if report == "summary.json" else set()
    for name, row in rows.items():
        if name == "TOTAL":
            continue
        figures: dict[str, Figure] = {**row}
        if report != "summary.json":
            seen = next((pair for full, pair in lines.items() if full.endswith(f"/{name}")), (0, 0))
            listed = report == "lcov.info"
            if not listed and any(map(gt, seen, row["lines"])):
                warnings.add("totals_differ")
            figures["lines"] = seen if listed or seen[1] >= row["lines"][1] else row["lines"]
            for kind, unlike in _unlike(listed=listed):
                if name.endswith(unlike) or unlike == ("",):
                    del figures[kind]
        files[name] = figures
    totals: dict[str, Figure] = {"functions": rows["TOTAL"]["functions"]}
    if report == "summary.json":
        totals = {**rows["TOTAL"]}
    else:
        totals["lines"] = add(*(pair for file in files.values() if isinstance(pair := file["lines"], tuple)))
    formats = {"lcov.info": "lcov"}
    return Says(formats.get(report, "llvm-cov-json"), totals, files, warnings=frozenset(warnings))


def _unlike(*, listed: bool) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield (kind, endings of the files whose figures are not compared); an empty ending stands for all."""
    if listed:
        yield from (("regions", ("",)), ("conditions", ("",)), ("branches", (_TEMPLATES, _TWO_UNITS)))
    else:
        yield from (
            ("regions", (_TEMPLATES,)),
            ("branches", (_TEMPLATES,)),
            ("conditions", _FOLDED_OR_IN_MACROS),
        )


def run(ground: Ground) -> None:
    """Compare the three exports of two programs."""
    clang, cxx, cov, profdata = (
        ground.need(f"{name}-{RELEASE}", f"clang-{RELEASE}", f"llvm-{RELEASE}", f"libclang-rt-{RELEASE}-dev")
        for name in ("clang", "clang++", "llvm-cov", "llvm-profdata")
    )
    ground.need(
        f"/usr/lib/llvm-{RELEASE}/lib/clang/{RELEASE}/include/profile/InstrProfData.inc",
        f"libclang-rt-{RELEASE}-dev",
    )
    folder = native.project(ground)
    flags = ["-fprofile-instr-generate", "-fcoverage-mapping", "-fcoverage-mcdc"]
    programs, _ = native.build(ground, folder, cc=clang, cxx=cxx, flags=flags)
    ground.run(
        profdata,
        "merge",
        "-o",
        "all.profdata",
        *[f"{program.name}.profraw" for program in programs],
        cwd=folder,
    )
    of: list[str | Path] = [programs[0], "-object", programs[1], "-instr-profile", "all.profdata"]
    version = re.findall(r"version ([\d.]+)", ground.run(cov, "--version"))[0]
    rows = reported(ground.run(cov, "report", *of, "-show-mcdc-summary", "-show-branch-summary", cwd=folder))
    lines = shown(ground.run(cov, "show", *of, cwd=folder))
    for report, words in (
        ("export.json", ()),
        ("summary.json", ("-summary-only",)),
        ("lcov.info", ("-format=lcov",)),
    ):
        target = folder / report
        target.write_text(ground.run(cov, "export", *words, *of, cwd=folder))
        ground.compare(f"llvm-cov {version}, {report}", target, says(rows, lines, report))


PRODUCER = Producer("llvm-cov", run)
