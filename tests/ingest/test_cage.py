"""The parser cage: nothing gets out, nothing that happens inside reaches the worker, and the next file is read as if nothing was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import cage
from ingest.cage import Answer, Cage, Job
from ingest.frames import Failed, File, Report, Skipped, Unpacked
from ingest.parsing import Limits
from tests.factories.uploads import lcov

REPORT = lcov({"a.c": {1: 1, 2: 0}})
ROOT = Path(__file__).parents[2]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a trap door into the cage: a file that starts with `EVIL` is run as code in the locked process."""
    boot = """
        import sys; sys.path.insert(0, sys.argv[1])
        import ctypes, os, socket, subprocess, time, urllib.request
        from ingest import cage_child, reading
        honest = reading.read_upload_file
        def evil(name, chunks, **words):
            data = b"".join(chunks)
            if data.startswith(b"EVIL"):
                found = {}
                exec(data[4:].decode(), globals(), found)
                yield reading.Skipped(name, str(found.get("answer")))
            else:
                yield from honest(name, [data], **words)
        reading.read_upload_file = evil
        cage_child.main()
    """
    monkeypatch.setattr(cage, "_BOOT", textwrap.dedent(boot))


@pytest.fixture
def prisoner(inside: None) -> Iterator[Cage]:
    found = Cage()
    yield found
    found.close()


def read(where: Cage, body: bytes, job: Job | None = None) -> list[Answer]:
    return list(where.read("file", [body], format_name=None, limits=Limits(), job=job or Job()))


def run(where: Cage, code: str) -> Answer:
    (answer,) = read(where, b"EVIL" + textwrap.dedent(code).encode())
    return answer


def test_a_report_comes_out_whole() -> None:
    where = Cage()
    try:
        head, file = read(where, REPORT)
        assert isinstance(head, Report)
        assert isinstance(file, File)
        assert (head.format, head.files, file.path) == ("lcov", 1, "a.c")
    finally:
        where.close()


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "open('/tmp/covdash-escape', 'w')",
        "open('/proc/self/environ')",
        "os.listdir('/')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "os.pipe()",
        "os.dup(0)",
        "subprocess.run(['/bin/true'])",
        "os.fork()" if os.geteuid() else "os.setuid(0)",
        "urllib.request.urlopen('http://127.0.0.1:1/')",
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_NOFILE, (64, 64))",
    ],
)
def test_from_inside_nothing_can_be_opened(prisoner: Cage, code: str) -> None:
    indented = textwrap.indent(code, "    ")
    answer = run(
        prisoner,
        f"try:\n{indented}\n    answer = 'escaped'\nexcept BaseException as error:\n    answer = type(error).__name__",
    )
    assert isinstance(answer, Skipped)
    assert answer.reason != "escaped"


def test_inside_there_is_no_secret(prisoner: Cage) -> None:
    answer = run(prisoner, "answer = sorted(os.environ)")
    assert isinstance(answer, Skipped)
    assert answer.reason == "['LC_CTYPE', 'OPENBLAS_NUM_THREADS', 'PYTHONDONTWRITEBYTECODE']"
    answer = run(prisoner, "answer = 'django' in sys.modules or 'covdash.settings' in sys.modules")
    assert isinstance(answer, Skipped)
    assert answer.reason == "False"


@pytest.mark.parametrize(
    ("code", "expected", "words"),
    [
        ("os.kill(os.getpid(), 11)", "parser_crashed", "SIGSEGV"),
        ("ctypes.string_at(0)", "parser_crashed", "SIGSEGV"),
        ("os.abort()", "parser_crashed", "SIGABRT"),
        ("os._exit(3)", "parser_crashed", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "parser_crashed", "SIGKILL"),
        ("raise RuntimeError('a bug')", "parser_crashed", "exit status 1"),
        ("os.write(1, b'\\xff' * 64)", "parser_crashed", "broken answer"),
        ("os.write(1, b'\\x04\\0\\0\\0junk')", "parser_crashed", "broken answer"),
        ("answer = bytearray(4 * 1024**3)", "memory_limit", "memory"),
        ("answer = [bytes(10**6) for _ in range(4000)]", "memory_limit", "memory"),
    ],
)
def test_whatever_kills_the_cage_costs_one_file(inside: None, code: str, expected: str, words: str) -> None:
    where = Cage()
    try:
        answers = read(where, b"EVIL" + code.encode())
        assert isinstance(answers[-1], Failed)
        assert answers[-1].code == expected
        assert words in answers[-1].message
        assert where.is_worn
    finally:
        where.close()


@pytest.mark.parametrize("code", ["while True: pass", "time.sleep(60)"])
def test_a_file_that_takes_for_ever_is_given_up(
    inside: None, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cage, "WALL_SECONDS", 0.7)
    where = Cage()
    beats: list[float] = []
    try:
        begun = time.monotonic()
        (answer,) = read(where, b"EVIL" + code.encode(), Job(beat=lambda: beats.append(time.monotonic())))
        assert time.monotonic() - begun < 10
        assert isinstance(answer, Failed)
        assert answer.code == "time_limit"
        assert beats
    finally:
        where.close()


def test_processor_time_is_bounded_too(inside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cage, "CPU_SECONDS", 1)
    where = Cage()
    try:
        (answer,) = read(where, b"EVILwhile True: pass")
        assert isinstance(answer, Failed)
        assert (answer.code, "processor" in answer.message) == ("time_limit", True)
    finally:
        where.close()


def test_a_worn_cage_is_replaced_by_a_fresh_one(inside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cage, "_mine", type("Nobody", (), {})())
    first = cage.mine()
    assert cage.mine() is first
    assert isinstance(read(first, b"EVILos.abort()")[-1], Failed)
    second = cage.mine()
    assert second.pid != first.pid
    assert len(read(second, REPORT)) == 2
    monkeypatch.setattr(cage, "MAX_JOBS", 1)
    third = cage.mine()
    assert third.pid != second.pid
    third.close()


def test_a_reader_that_gives_up_in_the_middle_leaves_no_cage_behind() -> None:
    where = Cage()
    answers = where.read("file", [REPORT], format_name=None, limits=Limits(), job=Job())
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert where.is_worn


def test_the_cage_ends_with_its_worker(tmp_path: Path) -> None:
    code = "import time; from ingest.cage import Cage; print(Cage().pid, flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout
        pid = int(worker.stdout.readline())
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        for _ in range(100):
            if not _is_alive(pid):
                break
            time.sleep(0.05)
        assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_archive_of_sources_gives_its_texts() -> None:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("src/a.py", b"x = 1\n")
        archive.writestr("logo.png", b"\x89PNG\0\0")
        archive.writestr("big.txt", b"x" * 2000)
        archive.writestr("../evil.py", b"y = 1\n")
    where = Cage()
    try:
        answers = list(where.unpack("s.zip", [out.getvalue()], longest=1000, limits=Limits(), job=Job()))
    finally:
        where.close()
    assert [(a.name, a.data) for a in answers if isinstance(a, Unpacked)] == [("src/a.py", b"x = 1\n")]
    skipped = {a.name: a.reason.partition(":")[0] for a in answers if isinstance(a, Skipped)}
    assert skipped == {"logo.png": "binary", "big.txt": "too_large", "../evil.py": "path_escape"}
