"""The benchmark lines of covdash, one command: `python3 bench/run.py [start upload large monorepo]`.

Every line prints the figure, the limit, and, where a machine decides, the ratio to a baseline measured in the same run. Wants an idle
machine with `.venv` in place (run `python3 manage.py help` once). Loopback only; homes are temporary.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import xml.parsers.expat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import instance as covdash
import reports

LATE: list[str] = []


def line(name: str, value: float, unit: str, limit: float | None = None, note: str = "") -> None:
    """Print one figure beside its limit."""
    verdict = "" if limit is None else f"limit {limit:g} {unit}  {'ok' if value <= limit else 'OVER'}"
    if limit is not None and value > limit:
        LATE.append(name)
    print(f"{name:<58}{value:>10.2f} {unit:<4}{verdict:<26}{note}", flush=True)


def bench_start() -> None:
    """Clean checkout to first page with pip and with uv; second start; idle memory."""
    for installer, limit in (("uv", 12), ("pip", 30)):
        folder = Path(tempfile.mkdtemp(prefix="cvd-clone-", dir="/tmp"))
        subprocess.run(["git", "clone", "-q", str(covdash.ROOT), str(folder)], check=True)
        places = os.environ["PATH"].split(":")
        if installer == "pip":
            places = [
                place
                for place in places
                if not (Path(place) / "uv").exists() or (Path(place) / "python3").exists()
            ]
        path = ":".join(places)
        hide = installer == "pip" and shutil.which("uv", path=path)
        if hide:
            shadow = folder.with_suffix(".bin")
            shadow.mkdir()
            python = shadow / "python3"
            python.symlink_to(
                sys.executable if sys.prefix == sys.base_prefix else Path(sys.base_prefix, "bin/python3")
            )
            path = f"{shadow}:/usr/bin:/bin"
        found, first = covdash.start(folder, path=path)
        line(f"clean checkout to first page, {installer}", first, "s", limit)
        covdash.stop(found, keep=True)
        again, second = covdash.start(folder, home=found.home, path=path)
        line(f"second start ({installer})", second, "s", 4)
        time.sleep(8)
        rss, pss = again.memory()
        line("idle, all processes, RSS", rss, "MB", 500, f"PSS {pss:.0f} MB")
        covdash.stop(again)
        shutil.rmtree(folder, ignore_errors=True)


def bench_upload() -> None:
    """A 200 kB report: answer and visibility; baseline: the health page in the same run."""
    found, _ = covdash.start()
    try:
        token = found.project("bench/small")
        files = reports.tree(120, lines=250)
        bodies = [reports.lcov(files, reports.churn(files, 0.05, n)) for n in range(12)]
        base = []
        for _ in range(100):
            begun = time.perf_counter()
            found.get("/healthz")
            base.append(time.perf_counter() - begun)
        for n in range(3):
            found.upload(token, f"{n:040x}", bodies[n] + b"#\n")
        pairs = [found.upload(token, f"{n + 100:040x}", bodies[n % 12] + b"# %d\n" % n) for n in range(100)]
        answers, visible = [a for a, _ in pairs], [b for _, b in pairs]
        size = statistics.mean(len(body) for body in bodies) / 1000
        healthy = statistics.median(base)
        line(
            f"upload of {size:.0f} kB answered, p95", covdash.p95(answers) * 1000, "ms", 50,
            f"p50 {statistics.median(answers) * 1000:.1f}; {statistics.median(answers) / healthy:.1f} x health page",
        )  # fmt: skip
        line(
            "visible after the answer, p95",
            covdash.p95(visible) * 1000,
            "ms",
            1000,
            f"p50 {statistics.median(visible) * 1000:.0f}",
        )
    finally:
        covdash.stop(found)


def bench_large() -> None:
    """A 20 MB Cobertura report of 2,000 files: time until visible, peak memory of the worker side; baseline: bare expat."""
    files = reports.tree(2000, lines=260)
    body = reports.cobertura(files, dict.fromkeys(dict(files), 0))
    while len(body) < 20e6:
        files = [(path, int(length * 1.1) + 1) for path, length in files]
        body = reports.cobertura(files, dict.fromkeys(dict(files), 0))
    begun = time.perf_counter()
    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = lambda _name, _attributes: None
    parser.Parse(body, True)
    bare = time.perf_counter() - begun
    found, _ = covdash.start()
    try:
        token = found.project("bench/large")
        found.upload(token, f"{1:040x}", reports.lcov(files[:20], dict.fromkeys(dict(files), 0)))
        with found.worker_peak() as peak:
            answered, visible = found.upload(token, f"{2:040x}", body)
        line(
            f"{len(body) / 1e6:.0f} MB report of 2,000 files visible", answered + visible, "s", 5,
            f"answer {answered:.2f} s; {visible / bare:.1f} x bare expat",
        )  # fmt: skip
        line("greatest worker or cage process, peak RSS", peak[0], "MB", 250)
    finally:
        covdash.stop(found)


def bench_monorepo() -> None:
    """20,000 files, 3.7 M lines: what a commit with 1 % of files changed costs, and how pages answer at that size."""
    import psycopg  # noqa: PLC0415 - only in the virtual environment

    found, _ = covdash.start()
    try:
        token = found.project("bench/giant")
        files = reports.tree(20_000, lines=310)
        count = 0
        samples = []
        with psycopg.connect(
            host=str(found.home / "postgres"), user="covdash", dbname="covdash", autocommit=True
        ) as database:
            for n in range(4):
                body = reports.lcov(files, reports.churn(files, 0.01, n))
                count = body.count(b"\nDA:")
                before = _database(database)
                # Every question costs the database about a millisecond: it is asked seldom.
                at = f"2026-01-{n + 1:02}T00:00:00Z"
                seconds = sum(found.upload(token, f"{n + 1:040x}", body, at, pause=2.0))
                time.sleep(1.5)
                after = _database(database)
                samples.append((seconds, after[0] - before[0], (after[1] - before[1]) / 1e6))
            print(
                f"{'project of 20,000 files':<58}{count:>10,} lines; first commit {samples[0][0]:.1f} s, {samples[0][2]:.1f} MB"
            )
            rest = samples[1:]
            line(
                "commit with 1 % of files changed: stored in PostgreSQL",
                statistics.median(s[2] for s in rest),
                "MB",
                1,
            )
            line(
                "commit with 1 % of files changed: time in PostgreSQL",
                statistics.median(s[1] for s in rest),
                "ms",
                100,
            )
            line(
                "commit with 1 % of files changed: sent to visible",
                statistics.median(s[0] for s in rest),
                "s",
            )
        slug = "bench/giant"
        path = files[7777][0]
        pages = {
            "file page": f"/p/{slug}/-/file/{path}",
            "directory page": f"/p/{slug}/-/tree/{path.rpartition('/')[0]}/",
            "overview": f"/p/{slug}/",
        }
        history = found.project("bench/history")
        small = reports.tree(40, lines=60)
        ids = []
        for n in range(1000):
            at = f"{2024 + n // 360}-{n // 30 % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00Z"
            body = reports.lcov(small, reports.churn(small, 0.05, n % 50))
            ids.append(
                str(
                    found.post(
                        f"/api/v1/uploads?commit={n + 1:040x}&branch=main&committed_at={at}", body, history
                    )["id"]
                )
            )
        for upload in ids:
            found.finish(history, upload)
        pages["trend over 1,000 commits (API)"] = "/api/v1/projects/bench/history/trend?branch=main"
        pages["overview of 1,000 commits"] = "/p/bench/history/"
        found.rest()
        floor = covdash.p95([_time(found, "/healthz") for _ in range(60)])
        for name, address in pages.items():
            times = [_time(found, address) for _ in range(60)][5:]
            line(
                f"{name}, p95",
                covdash.p95(times) * 1000,
                "ms",
                180 if "overview" in name else 100,
                f"{covdash.p95(times) / floor:.1f} x health page",
            )
    finally:
        covdash.stop(found)


def _time(found: covdash.Instance, address: str) -> float:
    begun = time.perf_counter()
    found.get(address)
    return time.perf_counter() - begun


def _database(database: object) -> tuple[float, float]:
    """Return (ms spent in statements, bytes of the database) since the statistics began."""
    row = database.execute(  # type: ignore[attr-defined]
        "SELECT active_time, pg_database_size(datname) FROM pg_stat_database WHERE datname = 'covdash'"
    ).fetchone()
    return float(row[0]), float(row[1])


BENCHES = {"start": bench_start, "upload": bench_upload, "large": bench_large, "monorepo": bench_monorepo}


def main() -> int:
    """Run the named benchmarks, or all, with the interpreter of the virtual environment."""
    covdash.go_inside()
    for name in sys.argv[1:] or BENCHES:
        print(f"-- {name}", flush=True)
        BENCHES[name]()
    print(json.dumps({"over the limit": LATE}))
    return 1 if LATE else 0


if __name__ == "__main__":
    sys.exit(main())
