"""Nodes are loaded once and kept within bounds; what is not stored is named."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from covdash.coverage.codec import CodecError
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry
from covdash.projects.registry import create_project
from covdash.reports.loading import NodeCache, load_objects, loader
from covdash.reports.models import CoverageObject
from tests.covdash.reports.stock import Stock, lines

NODE = (Entry("a", 1, b"d" * 20, b"", Totals()),)


def test_the_least_lately_used_node_goes_first() -> None:
    cache = NodeCache(limit=8 * (8 * 100 + 200))
    for number in range(8):
        cache.put(1, bytes([number]), NODE, 100)
    cache.take(1, [b"\0"])

    cache.put(1, b"new", NODE, 100)

    assert set(cache.take(1, [bytes([number]) for number in range(8)])) == {
        bytes([n]) for n in (0, 2, 3, 4, 5, 6, 7)
    }
    assert cache.size == 8 * 1000
    cache.put(1, b"new", NODE, 100)
    assert cache.size == 8 * 1000
    cache.clear()
    assert (cache.size, cache.take(1, [b"new"])) == (0, {})


def test_a_node_that_would_fill_the_cache_is_not_kept() -> None:
    cache = NodeCache(limit=10_000)
    cache.put(1, b"small", NODE, 10)

    cache.put(1, b"huge", NODE, 2000)

    assert set(cache.take(1, [b"small", b"huge"])) == {b"small"}


def test_a_node_of_one_project_is_not_that_of_another() -> None:
    cache = NodeCache(limit=10_000)
    cache.put(1, b"a", NODE, 10)

    assert cache.take(2, [b"a"]) == {}


def test_many_nodes_cost_one_statement(
    stock: Stock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    upload = stock.upload(stock.commit(), {f"d{n}/a.py": lines(*[1] * n) for n in range(1, 9)})
    cache = NodeCache(limit=1_000_000)
    load = loader(stock.project.pk, cache=cache)
    (root,) = load([bytes(upload.root or b"")]).values()
    wanted = [entry.digest for entry in root]

    with django_assert_num_queries(1):
        first = load([*wanted, bytes(upload.root or b"")])
    with django_assert_num_queries(0):
        assert load([*wanted, bytes(upload.root or b"")]) == first
        assert load([]) == {}
        assert load_objects(stock.project.pk)([]) == {}
    with django_assert_num_queries(1):
        assert loader(stock.project.pk, cache=None)(wanted)


def test_what_is_not_stored_is_named(stock: Stock) -> None:
    """Another project's objects are not there either."""
    upload = stock.upload(stock.commit(), {"a.py": lines(1)})
    root = bytes(upload.root or b"")
    other = create_project(slug="other")

    for load in (loader(other.pk), load_objects(other.pk)):
        with pytest.raises(KeyError, match=root.hex()):
            load([root])


def test_damage_is_named(stock: Stock) -> None:
    CoverageObject.objects.create(project=stock.project, digest=b"x" * 20, data=b"\x01junk")

    with pytest.raises(CodecError):
        load_objects(stock.project.pk)([b"x" * 20])
