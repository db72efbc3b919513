"""A storm over a running covdash: processes die at random moments while uploads go in, and nothing may be lost or doubled.

    python3 -m tests.reliability.storm --uploads 200 --kills 20 --seed 1

Starts `manage.py up` in a fresh data home twice: once calm, once with `--kills` deaths of each victim (worker, Valkey with its
data wiped, PostgreSQL, web). The client keeps every 202 it was given; in the end each must be processed, once, and every commit
must have the root and totals of the calm run. Loopback only; every wait is bounded; ends only processes that it started.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
VICTIMS = ("worker", "valkey", "postgres", "web")
SLUG = "storm/target"


class StormError(AssertionError):
    """A promise that did not hold."""


@dataclass
class Instance:
    """A running `up`: its supervisor, address, data home and an upload token."""

    process: subprocess.Popen[bytes]
    url: str
    home: Path
    token: str = ""
    log: Path = field(default_factory=Path)

    def call(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, object]:
        """GET, or POST `body`; returns the JSON. Raises `OSError` (HTTPError included)."""
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {})
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, object] = json.load(answer)
            return found

    def manage(self, *words: str) -> str:
        """Run a management command beside the server; returns what it printed."""
        command = [sys.executable, "manage.py", *words]
        environment = {**newcomer(), "COVDASH_HOME": str(self.home)}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise StormError(f"{words[0]}: {done.stderr.strip()[-400:]}")
        return done.stdout.strip()


def newcomer() -> dict[str, str]:
    """Return our environment without any setting of covdash: inside the test suite those are its own stores."""
    foreign = ("COVDASH_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def free_port() -> int:
    """Return a port of the loopback interface that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Instance]:
    """Start `up` in a fresh home, with a public project and a token; stop it in the end."""
    home = Path(tempfile.mkdtemp(prefix="cvd-storm-", dir="/tmp"))
    home.chmod(0o755)
    port = free_port()
    log = home.with_suffix(".log")
    with log.open("wb") as sink:
        command = [
            sys.executable,
            "manage.py",
            "up",
            "--port",
            str(port),
            "--data",
            str(home),
            "--no-browser",
        ]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=sink,
            stderr=sink,
            stdin=subprocess.DEVNULL,
            env=newcomer(),
            start_new_session=True,
        )
    instance = Instance(process, f"http://127.0.0.1:{port}", home, log=log)
    try:
        wait(lambda: instance.call("/readyz") is not None, 120, f"no answer from `up`; see {log}")
        instance.manage("create_project", SLUG, "--public")
        instance.token = instance.manage("create_token", SLUG)
        yield instance
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def wait(ready: Callable[[], bool], seconds: float, message: str) -> None:
    """Poll until `ready()`; an `OSError` means not yet. Raises `StormError` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ready():
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.2)
    raise StormError(message)


def report(commit: int, job: int) -> bytes:
    """Return an LCOV report whose lines, arms and functions depend on the commit and the job; jobs of a commit overlap."""
    chance = random.Random(commit * 1000 + job)
    out = ["TN:"]
    for number in range(12):
        out.append(f"SF:src/d{number % 4}/f{number}.c")
        out.append(f"FN:1,main{number}")
        out.append(f"FNDA:{chance.randrange(2)},main{number}")
        out.extend(f"DA:{line},{chance.randrange(3)}" for line in range(1, 40 + commit))
        out.extend(f"BRDA:{line},0,{arm},{chance.randrange(2)}" for line in (3, 9) for arm in (0, 1))
        out.append("end_of_record")
    return "\n".join(out).encode() + b"\n"


def send(instance: Instance, commit: int, job: int, *, patience: float) -> str:
    """Deliver one upload, again and again until it is accepted, as a CI client would. Returns its id."""
    query = f"commit={commit:040x}&branch=main&job=job{job}&flags=part{job % 2}&committed_at=2026-01-{commit + 1:02}T00:00:00Z"
    headers = {"Authorization": f"Bearer {instance.token}", "Content-Type": "application/octet-stream"}
    deadline = time.monotonic() + patience
    while True:
        try:
            return str(instance.call(f"/api/v1/uploads?{query}", report(commit, job), headers)["id"])
        except urllib.error.HTTPError as error:
            if error.code not in (429, 500, 502, 503) or time.monotonic() > deadline:
                raise StormError(f"upload refused: {error.code} {error.read()[:300]!r}") from error
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline:
                raise StormError(f"upload not accepted in time: {error}") from error
        time.sleep(0.3)


def processes(instance: Instance) -> dict[str, list[int]]:
    """Return the pids of the victims among the descendants of the supervisor, parents before children."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                lines[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
            except (OSError, IndexError):
                continue
    family = [instance.process.pid]
    for pid in family:
        family.extend(child for child, parent in parents.items() if parent == pid)
    marks = {"worker": " worker", "valkey": "valkey", "postgres": "/postgres ", "web": "gunicorn"}
    found: dict[str, list[int]] = {name: [] for name in VICTIMS}
    for pid in family[1:]:
        for name, mark in marks.items():
            if mark in lines.get(pid, "") and (name != "worker" or "celery" in lines[pid]):
                found[name].append(pid)
    return found


def strike(instance: Instance, victim: str) -> bool:
    """Kill the oldest process of `victim` without warning; Valkey loses its data as well. False when it is not running now."""
    pids = processes(instance)[victim]
    if not pids:
        return False
    try:
        if victim == "valkey":
            os.kill(pids[0], signal.SIGSTOP)
            for folder in instance.home.rglob("appendonlydir"):
                shutil.rmtree(folder, ignore_errors=True)
        os.kill(pids[0], signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def deliver(instance: Instance, commits: int, jobs: int, *, patience: float, pace: float) -> list[str]:
    """Send every job of every commit from four threads; returns the ids of all accepted uploads."""
    queue = [(commit, job) for job in range(jobs) for commit in range(commits)]
    ids: list[str] = []
    errors: list[BaseException] = []

    def work(part: list[tuple[int, int]]) -> None:
        try:
            for commit, job in part:
                ids.append(send(instance, commit, job, patience=patience))
                time.sleep(pace)
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            errors.append(error)

    threads = [threading.Thread(target=work, args=(queue[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return ids


def settle(instance: Instance, ids: list[str], seconds: float) -> None:
    """Wait until every accepted upload is processed. Raises `StormError` for one that failed or never ends."""
    headers = {"Authorization": f"Bearer {instance.token}"}
    deadline = time.monotonic() + seconds
    for upload in ids:

        def done(upload: str = upload) -> bool:
            state = instance.call(f"/api/v1/uploads/{upload}", headers=headers)
            if state["state"] == "failed":
                raise StormError(f"upload {upload} failed: {state.get('error')}")
            return state["state"] == "processed"

        wait(done, max(deadline - time.monotonic(), 1), f"upload {upload} was answered 202 and never ended")


def roots(instance: Instance, commits: int) -> dict[str, object]:
    """Return root, totals and totals per flag of every commit."""
    found = {}
    for commit in range(commits):
        answer = instance.call(f"/api/v1/projects/{SLUG}/commits/{commit:040x}")
        found[f"{commit:040x}"] = {key: answer[key] for key in ("root", "totals", "flags")}
    return found


def storm(*, uploads: int, kills: int, seed: int, say: Callable[[str], None] = print) -> dict[str, int]:
    """Run calm and storm; returns how often each victim died. Raises `StormError` when a promise does not hold."""
    commits = max(uploads // 10, 1)
    jobs = uploads // commits
    with running() as instance:
        ids = deliver(instance, commits, jobs, patience=30, pace=0)
        settle(instance, ids, 300)
        wait(lambda: _complete(instance, commits, jobs), 60, "the calm run did not settle")
        calm = roots(instance, commits)
    say(f"calm: {len(ids)} uploads of {commits} commits")
    deaths = dict.fromkeys(VICTIMS, 0)
    chance = random.Random(seed)
    with running() as instance:
        over = threading.Event()
        plan = [victim for victim in VICTIMS for _ in range(kills)]
        chance.shuffle(plan)

        def rage() -> None:
            for victim in plan:
                time.sleep(chance.uniform(0.2, 2.0))
                for _ in range(100):
                    if strike(instance, victim):
                        deaths[victim] += 1
                        break
                    time.sleep(0.1)
            over.set()

        thread = threading.Thread(target=rage)
        thread.start()
        pace = kills * len(VICTIMS) * 1.2 * 4 / max(uploads, 1)
        ids = deliver(instance, commits, jobs, patience=120, pace=pace)
        thread.join()
        say(f"storm: {deaths}, {len(ids)} uploads answered 202")
        settle(instance, ids, 400)
        if len(set(ids)) != commits * jobs:
            raise StormError(f"{commits * jobs} deliveries became {len(set(ids))} uploads")
        wait(lambda: _complete(instance, commits, jobs), 120, "a commit never counted all its uploads")
        stormy = roots(instance, commits)
        listed = instance.call(f"/api/v1/projects/{SLUG}/commits/{0:040x}")
        say(f"first commit after the storm: {listed['totals']}")
    different = [sha for sha in calm if calm[sha] != stormy[sha]]
    if different:
        raise StormError(f"{len(different)} commits differ from the calm run, first {different[0]}")
    return deaths


def _complete(instance: Instance, commits: int, jobs: int) -> bool:
    """Say whether the report of every commit counts all its uploads."""
    states = [instance.call(f"/api/v1/projects/{SLUG}/commits/{commit:040x}") for commit in range(commits)]
    return all(
        state["uploads"] == {"processed": jobs, "failed": 0, "waiting": 0, "superseded": 0}
        for state in states
    )


def main() -> int:
    """Run a storm from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    words = parser.parse_args()
    print(f"seed {words.seed}")
    try:
        storm(uploads=words.uploads, kills=words.kills, seed=words.seed)
    except StormError as error:
        print(f"BROKEN: {error}")
        return 1
    print("every upload answered 202 ended processed, once; roots and totals equal the calm run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
