"""Foreign protocols under load: `python3 bench/protocols.py codecov [MB]`.

Sends one generated report of MB megabytes (300) through the real client to a fresh covdash, and prints the seconds and the peak RSS of
web, worker and parser cage. Loopback only; homes are temporary; the client is installed into one of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import instance as covdash
import reports

LIMIT = 300.0
"""MB that neither web nor worker may take."""
SHA = "c" * 40
SLUG = "bench/protocols"


def lcov(path: Path, megabytes: int) -> None:
    """Write a report as `cat */lcov.info` makes it: the sections of many tests over one code base of 2,000 files and 400,000 lines."""
    files = reports.tree(2000, lines=330)
    size = test = 0
    with path.open("wb") as out:
        while size < megabytes * 1_000_000:
            size += out.write(b"TN:test_%d\n" % test)
            for name, length in files:
                lines = list(reports.hits(name, length, test))
                arms = "".join(f"BRDA:{n},0,0,{c}\nBRDA:{n},0,1,{c // 2}\n" for n, c in lines if n % 10 == 0)
                counts = "".join(f"DA:{n},{c}\n" for n, c in lines)
                size += out.write(f"SF:{name}\n{arms}{counts}end_of_record\n".encode())
            test += 1


@contextmanager
def peaks(instance: covdash.Instance) -> Iterator[dict[str, float]]:
    """Watch processes by their kind; the dictionary holds the peak RSS in MB of the greatest process of each."""
    found = {"web": 0.0, "worker": 0.0, "cage": 0.0}
    stop = threading.Event()

    def kind(line: str) -> str:
        if "cage_child" in line:
            return "cage"
        return (
            "web"
            if "manage.py web" in line or "gunicorn" in line
            else "worker"
            if "worker" in line or "celery" in line
            else ""
        )

    def watch() -> None:
        while not stop.wait(0.02):
            for pid, line in instance.pids().items():
                if name := kind(line):
                    for row in covdash.text_of(f"/proc/{pid}/status").splitlines():
                        if row.startswith("VmRSS:"):
                            found[name] = max(found[name], int(row.split()[1]) / 1024)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def codecov(folder: Path, url: str, token: str, megabytes: int) -> Callable[[], None]:
    """Prepare codecov-cli and its report; returns what sends it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "client")], check=True)
    python = str(folder / "client/bin/python")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "codecov-cli==11.3.1"], check=True, stderr=subprocess.DEVNULL
    )
    work = folder / "work"
    work.mkdir()
    subprocess.run(["git", "init", "-q", str(work)], check=True)
    lcov(work / "lcov.info", megabytes)
    command = [
        str(folder / "client/bin/codecovcli"), "-u", url, "upload-coverage", "-Z", "--git-service", "github", "--slug", SLUG,
        "--sha", SHA, "--branch", "main", "--disable-search", "-f", "lcov.info",
    ]  # fmt: skip
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CI", "GITHUB", "CODECOV", "PYTHON"))
    }

    def send() -> None:
        subprocess.run(
            command,
            cwd=work,
            env=clean | {"CODECOV_TOKEN": token},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return send


CLIENTS = {"codecov": codecov}


def main() -> int:
    """Run one client; status 1 when web or worker took more than the limit, or the report is not there."""
    name = sys.argv[1] if len(sys.argv) > 1 else "codecov"
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    with tempfile.TemporaryDirectory(prefix="cvd-bench-protocol-") as made:
        folder = Path(made)
        instance, _ = covdash.start()
        try:
            send = CLIENTS[name](folder, instance.url, instance.project(SLUG), megabytes)
            with peaks(instance) as found:
                start = time.perf_counter()
                send()
                sent = time.perf_counter() - start
                state = ended(instance)
                whole = time.perf_counter() - start
        finally:
            covdash.stop(instance)
    print(f"{name}: {megabytes} MB, client {sent:.1f} s, processed after {whole:.1f} s: {state}")
    cage = found.pop("cage")
    for kind, peak in found.items():
        print(
            f"{name}: peak RSS of {kind:<7}{peak:>8.0f} MB   limit {LIMIT:g} MB   {'ok' if peak <= LIMIT else 'OVER'}"
        )
    print(
        f"{name}: peak RSS of {'cage':<7}{cage:>8.0f} MB   it holds the report that it parses, and has a bound of its own"
    )
    return max(found.values()) > LIMIT or "covered" not in state


def ended(instance: covdash.Instance, seconds: float = 600) -> str:
    """Wait until the report of the commit is there; returns it in words."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        report = json.loads(instance.get(f"/api/v1/projects/{SLUG}/-/commits/{SHA}"))
        if report["uploads"]["processed"] + report["uploads"]["failed"] and not report["uploads"]["waiting"]:
            return f"{report['state']}, {report['totals'] and report['totals']['lines']}"
        time.sleep(0.2)
    return "not processed in time"


if __name__ == "__main__":
    sys.exit(main())
