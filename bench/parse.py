"""Speed and memory of the parsers, one command: `python3 bench/parse.py [format ...] [--megabytes 50] [--runs 5]`.

Each figure is a ratio to a reference pass over the same bytes in the same run (R): bare expat with a start handler that does nothing
for XML, `for line in file` for text, `orjson.loads` without the cycle collector for JSON. Reference and parser alternate, each in a
process of its own. The speed of a machine wanders, so a pass is compared with the references just before and after it, and the
median of these ratios counts. Memory is the peak above that of a process that has imported everything. `linear` checks that
the time per byte does not grow from 6 to 50 MB, `large` that the memory of what is read as a stream stays below its limit at any size,
`merge` joins 20 uploads of 2,000 files and compares with dictionaries.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

XML, TEXT, JSON = "xml", "text", "json"
LARGE = 250
"""MB, about, of a large report."""
STREAMED = ("cobertura", "jacoco", "clover", "sonar-generic", "lcov")
"""Formats of which the memory has a limit at any size."""
LIMITS = {
    # format: (kind of reference, greatest ratio parsed, greatest ratio stored or None, MB above start; None: input + 60)
    "cobertura": (XML, 1.6, None, 100), "jacoco": (XML, 1.6, None, 100), "clover": (XML, 1.6, None, 100),
    "sonar-generic": (XML, 1.6, None, 100), "lcov": (TEXT, 2.5, 4.0, 200), "go-cover": (TEXT, 9.0, None, 100),
    "istanbul-json": (JSON, 0.55, None, None), "coverage-py-json": (JSON, 0.55, None, None),
    "llvm-cov-json": (JSON, 1.3, None, None),
}  # fmt: skip


def reference(kind: str, path: str) -> None:
    """One pass over the file as fast as the common tool goes."""
    if kind == XML:
        from xml.parsers import expat  # noqa: PLC0415

        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda _name, _attributes: None
        with Path(path).open("rb") as file:
            parser.ParseFile(file)
    elif kind == TEXT:
        with Path(path).open("rb") as file:
            for _ in file:
                pass
    else:
        import orjson  # noqa: PLC0415

        gc.disable()
        orjson.loads(Path(path).read_bytes())


def parse(path: str, *, store: bool) -> None:
    """Read the file as the cage does; `store` encodes every file as it is sent to the worker."""
    from covdash.coverage.sheet_codec import encoded  # noqa: PLC0415
    from ingest.reading import Parsed, read_upload_file  # noqa: PLC0415

    with Path(path).open("rb") as file:
        for outcome in read_upload_file("x", iter(lambda: file.read(1 << 20), b"")):
            if not isinstance(outcome, Parsed):
                raise TypeError(f"not read: {outcome}")
            if store:
                for _ in encoded(outcome.report.files):
                    pass


def child(what: str, path: str) -> None:
    """Measure one pass in this process; prints seconds and MB above start."""
    import numpy.ma  # noqa: PLC0415, F401 - as the cage does

    import covdash.coverage.sheet_codec  # noqa: PLC0415, F401
    import ingest.reading  # noqa: PLC0415, F401

    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
    started = time.process_time()
    if what in (XML, TEXT, JSON):
        reference(what, path)
    else:
        parse(path, store=what == "store")
    seconds = time.process_time() - started
    # Not `ru_maxrss`, which a process inherits from the one that started it.
    peak = next(
        int(line.split()[1])
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    print(seconds, (peak - before) / 1024)


def measured(what: str, path: str) -> tuple[float, float]:
    """Return (seconds, MB) of one pass in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", what, path], capture_output=True, text=True, check=True
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def bench(name: str, size: int, runs: int) -> bool:
    """Print the lines of one format; says whether all limits held."""
    from shapes import SHAPES  # noqa: PLC0415

    kind, parsed_limit, stored_limit, memory_limit = LIMITS[name]
    passes = ["parse", "store"] if stored_limit else ["parse"]
    with tempfile.NamedTemporaryFile(suffix=f".{name}") as file:
        data = SHAPES[name](size)
        file.write(data)
        file.flush()
        megabytes = len(data) / 1e6
        del data
        base: dict[str, list[float]] = {what: [] for what in passes}
        times: dict[str, list[float]] = {what: [] for what in passes}
        memory = 0.0
        before, _ = measured(kind, file.name)
        for _ in range(runs):
            for what in passes:
                seconds, peak = measured(what, file.name)
                after, _ = measured(kind, file.name)
                base[what].append((before + after) / 2)
                before = after
                times[what].append(seconds)
                memory = max(memory, peak if what == "parse" else 0.0)
    held = True
    for what, limit in zip(passes, (parsed_limit, stored_limit), strict=False):
        r = statistics.median(base[what])
        ratio = statistics.median(mine / other for mine, other in zip(times[what], base[what], strict=True))
        held &= ratio <= (limit or 0)
        print(
            f"{name:<18}{what:<7}{megabytes:6.0f} MB  R {r:6.2f} s  {ratio:6.2f} R  limit {limit:5.2f}  "
            f"{'ok' if ratio <= (limit or 0) else 'OVER':<5}{megabytes / statistics.median(times[what]):6.0f} MB/s", flush=True,
        )  # fmt: skip
    limit = memory_limit or megabytes + 60
    held &= memory <= limit
    print(
        f"{name:<18}memory {memory:6.0f} MB above start  limit {limit:.0f}  {'ok' if memory <= limit else 'OVER'}",
        flush=True,
    )
    return held


def linear(name: str) -> bool:
    """Time per byte at 6, 12, 25 and 50 MB: it may be 1.5 times that of any smaller size, and falls where a start is paid for.

    Sizes are compared within a round, and the median of three rounds counts.
    """
    from shapes import SHAPES  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{size}") for size in (6, 12, 25, 50)]
        for file in files:
            file.write_bytes(SHAPES[name](int(file.name) * 10**6))
        rounds = [
            [measured("parse", str(file))[0] / file.stat().st_size * 1e6 for file in files] for _ in range(3)
        ]
    held = all(
        statistics.median(rates[later] / rates[earlier] for rates in rounds) <= 1.5
        for earlier, later in combinations(range(len(files)), 2)
    )
    rates = [statistics.median(of_size) for of_size in zip(*rounds, strict=True)]
    print(
        f"{name:<18}linear {' '.join(f'{rate:.4f}' for rate in rates)} s/MB at 6, 12, 25, 50 MB  {'ok' if held else 'OVER'}",
        flush=True,
    )
    return held


def large(name: str) -> bool:
    """The memory of one pass over a report of `LARGE` MB, against the limit of one of 50 MB."""
    from shapes import SHAPES  # noqa: PLC0415

    with tempfile.NamedTemporaryFile() as file:
        file.write(SHAPES[name](LARGE * 10**6))
        file.flush()
        size = Path(file.name).stat().st_size / 1e6
        _, memory = measured("parse", file.name)
    limit = LIMITS[name][3] or 0
    print(
        f"{name:<18}memory {memory:6.0f} MB above start  limit {limit:.0f}  {'ok' if memory <= limit else 'OVER':<5} at {size:.0f} MB",
        flush=True,
    )
    return memory <= limit


def merge() -> bool:
    """20 uploads of 2,000 files: our merge against the same join with dictionaries; at most 0.25 of it.

    As in a fold of trees, an upload is digests by path, and what is equal is one object: three of the uploads differ, the others
    repeat them. A second line, without a limit, joins all twenty as if each had objects of its own.
    """
    import numpy as np  # noqa: PLC0415
    import reports  # noqa: PLC0415

    from covdash.coverage.building import FileBuilder, Warnings  # noqa: PLC0415
    from covdash.coverage.codec import digest_of, encode, encode_counts  # noqa: PLC0415
    from covdash.coverage.joining import merge_many  # noqa: PLC0415

    tree = reports.tree(2000, lines=200)
    plain = [{path: dict(reports.hits(path, length, n % 3)) for path, length in tree} for n in range(20)]
    uploads: list[dict[str, bytes]] = []
    objects = {}
    alone = []
    for upload in plain:
        digests, own = {}, {}
        for path, lines in upload.items():
            builder = FileBuilder(Warnings())
            builder.lines(np.fromiter(lines, np.int64), np.fromiter(lines.values(), np.int64))
            own[path] = builder.build()
            digests[path] = digest_of(encode(own[path]) + encode_counts(own[path]))
            objects[digests[path]] = own[path]
        uploads.append(digests)
        alone.append(own)
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(5):
        started = time.process_time()
        joined: dict[str, dict[int, int]] = {}
        for upload in plain:
            for path, lines in upload.items():
                mine = joined.setdefault(path, {})
                for line, hits in lines.items():
                    if hits > mine.get(line, -1):
                        mine[line] = hits
        times[0].append(time.process_time() - started)
        started = time.process_time()
        groups = [{upload[path] for upload in uploads} for path, _ in tree]
        merged = merge_many([[objects[digest] for digest in group] for group in groups])
        times[1].append(time.process_time() - started)
        started = time.process_time()
        merge_many([[upload[path] for upload in alone] for path, _ in tree])
        times[2].append(time.process_time() - started)
        for (path, _), file in zip(tree, merged, strict=True):
            if dict(zip(file.lines.tolist(), file.hits.tolist(), strict=True)) != joined[path]:
                raise AssertionError(path)
    ratio = statistics.median(times[1]) / statistics.median(times[0])
    verdict = "ok" if ratio <= 0.25 else "OVER"
    print(
        f"{'merge':<18}20 x 2,000 files  R {statistics.median(times[0]):.2f} s  {ratio:.2f} R  limit 0.25  {verdict}"
    )
    other = statistics.median(times[2]) / statistics.median(times[0])
    print(f"{'merge':<18}the same, 20 objects for each file            {other:.2f} R")
    return ratio <= 0.25


def main() -> int:
    """Run what is named, or everything; status 1 when a limit is broken."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:4])
        return 0
    from instance import go_inside  # noqa: PLC0415

    go_inside()
    parser = argparse.ArgumentParser(description="Measure the parsers against a reference pass.")
    parser.add_argument("what", nargs="*", default=[*LIMITS, "merge", "linear", "large"])
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    held = True
    for name in options.what:
        if name == "merge":
            held &= merge()
        elif name == "linear":
            held &= not [each for each in LIMITS if not linear(each)]
        elif name == "large":
            held &= not [each for each in STREAMED if not large(each)]
        else:
            held &= bench(name, options.megabytes * 10**6, options.runs)
    return not held


if __name__ == "__main__":
    sys.exit(main())
