"""The list of files of a git tree is believed because its id can be computed again: for every tree that git makes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from covdash.projects.models import Project
from covdash.sources import tree_lists
from tests.factories.exchange import GitTree, blob_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not on this machine"),
]

NAMES = [
    b"a", b"a.b/c", b"a-b", b"ab/a/b/c.py", b"ab.py", b"ab/a.py", b"ab0", "caf\u00e9/\u6587.py".encode(), b"na\tme\n.py",
    b"not-utf8-\xff.py", b" lead/space ", b"~", b"A/b", b"z/" + b"/".join([b"d" * 200] * 21) + b"/deep.py",
]  # fmt: skip


@pytest.fixture
def project() -> Project:
    return Project.objects.create(slug="acme/lists")


def git(folder: Path, *words: str, stdin: bytes = b"") -> bytes:
    environment = {
        "PATH": os.environ["PATH"], "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull,
    }  # fmt: skip
    done = subprocess.run(
        ["git", *words], cwd=folder, input=stdin, capture_output=True, env=environment, check=True
    )
    return done.stdout


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_the_list_of_any_tree_is_taken(project: Project, tmp_path: Path, algorithm: str) -> None:
    """Links, submodules, names that are no UTF-8 or longer than any path: part of the tree, and not all part of the list."""
    git(tmp_path, "init", "--quiet", f"--object-format={algorithm}")
    blob = git(tmp_path, "hash-object", "-w", "--stdin", stdin=b"text\n").strip()
    rows = [b"100644 %s 0\t%s\0" % (blob, name) for name in NAMES]
    rows += [b"120000 %s 0\tlink\0" % blob, b"100755 %s 0\trun.sh\0" % blob]
    rows += [b"160000 %s 0\tvendored/lib\0" % (b"1" * len(blob))]
    git(tmp_path, "update-index", "-z", "--add", "--index-info", stdin=b"".join(rows))
    tree = git(tmp_path, "write-tree", "--missing-ok").decode().strip()
    listing = git(tmp_path, "ls-tree", "-r", "-z", "--full-tree", tree)

    for size in (1, 7, len(listing)):
        reading = tree_lists.Reading(tree)
        reading.feed(listing[at : at + size] for at in range(0, len(listing), size))
    tree_lists.keep(project_id=project.pk, reading=reading)

    found = tree_lists.read(project_id=project.pk, tree=tree)
    usable = {name.decode() for name in NAMES if b"\xff" not in name and len(name) <= 4096}
    assert found is not None
    assert set(found) == usable | {"run.sh"}
    assert {blob_id.hex() for blob_id in found.values()} == {blob.decode()}


def test_a_tree_without_files_is_a_tree(project: Project) -> None:
    reading = tree_lists.Reading("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    reading.feed([])
    tree_lists.keep(project_id=project.pk, reading=reading)
    assert tree_lists.read(project_id=project.pk, tree=reading.tree) == {}


def test_lists_are_kept_once_and_per_project(project: Project) -> None:
    tree = GitTree({"a.py": b"a"})
    for _ in range(2):
        reading = tree_lists.Reading(tree.id)
        reading.feed([tree.list])
        tree_lists.keep(project_id=project.pk, reading=reading)
    assert tree_lists.known(project_id=project.pk, trees=[tree.id, "0" * 40]) == {tree.id}
    assert tree_lists.read(project_id=project.pk, tree=tree.id) == {"a.py": bytes.fromhex(blob_of(b"a"))}
    other = Project.objects.create(slug="acme/other")
    assert tree_lists.read(project_id=other.pk, tree=tree.id) is None


def test_a_hundred_thousand_files_are_taken_in_a_moment() -> None:
    tree = GitTree({f"src/m{n // 200}/s{n // 20 % 10}/file_{n}.py": b"%d" % n for n in range(100_000)})
    reading = tree_lists.Reading(tree.id)
    began = time.process_time()
    reading.feed(tree.list[at : at + 65536] for at in range(0, len(tree.list), 65536))
    assert len(reading.paths) == 100_000
    assert time.process_time() - began < 5
