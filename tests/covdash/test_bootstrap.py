"""From a bare Python to the locked environment."""

from __future__ import annotations

import ast
import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from covdash import bootstrap

ROOT = Path(__file__).parents[2]


def wheel(folder: Path) -> Path:
    """Make the smallest wheel there is: one module that says `here`."""
    name = "covdash_probe-1.0"
    path = folder / f"{name}-py3-none-any.whl"
    files = {
        "covdash_probe.py": "WORD = 'here'\n",
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: covdash-probe\nVersion: 1.0\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{member},sha256={digest},{len(text)}")
        rows.append(f"{name}.dist-info/RECORD,,")
        archive.writestr(f"{name}.dist-info/RECORD", "\n".join(rows) + "\n")
    return path


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock with one package, which needs no network."""
    built = wheel(tmp_path)
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    (tmp_path / "requirements.lock").write_text(
        f"# a comment\ncovdash-probe @ file://{built} \\\n    --hash=sha256:{digest}\n"
    )
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    return tmp_path / "requirements.lock"


def nothing(_name: str) -> None:
    """Stand in for a search that finds nothing."""


def never(_command: list[str]) -> bool:
    return False


def word(folder: Path) -> str:
    command = [str(folder / "bin/python"), "-c", "import covdash_probe; print(covdash_probe.WORD)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize("installer", ["pip", *(["uv"] if shutil.which("uv") else [])])
def test_a_lock_is_installed_stamped_and_followed(
    installer: str, lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp of another lock does not count; what is stale is repaired without making the environment anew."""
    if installer == "pip":
        monkeypatch.setattr(bootstrap.shutil, "which", nothing)
        # As for a newcomer: the Python of the machine, not that of an environment.
        monkeypatch.setattr(bootstrap.sys, "executable", sys._base_executable)
    folder = tmp_path / "env"
    assert not bootstrap.fresh(folder, lock)

    bootstrap.install(folder, lock)
    assert word(folder) == "here"
    assert bootstrap.fresh(folder, lock)

    (folder / "kept").touch()
    lock.write_text(lock.read_text() + "# another line\n")
    assert not bootstrap.fresh(folder, lock)

    bootstrap.install(folder, lock)
    assert bootstrap.fresh(folder, lock)
    assert (folder / "kept").exists()


def test_an_interrupted_installation_is_not_taken_for_whole(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the installer fails there is no stamp, the reason is shown, and one sentence says what to do."""
    folder = tmp_path / "env"
    text = lock.read_text()
    digest = text.rpartition("sha256:")[2].strip()
    lock.write_text(text.replace(digest, "0" * 64))

    with pytest.raises(SystemExit) as stopped:
        bootstrap.install(folder, lock)

    assert "Could not install requirements.lock" in str(stopped.value)
    assert not bootstrap.fresh(folder, lock)
    assert len(capsys.readouterr().err.splitlines()) > 1


def test_a_folder_that_cannot_be_written_is_one_sentence(lock: Path, tmp_path: Path) -> None:
    """An environment below a file can be made by nobody, root included."""
    (tmp_path / "file").touch()

    with pytest.raises(SystemExit, match=r"Cannot write .*COVDASH_VENV"):
        bootstrap.install(tmp_path / "file" / "env", lock)


def test_a_python_without_pip_and_ensurepip_is_one_sentence(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's python3 comes like that; the sentence names the package."""
    monkeypatch.setattr(bootstrap.shutil, "which", nothing)
    monkeypatch.setattr(bootstrap, "_works", never)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", nothing)

    with pytest.raises(SystemExit, match="python3-venv"):
        bootstrap.install(tmp_path / "env", lock)


def test_an_old_python_gets_a_sentence() -> None:
    """`manage.py` parses on old versions and refuses before it imports anything newer."""
    source = (ROOT / "manage.py").read_text()
    ast.parse(source, feature_version=(3, 4))
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path('manage.py', run_name='__main__')"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer, and this is Python 3.9" in result.stderr


@pytest.mark.parametrize(
    ("words", "bucket", "expected"),
    [
        (["manage.py", "up"], "", "requirements.lock"),
        (["manage.py"], "", "requirements.lock"),
        (["manage.py", "test", "-k", "x"], "", "requirements-dev.lock"),
        (["manage.py", "worker"], "bucket", "requirements-s3.lock"),
    ],
)
def test_the_command_decides_what_is_installed(
    words: list[str], bucket: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVDASH_S3_BUCKET", bucket)

    assert bootstrap._lock_for(words).name == expected


def test_every_lock_holds_the_whole_run_lock() -> None:
    """The stamp of the test or the S3 environment also counts for `up`, which is only true if nothing is missing."""

    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if line[:1].isalnum()}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
    assert pins("requirements.lock") <= pins("requirements-s3.lock")


def test_the_halves_of_a_lock_are_the_lock() -> None:
    """Two installers side by side install every package once, each with all of its hashes."""
    first, second = bootstrap._halves(ROOT / "requirements.lock")
    whole = [
        line
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if line and not line.lstrip().startswith("#")
    ]

    assert sorted((first + second).splitlines()) == sorted(whole)
    assert first.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))
    assert second.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))
