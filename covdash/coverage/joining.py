"""The merge of many files at once: what `lines.merge_all` does for one file, done for the lines of dozens in one step.

A call of numpy costs as much for the lines of one file as for those of ten; a fold merges thousands of files of a few hundred lines.
Uploads that know the same lines, as most do, are joined as they stand; only those that differ are laid out line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, zip_longest

import numpy as np

from covdash.coverage.lines import Column, FileCoverage, merge_all, with_lines

_TOGETHER = 10_000
"""Lines of the first parts of the files that are merged in one step: what is made of them stays in the processor's cache."""
_DENSE = 8
"""How many cells there may be for each line."""
_SHAPES = 8
"""Beyond so many different sets of lines no more are looked for."""


@dataclass(slots=True)
class _Layer:
    """What uploads with the same lines know of some files: how many lines of each file (-1: nothing of it), and the columns of all."""

    sizes: list[int]
    lines: Column
    hits: Column
    states: Column

    def takes(self, other: _Layer) -> bool:
        """Take in another layer, if it has the same lines."""
        if self.sizes != other.sizes or not np.array_equal(self.lines, other.lines):
            return False
        np.maximum(self.hits, other.hits, out=self.hits)
        np.maximum(self.states, other.states, out=self.states)
        return True


def merge_many(groups: Sequence[Sequence[FileCoverage]]) -> list[FileCoverage]:
    """Join the parts of each group; see the laws in `lines`."""
    found: list[FileCoverage] = []
    waiting: list[Sequence[FileCoverage]] = []
    size = 0
    for group in groups:
        waiting.append(group)
        size += len(group[0].lines) + 1 if group else 1
        if size >= _TOGETHER:
            found += _merged(waiting)
            waiting, size = [], 0
    return found + _merged(waiting)


def _merged(groups: list[Sequence[FileCoverage]]) -> list[FileCoverage]:
    layers: list[_Layer] = []
    for row in zip_longest(*groups):
        layer = _layer(row)
        if not any(known.takes(layer) for known in layers[:_SHAPES]):
            layers.append(layer)
    if len(layers) == 1 and -1 not in layers[0].sizes:
        layer = layers[0]
        ends = [0, *accumulate(layer.sizes)]
        columns = layer.lines, layer.hits, layer.states, ends
    elif (laid_out := _laid_out(layers)) is not None:
        columns = laid_out
    else:
        return [merge_all(group) for group in groups]
    lines, hits, states, cuts = columns
    return [
        with_lines(group, (lines[a:z], hits[a:z], states[a:z])) if len(group) > 1 else merge_all(group)
        for group, (a, z) in zip(groups, pairwise(cuts), strict=True)
    ]


def _layer(row: tuple[FileCoverage | None, ...]) -> _Layer:
    parts = [part for part in row if part is not None]
    lines = [part.lines for part in parts]
    sizes = (
        list(map(len, lines))
        if len(parts) == len(row)
        else [-1 if part is None else len(part.lines) for part in row]
    )
    return _Layer(
        sizes,
        np.concatenate(lines),
        np.concatenate([part.hits for part in parts]),
        np.concatenate([part.states for part in parts]),
    )


def _laid_out(layers: list[_Layer]) -> tuple[Column, Column, Column, list[int]] | None:
    """Return lines, hits and states of all files, and where each begins; None where lines are too far apart.

    A row for each layer, a column for each line that there may be in each file.
    """
    if not layers:
        return None
    sizes = np.maximum([layer.sizes for layer in layers], 0)
    every = np.concatenate([layer.lines for layer in layers])
    if not len(every):
        return None
    ends = np.cumsum(sizes.ravel())
    lasts = np.where(sizes.ravel() > 0, every[np.maximum(ends, 1) - 1], 0).astype(np.int64)
    bases = np.append(0, np.cumsum(lasts.reshape(sizes.shape).max(0) + 1))
    rows, width = len(layers), int(bases[-1])
    if rows * width > _DENSE * len(every):
        return None
    at = np.repeat((bases[:-1] + np.arange(rows)[:, None] * width).ravel(), sizes.ravel())
    at += every
    cells, marks = np.zeros(rows * width, np.int64), np.zeros(rows * width, np.uint8)
    cells[at] = np.concatenate([layer.hits for layer in layers])
    # 0 is a line that the layer does not have.
    marks[at] = np.concatenate([layer.states for layer in layers]) + np.uint8(1)
    best = marks.reshape(rows, width).max(0)
    found = np.flatnonzero(best)
    cuts = np.searchsorted(found, bases)
    lines = (found - np.repeat(bases[:-1], np.diff(cuts))).astype(np.uint32)
    hits = cells.reshape(rows, width).max(0)[found]
    return lines, hits, best[found] - np.uint8(1), cuts.tolist()
