"""Merkle trees against naive models: build, find, walk, changes and fold say what plain dictionaries say."""

from __future__ import annotations

import random
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.codec import digest_of, encode
from covdash.coverage.lines import FileCoverage, merge
from covdash.coverage.merge import fold
from covdash.coverage.report import UNPLACED
from covdash.coverage.totals import Totals
from covdash.coverage.tree import (
    DIRECTORY,
    FILE,
    Entry,
    Tree,
    build,
    changes,
    decode_node,
    file_entry,
    find,
    find_in_all,
    walk,
)
from tests.covdash.coverage.strategies import TREES, files

Files = dict[str, tuple[FileCoverage, bytes]]


class Store:
    """An object store in memory, as the database is one."""

    def __init__(self) -> None:
        self.bytes: dict[bytes, bytes] = {}

    def load(self, digests: list[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        return {digest: decode_node(self.bytes[digest]) for digest in digests}

    def objects(self, digests: list[bytes]) -> dict[bytes, bytes]:
        return {digest: self.bytes[digest] for digest in digests}

    def tree(self, content: Files) -> Tree:
        entries = {}
        for path, (coverage, source) in content.items():
            payload = encode(coverage)
            self.bytes[digest_of(payload)] = payload
            entries[path] = file_entry(path.rpartition("/")[2], digest_of(payload), source, coverage.totals())
        tree = build(entries)
        self.bytes |= tree.nodes
        return tree

    def fold(self, roots: list[Entry]) -> Entry:
        tree, objects = fold(roots, load=self.load, load_objects=self.objects)
        self.bytes |= tree.nodes | objects
        return tree.root


@given(TREES)
def test_build_walk_and_find(content: Files) -> None:
    """Every file is found where it was put, and totals of the root are the sum of the files."""
    store = Store()
    root = store.tree(content).root
    walked = dict(walk(store.load, root.digest))

    assert set(walked) == set(content)
    assert root.totals == sum((coverage.totals() for coverage, _ in content.values()), start=Totals())
    for path in content:
        assert find(store.load, root, path) == walked[path]
        parent = path.rpartition("/")[0]
        folder = find(store.load, root, f"{parent}/") if parent else root
        assert folder is not None
        assert folder.kind == DIRECTORY
        assert find_in_all(store.load, [root.digest], path) == [walked[path]]
        if parent:
            assert find_in_all(store.load, [root.digest, folder.digest], f"{parent}/")[0] == folder
    assert find(store.load, root, "no/such/file") is None


@given(st.lists(TREES, min_size=1, max_size=4), st.integers(0, 99))
def test_fold_is_a_function_of_the_set(contents: list[Files], seed: int) -> None:
    """Any order and any repetition of the same trees has the same root, and it is the file-by-file merge."""
    store = Store()
    roots = [store.tree(content).root for content in contents]
    shuffled = [*roots, *random.Random(seed).choices(roots, k=2)]
    random.Random(seed).shuffle(shuffled)
    naive: dict[str, tuple[FileCoverage, bytes]] = {}
    for content in contents:
        for path, (coverage, source) in content.items():
            old = naive.get(path)
            naive[path] = (
                (coverage, source) if old is None else (merge(old[0], coverage), max(old[1], source))
            )

    folded = store.fold(roots)

    assert folded == store.fold(shuffled) == store.fold([store.fold(roots[:1]), *roots[1:]])
    assert folded == store.tree(naive).root


@given(TREES, TREES)
def test_changes_are_exactly_the_differences(old: Files, new: Files) -> None:
    """Files that differ are listed, files that are equal are not, on either side."""
    store = Store()
    before, after = store.tree(old).root, store.tree(new).root
    found = {
        path: (a, b)
        for path, a, b in changes(store.load, before, after)
        if (a or b) and (a or b).kind == FILE  # type: ignore[union-attr]
    }
    sides = [dict(walk(store.load, root.digest)) for root in (before, after)]

    assert found == {
        path: (sides[0].get(path), sides[1].get(path))
        for path in sides[0] | sides[1]
        if sides[0].get(path) != sides[1].get(path)
    }


@given(files(), files(), files())
def test_what_is_placed_in_no_file_merges_too(a: FileCoverage, b: FileCoverage, c: FileCoverage) -> None:
    """The unplaced rest counts in the totals, is no file, and does not get mixed up with the root it stands in."""
    store = Store()
    contents: list[Files] = [{UNPLACED: (part, b""), "x.py": (c, b"")} for part in (a, b)]
    folded = store.fold([store.tree(content).root for content in contents])
    rest = reduce(merge, (a, b)).totals()

    assert folded.totals.files == c.totals().files
    assert folded.totals == c.totals() + Totals(counts=rest.counts)


def test_source_without_coverage_is_an_unmeasured_file() -> None:
    """A file whose text is known but which no report mentions is in the tree and in no total."""
    store = Store()
    tree = build({"lib/never.py": file_entry("never.py", b"", b"s" * 20, Totals())})
    store.bytes |= tree.nodes

    assert tree.root.totals == Totals(unmeasured=1)
    assert [path for path, _ in walk(store.load, tree.root.digest)] == ["lib/never.py"]


def test_nothing_folds_to_the_empty_tree() -> None:
    """A commit whose uploads all failed has an empty report, not none."""
    assert Store().fold([]).totals == Totals()
