"""The uploader is one readable file: the same bytes each time, for Python 3.8 and newer, safe from what lies in the repository."""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import uploader
from tests.ingest.client.checkouts import clean
from tests.ingest.client.conftest import TOKEN
from tests.ingest.client.fake_server import Fake

SERVER = "https://cov.example.org"


def pythons() -> dict[str, str]:
    """Return every Python of this machine, by version; the one that runs the tests is always there."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    names = ["python2.7", *(f"python3.{minor}" for minor in range(5, 16))]
    places = [path for name in names if (path := shutil.which(name))]
    places += [str(path) for path in Path.home().glob(".pyenv/versions/*/bin/python")]
    for place in places:
        said = subprocess.run(
            [place, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode == 0:
            found.setdefault(said.stdout.strip(), place)
    return found


@pytest.fixture(scope="module")
def text() -> str:
    return uploader.program(server=SERVER).body.decode("ascii")


@pytest.fixture
def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "covdash-upload.py"
    path.write_text(text)
    return path


def test_it_is_python_of_3_8(text: str) -> None:
    ast.parse(text, feature_version=(3, 8))


def test_it_is_small_and_readable(text: str) -> None:
    """Under 120 kB, with its licence, its comments, its names and no line that nobody reads."""
    assert len(text) < uploader.MAX_BYTES == 120_000
    assert "Apache License, Version 2.0" in text[:800]
    assert max(map(len, text.split("\n"))) < 220
    assert "posix` and `nt` are built into the interpreter" in text
    assert text.count("\ndef ") > 100


def test_the_same_input_gives_the_same_bytes() -> None:
    """A fresh process joins the same file: its SHA-256 can be pinned."""
    code = f"from ingest import uploader; print(uploader.program(server={SERVER!r}).sha256)"
    fresh = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    made = uploader.program(server=SERVER)

    assert fresh.stdout.strip() == made.sha256 == hashlib.sha256(made.body).hexdigest()


def test_server_and_version_are_written_in(text: str) -> None:
    assert f"SERVER = {SERVER!r}" in text
    assert f'VERSION = "{uploader.VERSION}"' in text
    assert (
        uploader.program(server="https://other.example.org").sha256 != uploader.program(server=SERVER).sha256
    )


def test_nothing_of_covdash_and_nothing_foreign_is_imported(text: str) -> None:
    """Only the standard library."""
    modules = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    modules |= {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
    }

    assert modules <= sys.stdlib_module_names
    assert "__future__" not in modules


def test_every_room_is_joined() -> None:
    rooms = {path.stem for path in (Path(uploader.__file__).parent / "client").glob("*.py")} - {"__init__"}

    assert rooms == set(uploader.ROOMS)
    assert len(uploader.ROOMS) == len(rooms)


def test_rooms_use_only_those_before_them() -> None:
    """The order of the joining is an order of use."""
    before: set[str] = set()
    for room in uploader.ROOMS:
        source = (Path(uploader.__file__).parent / "client" / f"{room}.py").read_text()
        used = set(re.findall(r"^from ingest\.client\.(\w+) import", source, re.MULTILINE))
        assert used <= before, room
        before.add(room)


def test_two_rooms_with_one_name_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one file would silently lose one of them."""
    (tmp_path / "start.py").write_text('"""A."""\n\nassert True\nx = 1\n')
    (tmp_path / "words.py").write_text('"""B."""\n\n\ndef x() -> None:\n    """Do."""\n')
    monkeypatch.setattr(uploader, "_FOLDER", tmp_path)
    monkeypatch.setattr(uploader, "ROOMS", ("start", "words"))

    with pytest.raises(uploader.JoinError, match="x is a name of start and of words"):
        uploader.program(server="https://never.example.org")


def test_it_runs_on_every_python_here(file: Path) -> None:
    """From 3.8 on it starts; before, it says what it needs and fails."""
    for version, python in pythons().items():
        number = tuple(int(part) for part in version.split("."))
        said = subprocess.run(
            [python, str(file), "--version"], capture_output=True, text=True, env=clean(), check=False
        )
        if number >= (3, 8):
            assert (said.returncode, said.stdout.strip()) == (0, f"covdash-upload {uploader.VERSION}"), (
                version,
                said.stderr,
            )
        else:
            assert said.returncode != 0
            assert "needs Python 3.8" in said.stderr


def test_a_whole_upload_on_every_python_here(file: Path, checkout: Path, server: Fake) -> None:
    """Search, git, manifest and exchange, on each Python from 3.8 on."""
    for version, python in pythons().items():
        if tuple(int(part) for part in version.split(".")) < (3, 8):
            continue
        server.reports.clear()
        server.seen.clear()
        env = clean() | {"COVDASH_URL": server.url, "COVDASH_TOKEN": TOKEN}
        done = subprocess.run(
            [python, "-I", str(file)],
            cwd=checkout,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, (version, done.stderr)
        assert len(server.reports) == 1


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("from_stdin", [True, False])
def test_modules_of_the_repository_do_not_run(
    file: Path, checkout: Path, *, isolated: bool, from_stdin: bool
) -> None:
    """A repository with its own `json.py`, `ssl.py` and `argparse.py` at its root: none of them is imported, by file and by pipe."""
    for name in ("json", "ssl", "argparse", "re", "__future__"):
        (checkout / f"{name}.py").write_text("import sys\nsys.exit('hijacked')\n")
    shutil.copy(file, checkout)
    command = [
        sys.executable,
        *(["-I"] if isolated else []),
        "-" if from_stdin else "covdash-upload.py",
        "--dry-run",
    ]

    done = subprocess.run(
        command,
        cwd=checkout,
        env=clean(),
        input=file.read_text() if from_stdin else None,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "hijacked" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert "nothing was sent" in done.stderr


def test_by_exec_from_an_address(file: Path, checkout: Path) -> None:
    """The way without curl: the program is read from somewhere and executed; flags pass through."""
    code = f"exec(open({str(file)!r}).read())"

    done = subprocess.run(
        [sys.executable, "-I", "-c", code, "--dry-run", "-q"],
        cwd=checkout,
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_a_console_that_knows_ascii_only(file: Path, checkout: Path) -> None:
    """Names that cannot be shown are escaped, not fatal."""
    (checkout / "coverage-ü€.xml").write_bytes((checkout / "coverage.xml").read_bytes())
    env = clean() | {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0", "LC_ALL": "C"}

    done = subprocess.run(
        [sys.executable, str(file), "--dry-run"], cwd=checkout, env=env, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr
    done.stderr.decode("ascii")
    assert b"coverage-" in done.stderr
