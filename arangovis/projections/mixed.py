"""Rows of numbers and categories: near are those that are near by both.

This is the intersection of two neighbour graphs as UMAP takes it: how strongly a row belongs to another,
exp(-(d - d_nearest) / scale), is computed by numbers and by categories, and the two are multiplied, each to the power
of its weight. The distance here is minus the logarithm of that product: a weighted sum of distances, each in units of
the row's own neighbourhood. So it differs with the direction in which it is asked, as UMAP's memberships do.
"""

from dataclasses import dataclass, replace

import numpy as np

from arangovis.projections.base import Matrix
from arangovis.projections.distances import Doubles, Positions, Reals, euclidean
from arangovis.projections.metrics import METRICS, Metric, MetricChoice
from arangovis.projections.placing import local_scales
from arangovis.projections.spaces import EuclideanSpace, Space, smallest

__all__ = ["MixedChoice"]

_LOCAL_ROWS = 15
"""A row's neighbourhood, whose size is the unit of its distances."""
_SCALE_MIN = 0.1
"""Of the mean distance between rows: many rows of equal categories would else make any other one endlessly far."""
_MEAN_ROWS = 256
_TINY = 1e-30
_EUCLIDEAN = MetricChoice("euclidean")


@dataclass(frozen=True, slots=True)
class MixedChoice(MetricChoice):
    """`numbers` for the first `split` columns; the others are slots of categories, of which the differing are counted.

    The columns are scaled by the roots of the weights already; a block of weight 0 is all zeros.
    """

    numbers: MetricChoice = _EUCLIDEAN
    split: int = 0
    categorical_weight: float = 0.5

    @classmethod
    def of(cls, numbers: MetricChoice, split: int, categorical_weight: float) -> "MixedChoice":
        """Return the choice with the name of that for numbers."""
        return cls(numbers.name, numbers=numbers, split=split, categorical_weight=categorical_weight)

    @property
    def declared(self) -> Metric:
        """That of the numbers, but no distance is the largest: rows apart by the one are near by the other."""
        return replace(METRICS[self.name], distance_max=None, adrift=None)

    def space(self, rows: Matrix) -> Space:
        """Return the fitted rows, numbers first, as they are near each other.

        Raises:
            NotSupported: the numbers do not suit the metric.

        """
        return _MixedSpace(rows, self)


class _MixedSpace(Space):
    def __init__(self, rows: Matrix, choice: MixedChoice) -> None:
        self._rows = rows
        self._choice = choice
        numbers, categories = rows[:, : choice.split], rows[:, choice.split :]
        self._numbers = _Component(choice.numbers.space(numbers), numbers, power=1)
        self._categories = _Component(EuclideanSpace(categories, euclidean(categories)), categories, power=2)

    @property
    def table(self) -> Reals:
        return self._rows

    def within(self, positions: Positions) -> Space:
        return _MixedSpace(self._rows[positions], self._choice)

    def distances(self, block: Reals) -> Doubles:
        return self._apart(block, None)

    def nearest(self, block: Reals, count: int, *, left_out: Positions | None) -> tuple[Positions, Matrix]:
        apart = self._apart(block, left_out).astype(np.float32)
        if left_out is not None:
            apart[np.arange(len(block)), left_out] = np.inf
        return smallest(apart, np.arange(len(self._rows)), count)

    def _apart(self, block: Reals, left_out: Positions | None) -> Doubles:
        split, weight = self._choice.split, self._choice.categorical_weight
        numbers = self._numbers.in_own_units(block[:, :split], left_out)
        return (1 - weight) * numbers + weight * self._categories.in_own_units(block[:, split:], left_out)


class _Component:
    """Distances by one kind of columns, in units of each row's own neighbourhood."""

    def __init__(self, space: Space, rows: Matrix, *, power: int) -> None:
        self._space = space
        self._power = power
        some = np.unique(np.linspace(0, len(rows) - 1, _MEAN_ROWS).astype(np.int64))
        self._scale_min = max(_SCALE_MIN * float(self._distances(rows[some]).mean()), _TINY)

    def in_own_units(self, block: Reals, left_out: Positions | None) -> Doubles:
        """Return distances beyond the nearest row's, by the scale of the neighbourhood: float64 (block, fitted)."""
        found = self._distances(block)
        others = found.copy()
        if left_out is not None:
            others[np.arange(len(block)), left_out] = np.inf
        local = min(_LOCAL_ROWS, found.shape[1] - (left_out is not None))
        near = np.sort(np.partition(others, local - 1, axis=1)[:, :local], axis=1)
        scales = np.maximum(local_scales(near - near[:, :1]), self._scale_min)
        return np.asarray(np.maximum(found - near[:, :1], 0.0) / scales[:, None])

    def _distances(self, block: Reals) -> Doubles:
        # Squared, distances between slots count how many categories differ.
        return np.asarray(self._space.distances(block) ** self._power)
