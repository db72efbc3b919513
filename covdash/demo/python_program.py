"""A program of its own: run the tests of a checkout under coverage.py and write the reports that a CI job would send.

Started by `python_suites` with the checkout as working directory and the jobs as JSON on standard input; imports nothing of covdash.
A job is `{"suite": "unit", "source": "src/shop", "report": "xml", "output": "coverage.xml", "lost": false}`; `report` is xml, json,
lcov or data. `lost`: only the first half of the tests is run, as on a runner that gave up.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import coverage


def run(job: dict[str, str]) -> None:
    """Run one job in the current directory."""
    mine = {"tests", Path(job["source"]).name}
    for name in [name for name in sys.modules if name.partition(".")[0] in mine]:
        del sys.modules[name]
    importlib.invalidate_caches()
    measured = coverage.Coverage(
        data_file=job["output"] if job["report"] == "data" else None,
        config_file=False,
        branch=True,
        source=[job["source"]],
        messages=False,
    )
    measured.set_option("run:relative_files", True)
    measured.start()
    try:
        tests = collect(job["suite"])
        for test in tests[: len(tests) // 2] if job["lost"] else tests:
            test()
    finally:
        measured.stop()
    write(measured, job)


def collect(suite: str) -> list[Callable[[], None]]:
    """Return the test functions of a suite, in the order of their files."""
    found: list[Callable[[], None]] = []
    for path in sorted(Path("tests", suite).glob("test_*.py")):
        module = importlib.import_module(f"tests.{suite}.{path.stem}")
        found += [value for name, value in vars(module).items() if name.startswith("test_")]
    return found


def write(measured: coverage.Coverage, job: dict[str, str]) -> None:
    """Write the report of a job."""
    if job["report"] == "data":
        measured.save()
    elif job["report"] == "xml":
        measured.xml_report(outfile=job["output"])
    elif job["report"] == "json":
        measured.json_report(outfile=job["output"])
    else:
        measured.lcov_report(outfile=job["output"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(Path("src").resolve()), os.getcwd()]  # noqa: PTH109 (as the import system writes it)
    for each in json.load(sys.stdin):
        run(each)
