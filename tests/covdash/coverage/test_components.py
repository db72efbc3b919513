"""Components: the first rule has the file, they add up to the whole, and a small change costs little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from covdash.coverage.components import Memory, Rules
from covdash.coverage.globs import matcher
from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import UNPLACED
from covdash.coverage.selection import selected
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, Tree, build, decode_node, file_entry, find, heaviest, walk
from tests.covdash.coverage.strategies import TREES
from tests.covdash.coverage.test_globs import patterns
from tests.covdash.coverage.test_tree import Files, Store

RULES = st.lists(
    st.tuples(st.sampled_from("pqrstu"), st.lists(patterns(), max_size=3).map(tuple)), max_size=4
)


@given(TREES, RULES)
def test_owners_of_many_paths_are_those_of_each(
    content: dict[str, tuple[FileCoverage, bytes]], rules: list[tuple[str, tuple[str, ...]]]
) -> None:
    book = Rules([(f"{name}{number}", paths) for number, (name, paths) in enumerate(rules)])

    assert list(book.owners(content)) == [book.owner(path) for path in content]


class Shelf:
    """Nodes in memory that count how many were asked for."""

    def __init__(self, *trees: Tree) -> None:
        self.nodes: dict[bytes, bytes] = {}
        self.asked = 0
        for tree in trees:
            self.nodes |= tree.nodes

    def load(self, digests: list[bytes]) -> dict[bytes, tuple[Entry, ...]]:
        self.asked += len(digests)
        return {digest: decode_node(self.nodes[digest]) for digest in digests}


def tree_of(files: dict[str, tuple[int, int]]) -> Tree:
    """Return a tree of files with (covered, total) lines; the digest is made of the numbers."""
    return build(
        {
            path: file_entry(path.rpartition("/")[2], f"{lines}".encode(), b"", Totals.of(lines=lines))
            for path, lines in files.items()
        }
    )


@given(TREES, RULES)
def test_components_and_the_rest_add_up_to_the_whole(
    content: dict[str, tuple[FileCoverage, bytes]], rules: list[tuple[str, tuple[str, ...]]]
) -> None:
    """Every file is asked about by itself: the same totals as the walk gives, for the whole, each component, and with a memory."""
    store = Store()
    root = store.tree(content).root
    listed = [(f"{name}{number}", paths) for number, (name, paths) in enumerate(rules)]
    book = Rules(listed)
    expected: dict[str, Totals] = {}
    rest = Totals()
    for path, entry in walk(store.load, root.digest):
        name = ""
        if entry.name != UNPLACED:
            name = next((name for name, paths in listed if matcher(paths).matches(path)), "")
        if name:
            expected[name] = expected.get(name, Totals()) + entry.totals
        else:
            rest += entry.totals
    memory = Memory()

    found = book.totals(root, load=store.load, memory=memory)

    assert found == expected
    assert sum(found.values(), start=rest) == root.totals
    assert book.totals(root, load=store.load, memory=memory) == expected
    assert list(found) == [name for name, _ in listed if name in expected]


def test_the_order_of_the_rules_decides() -> None:
    tree = tree_of({"src/auth/login.py": (1, 2), "src/shop.py": (3, 4)})
    narrow, wide = ("auth", ("src/auth/**",)), ("all", ("src/**",))
    load = Shelf(tree).load

    first = Rules([narrow, wide]).totals(tree.root, load=load)
    second = Rules([wide, narrow]).totals(tree.root, load=load)

    assert {name: totals.get("lines") for name, totals in first.items()} == {"auth": (1, 2), "all": (3, 4)}
    assert {name: totals.get("lines") for name, totals in second.items()} == {"all": (4, 6)}
    assert Rules([narrow, wide]).digest != Rules([wide, narrow]).digest


def test_equal_directories_at_two_places_are_two_things() -> None:
    """Both have the same digest; only one of them is in the component."""
    tree = tree_of({"a/lib/x.py": (1, 2), "b/lib/x.py": (1, 2)})
    memory = Memory()

    found = Rules([("a", ("a/**/*.py",))]).totals(tree.root, load=Shelf(tree).load, memory=memory)

    assert found["a"].get("lines") == (1, 2)


def test_what_the_rules_decide_as_a_whole_is_not_opened() -> None:
    tree = tree_of({f"src/{part}/d{n}/f.py": (n, 9) for part in ("auth", "shop") for n in range(9)})
    shelf = Shelf(tree)

    Rules([("auth", ("src/auth",)), ("shop", ("src/shop/",))]).totals(tree.root, load=shelf.load)

    assert shelf.asked == 2, "the root and src/"


def test_a_small_change_costs_little() -> None:
    """2,000 files, patterns that have to look at each; then one file changes: only the directories above it are opened."""
    files = {f"src/d{n % 40}/e{n % 10}/f{n}.py": (n % 7, 7) for n in range(2000)}
    rules, memory = Rules([("tests", ("*_test.py",)), ("odd", ("f*[13579].py",))]), Memory()
    old = tree_of(files)
    rules.totals(old.root, load=Shelf(old).load, memory=memory)
    new = tree_of(files | {"src/d7/e7/f7.py": (7, 7)})
    shelf = Shelf(new)

    found = rules.totals(new.root, load=shelf.load, memory=memory)

    assert shelf.asked == 4, "the root, src/, src/d7/ and src/d7/e7/"
    assert found == rules.totals(new.root, load=shelf.load)


def test_the_memory_is_bounded() -> None:
    memory = Memory(limit=3)
    for number in range(10):
        memory.put((b"rules", f"d{number}", b"x"), {})

    assert len(memory) == 3
    assert memory.get((b"rules", "d9", b"x")) == {}
    assert memory.get((b"rules", "d0", b"x")) is None


@given(TREES, st.lists(patterns(), max_size=4))
def test_a_selection_has_exactly_the_files_that_are_meant(
    content: dict[str, tuple[FileCoverage, bytes]], rules: list[str]
) -> None:
    store = Store()
    whole = store.tree(content)
    wanted = matcher(rules)

    tree = selected(whole.root, wanted, load=store.load)

    store.bytes |= tree.nodes
    kept = {
        path: entry
        for path, entry in walk(store.load, whole.root.digest)
        if entry.name != UNPLACED and wanted.matches(path)
    }
    assert dict(walk(store.load, tree.root.digest)) == kept
    assert tree.root == build(kept).root
    assert all(find(store.load, tree.root, path) == entry for path, entry in kept.items())


@given(TREES, RULES, st.lists(st.sampled_from("pqrstu"), max_size=2), st.integers(1, 20))
def test_the_heaviest_files_of_a_component_are_those_among_all(
    files: Files, rules: list[tuple[str, tuple[str, ...]]], names: list[str], limit: int
) -> None:
    """The walk that skips directories of others finds what looking at every file does; what it asks is a key of equal rules."""
    store, chosen = Store(), Rules(rules)
    root = store.tree(files).root
    owned = chosen.owned(*names)

    def weight(totals: Totals) -> int:
        return totals.files

    every = heaviest(store.load, root, weight, limit=10_000)
    found = heaviest(store.load, root, weight, limit=limit, within=owned)

    assert [path for path, _ in found] == [path for path, _ in every if chosen.owner(path) in names][:limit]
    assert len({owned, Rules(rules).owned(*names), chosen.owned(*names, "other")}) == 2
