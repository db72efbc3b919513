"""Deterministic reports of about a given size in every shape that `parse.py` measures; made as their tools write them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

import reports


def files(size: int, per_line: float, seed: int = 1) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield (path, [(line, hits)]) until a report with `per_line` bytes a line has about `size` bytes."""
    made = 0.0
    number = 0
    while made < size:
        for path, length in reports.tree(100, lines=300, seed=seed + number):
            found = list(reports.hits(path, length, 0))
            made += 160 + per_line * len(found)
            yield f"{number}/{path}", found
            if made >= size:
                return
        number += 1


def cobertura(size: int) -> bytes:
    """As coverage.py writes it."""
    out = [
        '<?xml version="1.0" ?>\n<coverage version="7.0" line-rate="0.8" branch-rate="0" timestamp="1">\n',
        "\t<sources>\n\t\t<source>src</source>\n\t</sources>\n\t<packages>\n",
        '\t\t<package name="." line-rate="0.8" branch-rate="0" complexity="0">\n\t\t\t<classes>\n',
    ]
    for path, lines in files(size, 58):
        out.append(
            f'\t\t\t\t<class name="{path[-12:]}" filename="{path}" complexity="0" line-rate="0.8" branch-rate="0">\n'
        )
        out.append("\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>\n")
        for line, hits in lines:
            if line % 10:
                out.append(f'\t\t\t\t\t\t<line number="{line}" hits="{min(hits, 1)}"/>\n')
            else:
                arms = f'branch="true" condition-coverage="{50 if hits else 0}% ({int(hits > 0)}/2)" missing-branches="{line + 3}"'
                out.append(f'\t\t\t\t\t\t<line number="{line}" hits="{min(hits, 1)}" {arms}/>\n')
        out.append("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n")
    return "".join([*out, "\t\t\t</classes>\n\t\t</package>\n\t</packages>\n</coverage>\n"]).encode()


def jacoco(size: int) -> bytes:
    """As JaCoCo's Maven plugin writes it: everything on one line."""
    out = [
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd"><report name="x">'
    ]
    for number, (path, lines) in enumerate(files(size, 46)):
        out.append(f'<package name="p{number}"><sourcefile name="{path[-10:]}">')
        out.extend(
            f'<line nr="{line}" mi="{0 if hits else 4}" ci="{4 if hits else 0}" mb="{line % 10 == 0:d}" cb="{line % 10 == 0:d}"/>'
            for line, hits in lines
        )
        out.append("</sourcefile></package>")
    return "".join([*out, "</report>"]).encode()


def clover(size: int) -> bytes:
    """As OpenClover writes it."""
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<coverage clover="4.3.1">\n<project name="x">\n<package name="p">\n'
    ]
    for path, lines in files(size, 46):
        out.append(f'<file name="{path[-10:]}" path="/src/{path}">\n')
        out.extend(
            f'<line num="{line}" type="stmt" count="{hits}"/>\n' if line % 10 else
            f'<line num="{line}" type="cond" truecount="{hits}" falsecount="0"/>\n'
            for line, hits in lines
        )  # fmt: skip
        out.append("</file>\n")
    return "".join([*out, "</package>\n</project>\n</coverage>\n"]).encode()


def sonar(size: int) -> bytes:
    """As gcovr writes generic coverage."""
    out = ['<?xml version="1.0" encoding="utf-8"?>\n<coverage version="1">\n']
    for path, lines in files(size, 48):
        out.append(f'<file path="{path}">\n')
        out.extend(
            f'<lineToCover lineNumber="{line}" covered="{"true" if hits else "false"}"/>\n'
            for line, hits in lines
        )
        out.append("</file>\n")
    return "".join([*out, "</coverage>\n"]).encode()


def lcov(size: int) -> bytes:
    """As geninfo writes it, with arms and functions."""
    out = ["TN:"]
    for path, lines in files(size, 12.5):
        out.append(f"SF:/src/{path}")
        out.extend(f"FN:{line},f{line}" for line, _ in lines[::14])
        out.extend(f"FNDA:{hits},f{line}" for line, hits in lines[::14])
        out.extend(f"BRDA:{line},0,0,{hits}\nBRDA:{line},0,1,-" for line, hits in lines if line % 10 == 0)
        out.extend(f"DA:{line},{hits}" for line, hits in lines)
        out.append(f"LF:{len(lines)}\nend_of_record")
    return ("\n".join(out) + "\n").encode()


def go(size: int) -> bytes:
    """As `go test -covermode=count` writes it: a block for every fourth line."""
    out = ["mode: count"]
    for path, lines in files(size, 19):
        out.extend(
            f"example.com/mod/{path}:{line}.2,{line + 3}.16 {1 + line % 3} {hits}"
            for line, hits in lines[::4]
        )
    return ("\n".join(out) + "\n").encode()


def istanbul(size: int) -> bytes:
    """As nyc writes coverage-final.json."""
    found = {}
    for path, lines in files(size, 150):
        statements = {
            str(n): {"start": {"line": line, "column": 4}, "end": {"line": line, "column": 31}}
            for n, (line, _) in enumerate(lines)
        }
        ways = {str(n): line for n, (line, _) in enumerate(lines[::10])}
        place = {"start": {"line": 1, "column": 2}, "end": {"line": 1, "column": 9}}
        found[f"/src/{path}"] = {
            "path": f"/src/{path}", "statementMap": statements, "fnMap": {}, "f": {},
            "branchMap": {n: {"loc": place, "type": "if", "locations": [place, place], "line": line} for n, line in ways.items()},
            "s": {str(n): hits for n, (_, hits) in enumerate(lines)}, "b": {n: [1, 0] for n in ways},
        }  # fmt: skip
    return json.dumps(found, separators=(",", ":")).encode()


def coverage_py(size: int) -> bytes:
    """As `coverage json` writes it: the whole file, then again by function and by class."""

    def region(lines: list[tuple[int, int]]) -> dict[str, object]:
        ran, missed = [n for n, hits in lines if hits], [n for n, hits in lines if not hits]
        return {
            "executed_lines": ran,
            "summary": {
                "covered_lines": len(ran), "num_statements": len(lines), "percent_covered": 81.25, "percent_covered_display": "81",
                "missing_lines": len(missed), "excluded_lines": 0, "num_branches": 2 * len(ran[::10]), "num_partial_branches": 0,
                "covered_branches": len(ran[::10]), "missing_branches": len(ran[::10]),
            },
            "missing_lines": missed, "excluded_lines": [],
            "executed_branches": [[n, n + 1] for n in ran[::10]], "missing_branches": [[n, -1] for n in ran[::10]],
        }  # fmt: skip

    found = {}
    for path, lines in files(size, 52):
        parts = {f"method_{at}": region(lines[at : at + 14]) for at in range(0, len(lines), 14)}
        found[path] = region(lines) | {"functions": parts, "classes": {"": region(lines)}}
    meta = {"format": 3, "version": "7.10", "branch_coverage": True, "show_contexts": False}
    return json.dumps({"meta": meta, "files": found, "totals": {}}).encode()


def llvm(size: int) -> bytes:
    """As `llvm-cov export` writes it."""
    chance = random.Random(1)
    entries, functions = [], []
    for path, lines in files(size, 62):
        segments = [
            [line, 1 + chance.randrange(40), hits, True, n % 4 == 0, False]
            for n, (line, hits) in enumerate(lines)
        ]
        arms = [[line, 7, line, 20, hits, 1, 0, 0, 4] for line, hits in lines[::10]]
        summary = {kind: {"count": 0, "covered": 0, "percent": 0} for kind in ("functions", "regions")}
        entries.append(
            {
                "branches": arms,
                "expansions": [],
                "filename": f"/src/{path}",
                "mcdc_records": [],
                "segments": segments,
                "summary": summary,
            }
        )
        for line, hits in lines[::25]:
            regions = [[line + n, 2, line + n, 40, hits, 0, 0, 0] for n in range(12)]
            functions.append(
                {
                    "branches": [],
                    "count": hits,
                    "filenames": [f"/src/{path}"],
                    "mcdc_records": [],
                    "name": f"_Z{line}f",
                    "regions": regions,
                }
            )
    export = {"files": entries, "functions": functions, "totals": {}}
    return json.dumps(
        {"data": [export], "type": "llvm.coverage.json.export", "version": "2.0.1"}, separators=(",", ":")
    ).encode()


SHAPES: dict[str, Callable[[int], bytes]] = {
    "cobertura": cobertura, "jacoco": jacoco, "clover": clover, "sonar-generic": sonar, "lcov": lcov, "go-cover": go,
    "istanbul-json": istanbul, "coverage-py-json": coverage_py, "llvm-cov-json": llvm,
}  # fmt: skip
