"""Nearest neighbours in blocks of bounded memory: all pairs are compared, of very many rows the likely ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.domain.json import Scalar
from arangovis.projections.base import Matrix, Neighbours, Progress, no_progress
from arangovis.projections.cells import near_neighbours
from arangovis.projections.metrics import Choice, check_metric, metric_choice, space_of, transformed
from arangovis.projections.rows_named import rows_named
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["NeighbourIndex", "nearest_neighbours", "neighbours_from_bundle", "neighbours_to_bundle"]

ALGORITHM_VERSION = 2
"""Raised by hand when the same rows would get other neighbours."""

BLOCK_BYTES = 32 * 2**20
"""Of one block of distances; a handful of such blocks is alive at a time."""

EXACT_ROWS_MAX = 40_000
"""Up to so many rows every pair is compared; from about here on, looking through cells near by takes less time."""


@dataclass(frozen=True, slots=True)
class Found:
    """Neighbours, how they were searched, and which share of the true ones is among them (1 unless by `cells`)."""

    neighbours: Neighbours
    search: str
    recall: float


class NeighbourIndex:
    """Fitted rows, among which the nearest to other rows are found.

    Raises:
        InvalidInput: there is no such metric, there are no rows, or values are not finite.
        NotSupported: the data do not suit the metric.

    """

    def __init__(self, rows: Matrix, *, metric: Choice = "euclidean") -> None:
        _check_finite(rows)
        self._metric = metric_choice(metric)
        self._rows = rows
        self._space = space_of(self._metric, rows)

    def query(self, rows: Matrix, count: int, *, progress: Progress = no_progress) -> Neighbours:
        """Return the `count` nearest fitted rows (all, if there are fewer) to each new row.

        Raises:
            InvalidInput: another dimension than the fitted rows, or values that are not finite.
            NotSupported: the rows do not suit the metric.

        """
        if rows.ndim != 2 or rows.shape[1] != self._rows.shape[1]:
            raise InvalidInput(f"the rows do not have the {self._rows.shape[1]} dimensions of those searched among")
        _check_finite(rows)
        check_metric(self._metric, rows, fitted=False)
        return self._search(rows, min(count, len(self._rows)), alone=False, progress=progress)

    def among(self, count: int, *, progress: Progress = no_progress) -> Found:
        """Return the `count` nearest (all others, if there are fewer) to each fitted row, itself left out.

        Of more than EXACT_ROWS_MAX rows not quite all are found (see `arangovis.projections.cells`).
        """
        asked = min(count, len(self._rows) - 1)
        if len(self._rows) <= EXACT_ROWS_MAX or asked < 1:
            return Found(self._search(self._rows, asked, alone=True, progress=progress), "blocks", 1.0)
        near = near_neighbours(self._space, asked, progress)
        return Found(near.neighbours, "cells", near.recall)

    def _search(self, rows: Matrix, count: int, *, alone: bool, progress: Progress) -> Neighbours:
        indices = np.empty((len(rows), max(0, count)), dtype=np.int64)
        distances = np.empty(indices.shape, dtype=np.float32)
        rows = transformed(self._metric, rows)
        step = max(1, BLOCK_BYTES // (8 * len(self._rows)))
        for start in range(0, len(rows) if count > 0 else 0, step):
            block = slice(start, min(start + step, len(rows)))
            left_out = np.arange(block.start, block.stop) if alone else None
            indices[block], distances[block] = self._space.nearest(rows[block], count, left_out=left_out)
            progress(block.stop / len(rows))
        progress(1.0)
        return Neighbours(indices, distances)


def nearest_neighbours(
    rows: Matrix, count: int, *, metric: Choice = "euclidean", progress: Progress = no_progress
) -> Neighbours:
    """Return the min(count, n - 1) nearest neighbours of each row among the others, nearest first, ties by index.

    `rows` float32 or float64 (n, d).

    Raises:
        InvalidInput: there is no such metric, there are no rows, or values are not finite.
        NotSupported: the data do not suit the metric.

    """
    return NeighbourIndex(rows, metric=metric).among(count, progress=progress).neighbours


def neighbours_to_bundle(neighbours: Neighbours, facts: Mapping[str, Scalar]) -> ArrayBundle:
    """Return neighbours as arrays to store, with facts such as the metric."""
    return ArrayBundle({"indices": neighbours.indices, "distances": neighbours.distances}, facts)


def neighbours_from_bundle(bundle: ArrayBundle) -> Neighbours:
    """Return the neighbours that `neighbours_to_bundle` put into a bundle.

    Raises:
        IntegrityError: the bundle holds something else.

    """
    indices, distances = bundle.arrays.get("indices"), bundle.arrays.get("distances")
    if indices is None or distances is None or indices.ndim != 2 or indices.shape != distances.shape:
        raise IntegrityError("the stored arrays are not neighbours")
    return Neighbours(indices.astype(np.int64, copy=False), distances.astype(np.float32, copy=False))


def _check_finite(rows: Matrix) -> None:
    if rows.ndim != 2 or 0 in rows.shape:
        raise InvalidInput("there are no rows to search among")
    finite = np.asarray(np.isfinite(rows).all(axis=1))
    if not finite.all():
        raise InvalidInput(f"the rows hold values that are not finite, in {rows_named(~finite)}")
