"""Real coverage tools on real packages against `inspect_report`: `python -m tests.producers [--cheap] [--strict] [NAME ...]`.

Prints one line per comparison. Ends with status 1 when covdash says another number than the tool; with `--strict` also when a
tool could not be had. PyPI, npm and Debian's packages have to be in reach.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from covdash.shelf import books
from tests.producers import tools
from tests.producers.ground import BrokenError, Ground, NotRunError, Producer


def main() -> int:
    """Run the producers that were asked for; return the exit status."""
    producers = {producer.name: producer for producer in books(tools, "PRODUCER", Producer)}
    parser = argparse.ArgumentParser(prog="python -m tests.producers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(producers)}; none: all")
    parser.add_argument(
        "--cheap", action="store_true", help="only those that are installed and run within seconds"
    )
    parser.add_argument("--strict", action="store_true", help="a tool that cannot be had is a failure")
    parser.add_argument(
        "--latest",
        action="store_true",
        help="the newest version of each tool of PyPI and npm, not the known one",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="work in this folder and leave what was made there"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="producers at a time (2)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - producers.keys():
        parser.error(f"no such producer: {', '.join(sorted(unknown))}")
    chosen = [
        producer
        for name, producer in producers.items()
        if (not asked.names or name in asked.names) and (producer.cheap or not asked.cheap)
    ]
    with tempfile.TemporaryDirectory(prefix="producers-") as scratch, ThreadPoolExecutor(asked.jobs) as pool:
        home = (asked.keep or Path(scratch)).resolve()
        grounds = list(
            pool.map(lambda producer: _run(producer, home / producer.name, latest=asked.latest), chosen)
        )
    held, failed = sum(ground.held for ground in grounds), sum(ground.failed for ground in grounds)
    missing = sum(ground.missing for ground in grounds)
    print(f"{held} comparisons held, {failed} failed, {missing} of {len(chosen)} producers not run")
    return int(bool(failed or (asked.strict and missing) or not held))


def _run(producer: Producer, folder: Path, *, latest: bool) -> Ground:
    """Run one producer in its folder; what goes wrong in it is its failure and does not hide the others."""
    folder.mkdir(parents=True, exist_ok=True)
    ground = Ground(folder, latest=latest)
    began = time.monotonic()
    try:
        producer.run(ground)
    except NotRunError as reason:
        ground.missing = True
        ground.say(f"not run: {producer.name}: {reason}")
    except BrokenError as reason:
        ground.failed += 1
        ground.say(f"FAILED  {producer.name}: {reason}")
    except Exception:  # noqa: BLE001 - output of a tool that a producer does not understand, in whatever way
        ground.failed += 1
        ground.say(f"FAILED  {producer.name}: {traceback.format_exc(limit=-3)}")
    ground.say(f"        {producer.name}: {time.monotonic() - began:.0f} seconds")
    return ground


if __name__ == "__main__":
    sys.exit(main())
