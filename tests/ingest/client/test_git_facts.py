"""What git says of a checkout, in the places where it does not like to say it; and what is said without git."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.client.repository import Repository
from ingest.client.trees import rows_of, tree_id
from tests.ingest.client.checkouts import SECRET, clean, commit, git, origin, write
from tests.ingest.client.conftest import Run
from tests.ingest.client.fake_server import Fake


def opened(folder: Path, **variables: str) -> Repository:
    return Repository(str(folder), clean() | variables)


def listed(repository: Repository) -> dict[str, str]:
    found = repository.listing()
    assert found is not None
    return {row.path.decode("utf-8", "surrogateescape"): row.blob.decode() for row in rows_of(found[2])}


def test_depth_1_knows_the_parents_of_a_merge(tmp_path: Path) -> None:
    """`git log` and `HEAD^2` say nothing there; the object of the commit does."""
    source = origin(tmp_path / "origin")
    folder = source.checkout("merge", tmp_path / "clone", depth=1)
    repository = opened(folder)

    assert repository.checkout.parents == (source.names["base"], source.names["head"])
    assert repository.is_shallow
    assert repository.diff(source.names["base"]) is None
    assert (
        subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", "HEAD^2"],
            cwd=folder,
            env=clean(),
            check=False,
            capture_output=True,
        ).returncode
        == 1
    )


def test_the_diff_of_a_merge_is_against_the_other_parent(tmp_path: Path) -> None:
    """With the base here the patch is exact, without context."""
    source = origin(tmp_path / "origin")
    folder = source.checkout("merge", tmp_path / "clone", depth=2)

    found = opened(folder).diff(source.names["base"])

    assert found is not None
    assert found[0] == source.names["base"]
    assert "-    return 1\n+    return 2\n" in found[1]
    assert "README" not in found[1]


def test_credentials_of_the_remote_are_cut(tmp_path: Path) -> None:
    folder = origin(tmp_path / "origin").checkout("main", tmp_path / "clone", depth=1)

    assert SECRET in git(folder, "remote", "get-url", "origin")
    assert opened(folder).remote() == "https://git.example.org/acme/pay.git"


@pytest.mark.parametrize("owner", ["pretended", *(["real"] if os.geteuid() == 0 else [])])
def test_a_checkout_of_another_user(checkout: Path, owner: str) -> None:
    """Git refuses every command there; it is asked with this one folder called safe, nothing global is written, and it is told."""
    sha = git(checkout, "rev-parse", "HEAD")
    if owner == "real":
        for path in (checkout, *checkout.rglob("*")):
            os.chown(path, 12345, 12345, follow_symlinks=False)

    repository = opened(
        checkout, **({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"} if owner == "pretended" else {})
    )

    assert repository.notes == ["owned by another user, using -c safe.directory"]
    assert repository.checkout.sha == sha
    assert listed(repository).keys() == {"README", "src/pay.py"}


def test_what_hooks_leave_in_the_environment(checkout: Path, tmp_path: Path) -> None:
    """GIT_DIR and its kin of a hook do not lead elsewhere."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")

    repository = opened(
        checkout, GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other), GIT_INDEX_FILE=str(other / "x")
    )

    assert repository.checkout.sha == git(checkout, "rev-parse", "HEAD")
    assert repository.tracked(["README", "coverage.xml"]) == {"README"}


def test_the_token_is_not_passed_on(checkout: Path) -> None:
    repository = opened(checkout, COVDASH_TOKEN="cvdu_secret")

    assert repository.git is not None
    assert "COVDASH_TOKEN" not in repository.git.env


def test_dirty_files_have_the_ids_that_git_would_give(checkout: Path) -> None:
    """Line endings: the id of a file as it lies there is not the hash of its bytes."""
    commit(checkout, "Endings", {".gitattributes": "*.txt text eol=crlf\n", "a.txt": "a\nb\n"})
    write(checkout, {"a.txt": b"a\r\nc\r\n", "src/pay.py": "def pay():\n    return 9\n"})
    repository = opened(checkout)

    dirty = repository.dirty()
    ids = repository.dirty_ids(dirty)

    assert dirty == ["a.txt", "src/pay.py"]
    assert (
        ids["a.txt"]
        == git(checkout, "hash-object", "a.txt")
        != git(checkout, "hash-object", "--no-filters", "a.txt")
    )


def test_a_touched_file_is_not_dirty(checkout: Path) -> None:
    """A copy of a checkout has other times and inodes: only what reads otherwise counts."""
    copy = checkout.parent / "copy"
    shutil.copytree(checkout, copy)
    os.utime(copy / "src/pay.py", (1, 1))

    assert opened(copy).dirty() == []


def test_submodules_are_entered(checkout: Path, tmp_path: Path) -> None:
    """Their files are in the list, which then has an id of its own, and their texts are found; --no-submodules leaves the link."""
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet", "--initial-branch", "main")
    commit(library, "Library", {"lib.py": "x = 1\n", "deep/er.py": "y = 2\n"})
    git(
        checkout,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(library),
        "vendor/lib",
    )
    git(checkout, "commit", "--quiet", "-m", "With library")
    write(checkout, {"vendor/lib.txt": "sorts between\n"})
    git(checkout, "add", "vendor/lib.txt")
    git(checkout, "commit", "--quiet", "-m", "More")
    repository = opened(checkout)

    found = repository.listing()
    assert found is not None
    rows = list(rows_of(found[2]))
    paths = [row.path.decode() for row in rows]
    assert paths == sorted(paths, key=str.encode)
    assert {"vendor/lib/lib.py", "vendor/lib/deep/er.py", "vendor/lib.txt"} <= set(paths)
    assert found[0] != repository.checkout.tree
    assert found[0] == tree_id(rows)
    blob = git(library, "rev-parse", "HEAD:lib.py")
    assert [one.text for one in repository.blobs([blob])] == [b"x = 1\n"]

    plain = opened(checkout).listing(submodules=False)
    assert plain is not None
    assert plain[0] == git(checkout, "rev-parse", "HEAD^{tree}")
    assert any(row.kind == b"commit" for row in rows_of(plain[2]))


def test_the_id_of_a_list_is_that_of_its_tree(checkout: Path) -> None:
    """Computed again from the list, with names that sort in git's own way."""
    commit(
        checkout,
        "Names",
        {"a/b": "1", "a.b": "2", "a-b": "3", "a/c/d": "4", "ab": "5", "a b/ü": "6", "z\n": "7"},
    )
    repository = opened(checkout)
    found = repository.listing()
    assert found is not None

    assert tree_id(rows_of(found[2])) == git(checkout, "rev-parse", "HEAD^{tree}")
    assert tree_id([]) == git(checkout, "mktree", given="")


def test_a_worktree(checkout: Path, tmp_path: Path) -> None:
    """There `.git` is a file."""
    git(checkout, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))

    repository = opened(tmp_path / "side" / "src")

    assert repository.root == str(tmp_path / "side")
    assert (repository.checkout.branch, listed(repository).keys()) == ("side", {"README", "src/pay.py"})


def test_a_sparse_checkout_lists_everything(checkout: Path) -> None:
    git(checkout, "sparse-checkout", "set", "--no-cone", "/README")

    repository = opened(checkout)

    assert not (checkout / "src/pay.py").exists()
    assert listed(repository).keys() == {"README", "src/pay.py"}
    assert repository.dirty() == []


def test_a_partial_clone_fetches_nothing(tmp_path: Path) -> None:
    """Texts that are not here are told as such, not fetched one by one."""
    source = origin(tmp_path / "origin")
    git(source.folder, "config", "uploadpack.allowFilter", "true")
    git(
        tmp_path,
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        f"file://{source.folder}",
        "partial",
    )
    blob = git(source.folder, "rev-parse", "main:README")
    repository = opened(tmp_path / "partial")
    git(tmp_path / "partial", "remote", "set-url", "origin", "https://127.0.0.1:9/none.git")

    assert listed(repository).keys() == {"README", "src/pay.py"}
    assert [one.reason for one in repository.blobs([blob])] == ["not in this clone"]


@pytest.fixture
def without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment with an empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return {"PATH": str(tmp_path)}


@pytest.mark.parametrize("packed", [False, True])
def test_no_git_on_the_machine(checkout: Path, without_git: dict[str, str], *, packed: bool) -> None:
    """The commit and the git branch are read from the files of git; a list there is not."""
    os.environ["PATH"] = os.defpath
    sha = git(checkout, "rev-parse", "HEAD")
    if packed:
        git(checkout, "pack-refs", "--all")
    os.environ["PATH"] = without_git["PATH"]

    repository = Repository(str(checkout), without_git)

    assert (repository.checkout.sha, repository.checkout.branch) == (sha, "main")
    assert repository.git is None
    assert "git cannot be run" in repository.notes[0]
    assert repository.listing() is None


def test_a_folder_without_git(run: Run, server: Fake, checkout: Path) -> None:
    """A Docker build without `.git`: the commit must be told; the list is that of the folder, with an id of its own."""
    shutil.rmtree(checkout / ".git")

    done = run("--no-source")
    assert done.code == 2
    assert "neither the CI nor git names one" in done.text

    done = run(COVDASH_COMMIT="a" * 40, COVDASH_BRANCH="main")
    assert done.code == 0, done.text
    assert "no git that vouches for them" in done.text
    rows = list(rows_of(io.BytesIO(server.tree)))
    assert {row.path for row in rows} == {b"README", b"src/pay.py", b"coverage.xml"}
    assert server.manifest["tree"]["id"] == tree_id(rows)
    assert "tree" not in server.manifest["fields"]
    text = b"def pay():\n    return 1\n"
    assert hashlib.sha1(b"blob 24\0" + text).hexdigest().encode() in {row.blob for row in rows}


def test_no_commit_yet(tmp_path: Path, run: Run, checkout: Path) -> None:
    """A repository before its first commit is one sentence."""
    shutil.rmtree(checkout / ".git")
    git(checkout, "init", "--quiet", "--initial-branch", "main")

    done = run()

    assert done.code == 2
    assert "no commit" in done.text
