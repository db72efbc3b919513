"""A Coveralls job of 100 MB in each of its encodings: time to the answer and until visible, memory of web and worker.

`python3 bench/coveralls_load.py`, or as a part of `bench/protocols.py`. Loopback only; the home is temporary.
"""

from __future__ import annotations

import gzip
import http.client
import json
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import instance as covdash

SIZE = 100_000_000
LIMIT = 300
"""MB of RSS that a process may have."""
_BOUNDARY = "xxBENCHxx"
_BLOCK = 1 << 20
LINE = '    if value > {n}:  # a "quoted" word and a\\tTab\n'
Chunks = Iterator[bytes]


def write_job(path: Path, token: str, sha: str) -> int:
    """Write a job of about `SIZE` bytes with sources, lines and arms; returns its number of files."""
    files = 0
    with path.open("wb") as out:
        out.write(b'{"repo_token": "%s", "source_files": [' % token.encode())
        while out.tell() < SIZE - 40_000:
            lines = 600 + files % 7
            source = "".join(LINE.format(n=f"{files}-{n}") for n in range(lines))
            hits = [None if n % 3 == 0 else (n * files) % 5 for n in range(lines)]
            arms = [word for n in range(1, lines, 9) for arm in (0, 1) for word in (n, 0, arm, (n + arm) % 2)]
            entry = {
                "name": f"src/pkg{files % 40}/m{files}.py",
                "source": source,
                "coverage": hits,
                "branches": arms,
            }
            out.write((b", " if files else b"") + json.dumps(entry).encode())
            files += 1
        git = {"branch": "main", "head": {"id": sha, "author_name": "Ada", "message": "Large"}}
        out.write(b'], "git": %s, "service_name": "bench"}' % json.dumps(git).encode())
    return files


def _plain(path: Path) -> Chunks:
    with path.open("rb") as document:
        while block := document.read(_BLOCK):
            yield block


def _part(head: str, chunks: Chunks) -> Chunks:
    yield f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
    yield from chunks
    yield f"\r\n--{_BOUNDARY}--\r\n".encode()


def _packed(path: Path) -> Chunks:
    packed = path.with_suffix(".gz")
    with packed.open("wb") as sink, gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=1) as out:
        for block in _plain(path):
            out.write(block)
    yield from _plain(packed)
    packed.unlink()


def _escaped(path: Path) -> Chunks:
    yield b"json="
    for block in _plain(path):
        yield urllib.parse.quote_plus(block).encode()


_MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"
ENCODINGS: dict[str, tuple[str, Callable[[Path], Chunks]]] = {
    "multipart file": (
        _MULTIPART,
        lambda path: _part('name="json_file"; filename="json_file"', _plain(path)),
    ),
    "multipart gzip": (
        _MULTIPART,
        lambda path: _part('name="json_file"; filename="json_file"', _packed(path)),
    ),
    "multipart text": (_MULTIPART, lambda path: _part('name="json"', _plain(path))),
    "urlencoded": ("application/x-www-form-urlencoded", _escaped),
}


def post(found: covdash.Instance, path: Path, how: str, folder: Path) -> tuple[float, int, str]:
    """Post a document; returns seconds to the answer, bytes on the wire, and the id of the upload."""
    kind, chunks = ENCODINGS[how]
    wire = folder / "wire"
    with wire.open("wb") as out:
        out.writelines(chunks(path))
    address = urllib.parse.urlsplit(found.url)
    size = wire.stat().st_size
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=300)
    with wire.open("rb") as body:
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/jobs", body, {"Content-Type": kind, "Content-Length": str(size)})
        answer = connection.getresponse()
        text = answer.read()
    seconds = time.perf_counter() - begun
    connection.close()
    wire.unlink()
    if answer.status != 200:
        raise RuntimeError(f"{how}: {answer.status} {text[:400]!r}")
    return seconds, size, str(json.loads(text)["url"]).rpartition("/")[2]


@contextmanager
def watched(found: covdash.Instance) -> Iterator[dict[str, float]]:
    """Watch the processes of an instance; the result holds the peak RSS in MB of the greatest web, worker and cage process."""
    peaks = {"web": 0.0, "worker": 0.0, "cage": 0.0}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            for pid, line in found.pids().items():
                words = {"cage": "cage", "celery": "worker", "gunicorn": "web"}
                kind = next((kind for word, kind in words.items() if word in line), "")
                if kind:
                    peaks[kind] = max(peaks[kind], _rss(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


def _rss(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmRSS:")), 0.0)


def bench() -> bool:
    """Run all encodings; prints one line each, and says whether every process stayed below `LIMIT`."""
    found, _ = covdash.start()
    folder = Path(tempfile.mkdtemp(prefix="cvd-coveralls-", dir="/tmp"))
    is_good = True
    try:
        token = found.project("bench/coveralls")
        for number, how in enumerate(ENCODINGS, 1):
            job = folder / "job.json"
            files = write_job(job, token, f"{number:040x}")
            with watched(found) as peaks:
                seconds, size, upload = post(found, job, how, folder)
                begun = time.perf_counter()
                found.finish(token, upload, pause=0.2)
                visible = time.perf_counter() - begun
            is_good &= max(peaks.values()) <= LIMIT and min(peaks["web"], peaks["worker"]) > 0
            memory = ", ".join(f"{kind} {peak:.0f} MB" for kind, peak in peaks.items())
            sent = f"{job.stat().st_size / 1e6:6.0f} MB, {files} files, {size / 1e6:6.0f} MB on the wire"
            times = f"answer {seconds:5.2f} s, visible after {visible:5.2f} s more"
            print(f"{how:<16}{sent}: {times}; peak RSS {memory} (limit {LIMIT})", flush=True)
    finally:
        covdash.stop(found)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    return is_good


if __name__ == "__main__":
    sys.exit(0 if bench() else 1)
