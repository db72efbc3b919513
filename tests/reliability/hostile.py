"""Every hostile input through `inspect_report` and through a running covdash, as a table: what became of it, time and memory.

    python3 -m tests.reliability.hostile [--only NAME,NAME]

Each input goes alone into `inspect_report`, and in one upload with a good report into a covdash of its own. It must end as
`tests/ingest/hostile_inputs.py` says, within the processor time and below the memory that are bounds there or here, without a
traceback, and the good report beside it must count. The status is 1 when a row is not met. Loopback only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ingest.hostile_inputs import ACCEPT, LARGE, LARGEST, REJECT, Hostile, small
from tests.reliability.storm import ROOT, SLUG, Instance, StormError, newcomer, processes, running, wait

MOST = 300
"""MB that reading may take beyond what a report of two lines takes."""
GOOD = b"TN:\nSF:good/neighbour.c\nDA:1,1\nDA:2,0\nend_of_record\n"
_BOUNDARY = b"hostile-boundary"


def main() -> int:
    """Print the table; status 1 when a row is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names, separated by commas")
    only = set(parser.parse_args().only.split(",")) - {""}
    inputs = [one for one in (*small(), *LARGE, *LARGEST) if not only or one.name in only]
    bad = 0
    print(f"{'input':<34}{'must':<21}{'inspect_report':>16}{'MB':>6}{'worker':>10}{'MB':>6}")
    idle = Hostile("idle.info", lambda: GOOD, ACCEPT)
    with running() as instance, tempfile.TemporaryDirectory() as folder:
        start = (0.0, 0.0)
        for number, one in enumerate([idle, *inputs]):
            path = Path(folder) / one.name
            path.write_bytes(one.make())
            seconds, alone, wrong = inspected(one, path)
            took, beside, also = sent(instance, one, path, number)
            path.unlink()
            if one is idle:
                start = alone, beside
            alone, beside = alone - start[0], beside - start[1]
            said = [text for text in (wrong, also) if text]
            said += [
                f"{value:.0f} {unit}, more than {limit:.0f}"
                for value, unit, limit in (
                    (seconds, "s", one.seconds), (alone, "MB", MOST), (beside, "MB", MOST)
                )
                if value > limit
            ]  # fmt: skip
            bad += bool(said)
            figures = f"{seconds:>14.2f} s{alone:>6.0f}{took:>8.2f} s{beside:>6.0f}"
            print(f"{one.name:<34}{one.outcome:<21}{figures}  {'; '.join(said) or 'ok'}", flush=True)
    print(f"{len(inputs)} inputs, {bad} not as they should be")
    return bool(bad)


def inspected(one: Hostile, path: Path) -> tuple[float, float, str]:
    """Run `inspect_report` on a file: seconds of processor time, MB at its peak, and what is wrong ("" if nothing is)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        words = [sys.executable, "manage.py", "inspect_report", "--json", str(path)]
        actions = [(os.POSIX_SPAWN_DUP2, sink.fileno(), number) for sink, number in ((out, 1), (errors, 2))]
        os.chdir(ROOT)
        child = os.posix_spawn(sys.executable, words, newcomer(), file_actions=actions)
        _, _, used = os.wait4(child, 0)
        out.seek(0)
        errors.seek(0)
        if b"Traceback" in (said := errors.read()):
            return used.ru_utime, 0, f"inspect_report: a traceback {said[-200:]!r}"
        found = json.load(out)
    found = found[0] if isinstance(found, list) else found
    wrong = one.differs(found)
    seconds = used.ru_utime + used.ru_stime
    return seconds, used.ru_maxrss / 1000, f"inspect_report: {wrong}" if wrong else ""


def sent(instance: Instance, one: Hostile, path: Path, number: int) -> tuple[float, float, str]:
    """Send a file with a good one beside it: seconds until the end, MB of the greatest process that read it, and what is wrong."""
    commit = f"{number + 1:040x}"
    parts = ((one.name, path.read_bytes()), ("good.info", GOOD))
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="report"; filename="%b"\r\n\r\n%b\r\n'
        % (_BOUNDARY, name.encode(), data)
        for name, data in parts
    )
    who = {"Authorization": f"Bearer {instance.token}"}
    kind = f"multipart/form-data; boundary={_BOUNDARY.decode()}"
    state: dict[str, Any] = {}
    begun = time.perf_counter()
    with peak(instance) as most:
        said = instance.call(
            f"/api/v1/uploads?commit={commit}&branch=main", body + b"--%b--\r\n" % _BOUNDARY, {**who, "Content-Type": kind}
        )  # fmt: skip

        def ended() -> bool:
            state.update(instance.call(f"/api/v1/uploads/{said['id']}", headers=who))
            return state["state"] in ("processed", "failed")

        try:
            wait(ended, 120, "did not end")
        except StormError as error:
            return time.perf_counter() - begun, most[0], f"worker: {error}"
    return time.perf_counter() - begun, most[0], _wrong(instance, one, commit, state)


def _wrong(instance: Instance, one: Hostile, commit: str, state: dict[str, Any]) -> str:
    if state["state"] != "processed":
        return f"worker: the upload failed with {state.get('error')}"
    own = [outcome for outcome in state["outcomes"] if outcome["name"].split(" > ")[0] == one.name]
    codes = {
        outcome[word].partition(":")[0] for outcome in own for word in ("code", "reason") if outcome.get(word)
    }
    codes |= {warning[0] for outcome in own for warning in outcome.get("warnings", ())}
    if one.codes and not codes & one.codes:
        return f"worker: {sorted(codes)}, not one of {sorted(one.codes)}"
    files = f"/api/v1/projects/{SLUG}/-/commits/{commit}/files/good/neighbour.c"
    wait(lambda: bool(instance.call(files)), 30, "worker: the good report beside it does not count")
    if one.outcome == REJECT and not any(outcome["state"] == "failed" for outcome in state["outcomes"]):
        return "worker: nothing was refused"
    return ""


@contextmanager
def peak(instance: Instance) -> Iterator[list[float]]:
    """Watch the worker and its children; the one number in the list is the greatest resident memory of one of them, in MB."""
    most, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for pid in _workers(instance):
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue
                most[0] = max(
                    [
                        most[0],
                        *(
                            int(line.split()[1]) / 1000
                            for line in status.splitlines()
                            if line.startswith("VmRSS")
                        ),
                    ]
                )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def _workers(instance: Instance) -> list[int]:
    family = list(processes(instance)["worker"])
    for pid in family:
        try:
            family += [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            continue
    return family


if __name__ == "__main__":
    sys.exit(main())
