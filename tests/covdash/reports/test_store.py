"""Trees are written by asking for unknown digests from the root down: only what is new costs rows, and all of it is stored."""

from __future__ import annotations

import random

import pytest

from covdash.coverage.codec import digest_of, encode
from covdash.coverage.lines import column
from covdash.coverage.merge import fold
from covdash.coverage.report import FileBuilder, Warnings
from covdash.coverage.tree import Entry, Tree, build, file_entry, walk
from covdash.projects.models import Project
from covdash.reports import store
from covdash.reports.loading import load_objects, loader
from covdash.reports.models import CoverageObject

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(slug="acme/stored")


def tree_of(files: dict[str, list[int]]) -> tuple[Tree, dict[bytes, bytes]]:
    """Build the tree of a report: path -> hits of lines 1, 2, 3, ..."""
    entries: dict[str, Entry] = {}
    objects: dict[bytes, bytes] = {}
    for path, hits in files.items():
        builder = FileBuilder(Warnings())
        for line, count in enumerate(hits, 1):
            builder.line(line, count)
        coverage = builder.build()
        payload = encode(coverage)
        objects[digest_of(payload)] = payload
        entries[path] = file_entry(path.rpartition("/")[2], digest_of(payload), b"", coverage.totals())
    return build(entries), objects


def files_of(count: int) -> dict[str, list[int]]:
    chance = random.Random(1)
    return {f"src/d{n % 20}/e{n % 3}/f{n}.c": [chance.randrange(2) for _ in range(20)] for n in range(count)}


def put(project: Project, files: dict[str, list[int]]) -> int:
    tree, objects = tree_of(files)
    return store.write(project_id=project.pk, trees=[tree], objects=objects)


def test_what_was_written_is_read_back(project: Project) -> None:
    files = files_of(100)
    tree, objects = tree_of(files)
    store.write(project_id=project.pk, trees=[tree], objects=objects)
    found = dict(walk(loader(project.pk, cache=None), tree.root.digest))
    assert found.keys() == files.keys()
    payloads = load_objects(project.pk)(sorted({entry.digest for entry in found.values()}))
    assert payloads == objects


def test_the_same_tree_again_costs_nothing(project: Project) -> None:
    files = files_of(100)
    assert put(project, files) > 100
    assert put(project, files) == 0


def test_a_small_change_costs_its_file_and_the_folders_above_it(project: Project) -> None:
    files = files_of(500)
    put(project, files)
    before = CoverageObject.objects.count()
    path = next(iter(files))
    files[path] = [*files[path], 1, 0, 1]
    assert put(project, files) == 1 + path.count("/") + 1
    assert CoverageObject.objects.count() == before + 5


def test_a_known_subtree_below_an_unknown_folder_is_not_written_again(project: Project) -> None:
    put(project, {"a/x.c": [1, 0], "a/y.c": [1]})
    assert put(project, {"b/c/x.c": [1, 0], "b/c/y.c": [1]}) == 2


def test_objects_may_be_written_ahead_of_their_tree(project: Project) -> None:
    tree, objects = tree_of(files_of(50))
    assert store.write_objects(project_id=project.pk, objects=objects) == len(objects)
    assert store.write_objects(project_id=project.pk, objects=objects) == 0
    store.write(project_id=project.pk, trees=[tree], objects={})
    assert len(dict(walk(loader(project.pk, cache=None), tree.root.digest))) == 50


def test_a_fold_writes_only_what_the_merge_made(project: Project) -> None:
    one, two = files_of(60), files_of(60)
    path = next(iter(two))
    two[path] = [1 - hit for hit in two[path]]
    put(project, one)
    put(project, two)
    roots = [tree_of(files)[0].root for files in (one, two)]
    tree, made = fold(roots, load=loader(project.pk), load_objects=load_objects(project.pk))
    assert store.write(project_id=project.pk, trees=[tree], objects=made) == 1 + path.count("/") + 1
    found = dict(walk(loader(project.pk, cache=None), tree.root.digest))
    assert found[path].totals.get("lines") == (20, 20)


def test_projects_share_nothing(project: Project) -> None:
    """Content addressing must not tell one project what another one holds."""
    other = Project.objects.create(slug="acme/other")
    files = files_of(10)
    assert put(project, files) == put(other, files)
    tree, _ = tree_of(files)
    with pytest.raises(KeyError):
        loader(Project.objects.create(slug="acme/third").pk, cache=None)([tree.root.digest])


def test_many_rows_go_in_batches(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BATCH_ROWS", 7)
    assert put(project, files_of(40)) == CoverageObject.objects.count()


def test_the_empty_tree_is_a_tree(project: Project) -> None:
    assert put(project, {}) == 1
    assert len(column()) == 0
