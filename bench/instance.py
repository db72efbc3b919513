"""A covdash to measure: `manage.py up` in a data home of its own, spoken to over HTTP, its processes watched from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Instance:
    """A running `up`."""

    process: subprocess.Popen[bytes]
    url: str
    home: Path
    folder: Path

    def get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        """GET a page or a document."""
        request = urllib.request.Request(self.url + path, headers=headers or {})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def post(self, path: str, body: bytes, token: str) -> dict[str, object]:
        """POST a raw report."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            found: dict[str, object] = json.load(answer)
            return found

    def project(self, slug: str) -> str:
        """Make a public project; returns an upload token."""
        self.manage("create_project", slug, "--public")
        return self.manage("create_token", slug)

    def manage(self, *words: str) -> str:
        """Run a management command beside the server."""
        environment = {**os.environ, "COVDASH_HOME": str(self.home)}
        command = [str(self.folder / ".venv/bin/python"), "manage.py", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def upload(
        self, token: str, sha: str, body: bytes, at: str = "", pause: float = 0.0
    ) -> tuple[float, float]:
        """Send a report and wait until it is processed. Returns seconds to the answer, and from the answer to processed."""
        start = time.perf_counter()
        when = f"&committed_at={at}" if at else ""
        answer = self.post(f"/api/v1/uploads?commit={sha}&branch=main{when}", body, token)
        answered = time.perf_counter()
        self.finish(token, str(answer["id"]), pause=pause)
        return answered - start, time.perf_counter() - answered

    def finish(self, token: str, upload: str, seconds: float = 300, pause: float = 0.0) -> None:
        """Wait until an upload is processed, asking every `pause` seconds, or else more and more seldom.

        Raises `RuntimeError` when it fails or takes too long.
        """
        deadline = time.monotonic() + seconds
        wait = pause or 0.005
        while time.monotonic() < deadline:
            state = json.loads(self.get(f"/api/v1/uploads/{upload}", {"Authorization": f"Bearer {token}"}))
            if state["state"] == "processed":
                return
            if state["state"] == "failed":
                raise RuntimeError(f"upload failed: {state}")
            time.sleep(wait)
            wait = pause or min(wait * 1.2, 0.1)
        raise RuntimeError("upload was not processed in time")

    def pids(self) -> dict[int, str]:
        """Return pid -> command line of the supervisor and everything below it."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, IndexError):
                    continue
        family = [self.process.pid]
        for pid in family:
            family.extend(child for child, parent in parents.items() if parent == pid)
        return {pid: text_of(f"/proc/{pid}/cmdline").replace("\0", " ") for pid in family}

    def memory(self) -> tuple[float, float]:
        """Return (sum of RSS, sum of PSS) of the whole tree in MB; RSS counts shared pages once per process."""
        rss = pss = 0
        for pid in self.pids():
            for line in text_of(f"/proc/{pid}/smaps_rollup").splitlines():
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
        return rss / 1024, pss / 1024

    def rest(self, seconds: float = 120) -> None:
        """Wait until nothing is done in the background any more: less than a tenth of a second of processor time in a second."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self._spent()
            time.sleep(1)
            if self._spent() - before < 0.1:
                return

    def _spent(self) -> float:
        """Return the seconds of processor time that all processes have taken."""
        rows = (text_of(f"/proc/{pid}/stat").rpartition(")")[2].split() for pid in self.pids())
        return sum(int(row[11]) + int(row[12]) for row in rows if row) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def worker_peak(self) -> Iterator[list[float]]:
        """Watch the worker processes and their parser cages; the list holds the peak RSS in MB of the greatest process, last."""
        peak = [0.0]
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.02):
                for pid, line in self.pids().items():
                    if "celery" in line or "cage" in line:
                        for row in text_of(f"/proc/{pid}/status").splitlines():
                            if row.startswith("VmRSS:"):
                                peak[0] = max(peak[0], int(row.split()[1]) / 1024)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield peak
        finally:
            stop.set()
            thread.join()


def text_of(path: str) -> str:
    """Return a small file as text, "" when it is gone."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def go_inside() -> None:
    """Go on with the interpreter of the virtual environment, which is made if it lacks."""
    inside = ROOT / ".venv/bin/python"
    if sys.prefix == sys.base_prefix:
        if not inside.exists():
            subprocess.run([sys.executable, str(ROOT / "manage.py"), "test", "--version"], check=True)
        os.execv(inside, [str(inside), *sys.argv])


def start(
    folder: Path = ROOT, *, home: Path | None = None, path: str | None = None
) -> tuple[Instance, float]:
    """Start `up` in `folder`; returns the instance and the seconds to its first page. `path` replaces PATH."""
    made = home or Path(tempfile.mkdtemp(prefix="cvd-bench-", dir="/tmp"))
    made.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    # The rate limit of a token is not what is measured.
    environment = {**os.environ, "COVDASH_UPLOADS_PER_MINUTE": "1000000", **({"PATH": path} if path else {})}
    environment.pop("VIRTUAL_ENV", None)
    begun = time.perf_counter()
    with made.with_suffix(".log").open("ab") as sink:
        process = subprocess.Popen(
            ["python3", "manage.py", "up", "--port", str(port), "--data", str(made), "--no-browser"],
            cwd=folder, env=environment, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    instance = Instance(process, f"http://127.0.0.1:{port}", made, folder)
    while time.perf_counter() - begun < 300:
        try:
            instance.get("/")
            return instance, time.perf_counter() - begun
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return instance, time.perf_counter() - begun
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.05)
    stop(instance, keep=home is not None)
    raise RuntimeError(f"`up` gave no page; see {made.with_suffix('.log')}")


def stop(instance: Instance, *, keep: bool = False) -> None:
    """Stop an instance and, unless `keep`, remove its data home."""
    instance.process.send_signal(signal.SIGTERM)
    try:
        instance.process.wait(30)
    except subprocess.TimeoutExpired:
        instance.process.kill()
    if not keep:
        shutil.rmtree(instance.home, ignore_errors=True)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def signed_in() -> dict[str, str]:
    """Return the headers of the administrator's session."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    reader = Client()
    reader.force_login(get_user_model().objects.get(username="admin"))
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in reader.cookies.items())}


def spent(process: int) -> float:
    """Return the seconds of processor time that a process has taken."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
