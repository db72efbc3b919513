"""The heaviest files of a tree are found without reading all of it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, build, decode_node, file_entry, heaviest

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/".join((*parts, "f.py")))


def missed(totals: Totals) -> int:
    lines = totals.get("lines")
    return lines.missed if lines else 0


class Store:
    """The nodes of a tree, counting how many were read."""

    def __init__(self, files: Mapping[str, int]) -> None:
        entries = {
            path: file_entry(path.rpartition("/")[2], b"d" * 32, b"", Totals.of(lines=(1, 1 + weight)))
            for path, weight in files.items()
        }
        self.tree = build(entries)
        self.read = 0
        self.rounds = 0

    def load(self, digests: list[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        self.read += len(digests)
        self.rounds += 1
        return {digest: decode_node(self.tree.nodes[digest]) for digest in digests}


@given(st.dictionaries(PATHS, st.integers(0, 9), max_size=12), st.integers(1, 6), st.integers(1, 4))
def test_they_are_those_of_a_full_walk(files: dict[str, int], limit: int, at_once: int) -> None:
    store = Store(files)
    found = heaviest(store.load, store.tree.root, missed, limit=limit, at_once=at_once)
    weights = [missed(entry.totals) for _, entry in found]
    assert weights == sorted((weight for weight in files.values() if weight), reverse=True)[:limit]
    assert all(files[path] == weight for (path, _), weight in zip(found, weights, strict=True))
    assert len({path for path, _ in found}) == len(found)


def test_light_directories_are_not_read() -> None:
    files = {f"light{n}/f.py": 1 for n in range(50)} | {f"heavy/{n}.py": 10 + n for n in range(5)}
    store = Store(files)
    found = heaviest(store.load, store.tree.root, missed, limit=3, at_once=1)
    assert [path for path, _ in found] == ["heavy/4.py", "heavy/3.py", "heavy/2.py"]
    assert (store.read, store.rounds) == (2, 2)
