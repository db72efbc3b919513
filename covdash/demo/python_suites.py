"""Reports of Python projects: their tests really run, under coverage.py, in a process and a folder of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from covdash.demo import python_program
from covdash.demo.project import Run
from covdash.demo.template import checkout

SECONDS = 60
_WHEN = re.compile(rb'(?<= timestamp=")\d+(?=")|(?<="timestamp": ")[^"]+(?=")')


def suites(source: str, kinds: Mapping[str, str]) -> Callable[[str, Sequence[Run]], list[bytes]]:
    """Return how a project makes its reports: of the code under `source`, of the kind `kinds[job]` (xml, json, lcov, data)."""

    def reports(project: str, runs: Sequence[Run]) -> list[bytes]:
        if not runs:
            return []
        with tempfile.TemporaryDirectory(prefix="covdash-demo-") as folder:
            _write_checkout(Path(folder), checkout(project, runs[0].commit.on))
            jobs = [
                {
                    "suite": run.job.name,
                    "source": source,
                    "report": kinds[run.job.name],
                    "output": f"report-{number}",
                    "lost": run.lost,
                }
                for number, run in enumerate(runs)
            ]
            _run(folder, jobs, of=f"{project} at {runs[0].commit.sha[:8]}")
            return [
                _dated(run, Path(folder, f"report-{number}").read_bytes()) for number, run in enumerate(runs)
            ]

    return reports


def _write_checkout(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _run(folder: str, jobs: list[dict[str, object]], *, of: str) -> None:
    done = subprocess.run(  # noqa: S603 (the program and the tests are our own files)
        [sys.executable, "-P", "-s", python_program.__file__],
        cwd=folder,
        # a fixed seed of hashes makes coverage.py write the same bytes each time
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONHASHSEED": "0"},
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the tests of {of} failed: {done.stderr.strip()[-2000:]}")


def _dated(run: Run, report: bytes) -> bytes:
    """Return `report` as if it were made when the commit was."""
    if report.startswith(b"SQLite format 3"):
        return report
    when = run.commit.at
    stamp = (
        str(int(when.timestamp() * 1000))
        if report.startswith(b"<")
        else when.replace(tzinfo=None).isoformat()
    )
    return _WHEN.sub(stamp.encode(), report, count=1)
