"""Nearest neighbours of many rows, nearly all of them: each row is compared with the rows of the cells near its own.

Cells are those of k-means on some of the rows. How many of them are looked through is decided by measuring: for a
sample of rows the exact neighbours are searched too, and the share that is found is recorded. Everything is seeded.
It is made of the same matrix products as the exact search, so nothing is imported or compiled for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arangovis.projections.base import Matrix, Neighbours, Progress
from arangovis.projections.distances import Positions, Reals
from arangovis.projections.spaces import Space

__all__ = ["RECALL_MIN", "Approximate", "near_neighbours"]

RECALL_MIN = 0.95
"""Of the true neighbours of the sampled rows, so many are found at least."""
_SAMPLE = 200
_SEED = 0
_ROUNDS = 5
_ROWS_PER_CELL = 64
"""So many rows for each cell are what the cells are learnt from."""
_BLOCK_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Approximate:
    """Neighbours, and which share of the true ones is among them, measured on a sample."""

    neighbours: Neighbours
    recall: float


@dataclass(frozen=True, slots=True)
class _Cells:
    """Rows by cells: members of cell c are order[starts[c]:starts[c + 1]]; near[c] are all cells, the nearest first."""

    order: Positions
    starts: Positions
    near: Positions

    def members(self, cell: int) -> Positions:
        """Return the positions of the rows in a cell."""
        return self.order[self.starts[cell] : self.starts[cell + 1]]

    def around(self, cell: int, probes: int, at_least: int) -> Positions:
        """Return the rows of so many cells near one, of more cells if they hold fewer rows than wanted, by position."""
        sizes = np.cumsum(np.diff(self.starts)[self.near[cell]])
        wanted = max(probes, int(np.searchsorted(sizes, at_least)) + 1)
        return np.sort(np.concatenate([self.members(int(other)) for other in self.near[cell, :wanted]]))


def near_neighbours(space: Space, count: int, progress: Progress) -> Approximate:
    """Return `count` near neighbours of each fitted row, itself left out: about RECALL_MIN of the true ones."""
    cells = _cells(space.table)
    progress(0.05)
    probes, recall = _probes(space, cells, count)
    progress(0.1)
    rows = len(cells.order)
    indices = np.empty((rows, count), dtype=np.int64)
    distances = np.empty((rows, count), dtype=np.float32)
    done = 0
    for cell in range(len(cells.near)):
        candidates = cells.around(cell, probes, count + 1)
        for block in _blocks(cells.members(cell)):
            indices[block], distances[block] = _search(space, block, candidates, count)
            done += len(block)
            progress(0.1 + 0.9 * done / rows)
    return Approximate(Neighbours(indices, distances), recall)


def _search(space: Space, rows: Positions, candidates: Positions, count: int) -> tuple[Positions, Matrix]:
    part, own = space.within(candidates), np.searchsorted(candidates, rows)
    found, distances = part.nearest(part.table[own], count, left_out=own)
    return candidates[found], distances


def _blocks(members: Positions) -> Iterator[Positions]:
    for start in range(0, len(members), _BLOCK_ROWS):
        yield members[start : start + _BLOCK_ROWS]


def _probes(space: Space, cells: _Cells, count: int) -> tuple[int, float]:
    """Return how many cells to look through, and the recall that a sample has then."""
    rows = len(cells.order)
    sample = np.random.default_rng(_SEED).choice(rows, min(_SAMPLE, rows), replace=False)
    exact, _ = _search(space, sample, np.arange(rows), count)
    cell_of = np.empty(rows, dtype=np.int64)
    cell_of[cells.order] = np.repeat(np.arange(len(cells.near)), np.diff(cells.starts))
    probes = 8
    while probes < len(cells.near):
        found = [np.isin(exact[i], cells.around(int(cell_of[row]), probes, count + 1)) for i, row in enumerate(sample)]
        recall = float(np.mean(found))
        if recall >= RECALL_MIN:
            return probes, recall
        probes *= 2
    return len(cells.near), 1.0


def _cells(table: Reals) -> _Cells:
    rows = len(table)
    number = max(1, int(np.sqrt(rows)))
    generator = np.random.default_rng(_SEED)
    learnt_from = table[generator.choice(rows, min(rows, number * _ROWS_PER_CELL), replace=False)].astype(np.float32)
    centres = learnt_from[:number].copy()
    for _ in range(_ROUNDS):
        order, starts = _grouped(_assigned(learnt_from, centres), number)
        kept = np.diff(starts) > 0
        sums = np.add.reduceat(learnt_from[order], starts[:-1][kept], axis=0)
        centres[kept] = sums / np.diff(starts)[kept, None]
    order, starts = _grouped(_assigned(table, centres), number)
    squares = np.einsum("ij,ij->i", centres, centres)
    apart = squares + squares[:, None] - 2 * centres @ centres.T
    np.fill_diagonal(apart, -np.inf)
    return _Cells(order, starts, np.argsort(apart, axis=1, kind="stable"))


def _assigned(rows: Reals, centres: Matrix) -> Positions:
    squares = np.einsum("ij,ij->i", centres, centres)
    nearest = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS].astype(np.float32)
        nearest[start : start + _BLOCK_ROWS] = np.argmin(squares - 2 * block @ centres.T, axis=1)
    return nearest


def _grouped(cells: Positions, number: int) -> tuple[Positions, Positions]:
    starts = np.concatenate([[0], np.cumsum(np.bincount(cells, minlength=number))])
    return np.argsort(cells, kind="stable"), starts
