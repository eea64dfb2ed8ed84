"""What every method that starts from nearest neighbours does alike; a method adds how it lays out and how it places."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.domain.errors import ComputeFailed, IntegrityError, InvalidInput, NotSupported
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter
from arangovis.projections.base import Fitted, Labels, Matrix, Neighbours, Progress, Projector
from arangovis.projections.method import check_dimension, complete_parameters, fit_facts, usable_rows
from arangovis.projections.metrics import METRIC_NAMES, METRIC_PARAMETERS, check_metric, chosen_metric
from arangovis.projections.neighbours import NeighbourIndex, nearest_neighbours
from arangovis.projections.progress import part
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["COMPONENTS", "METRIC", "METRIC_PARAMETERS", "NeighbourProjector", "Placed", "Problem"]

METRIC = Parameter("metric", str, "euclidean", "Distance between embeddings.", choices=METRIC_NAMES)
COMPONENTS = Parameter("n_components", int, 2, "Dimensions of the plot.", minimum=2, maximum=3)

_SEARCH_SHARE = 0.2
"""The part of the progress that searching neighbours takes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be laid out.

    `rows` float32 (n, d); `neighbours` of each row under the metric; `values` of every parameter, also the optional
    ones; `labels` int64 (n,) or None.
    """

    rows: Matrix
    neighbours: Neighbours
    values: Mapping[str, Scalar]
    seed: int
    labels: Labels | None = None

    def number(self, name: str) -> float:
        """Return a parameter that is a number."""
        return float(self.values[name] or 0)

    @property
    def components(self) -> int:
        """Return how many dimensions the layout has."""
        return int(self.number("n_components"))


@dataclass(frozen=True, slots=True)
class Placed:
    """A fitted layout among which new rows are placed: `rows` (n, d), their `coordinates` (n, m) and its facts."""

    rows: Matrix
    coordinates: Matrix
    values: Mapping[str, Scalar]
    facts: Mapping[str, Scalar]


class NeighbourProjector(Projector):
    """A method that starts from the nearest neighbours of each row."""

    @abstractmethod
    def _wanted(self, values: Mapping[str, Scalar]) -> int:
        """Return how many neighbours of each row it wants where there are enough rows."""

    @abstractmethod
    def _lay_out(self, problem: Problem, progress: Progress) -> tuple[Matrix, Mapping[str, Scalar]]:
        """Return coordinates (n, m), and what `_place` must know of the fit beside them."""

    @abstractmethod
    def _place(self, fitted: Placed, nearest: Neighbours, *, seed: int, progress: Progress) -> Matrix:
        """Return coordinates of new rows, given their nearest fitted rows."""

    def _placing_neighbours(self, values: Mapping[str, Scalar]) -> int:
        """Return how many fitted rows a new one is placed by."""
        return self._wanted(values) + 1

    def neighbours_needed(self, parameters: Mapping[str, Scalar], rows: int) -> int:
        """Return how many other rows shape each row's place, clipped to the data."""
        return max(1, min(self._wanted(self._values(parameters)), rows - 2))

    def fit(
        self,
        matrix: Matrix,
        parameters: Mapping[str, Scalar],
        *,
        neighbours: Neighbours | None,
        seed: int,
        progress: Progress,
        labels: Labels | None = None,
    ) -> Fitted:
        """Lay out the rows. Neighbours of the parameters' metric may be given; else they are searched.

        Raises:
            InvalidInput: a parameter is outside its limits, values are not finite, or the neighbours do not fit.
            NotSupported: too few rows, the data do not suit the metric, or labels are wanted and there are none.
            ComputeFailed: the library raised, or the layout is not finite.

        """
        rows = usable_rows(matrix, rows_min=self.rows_min, method=self.name)
        values = self._values(parameters)
        choice = chosen_metric(values)
        check_metric(choice, rows)
        progress(0.0)
        wanted = self.neighbours_needed(parameters, len(rows))
        if neighbours is None:
            search = part(progress, start=0.0, end=_SEARCH_SHARE)
            neighbours = nearest_neighbours(rows, wanted, metric=choice, progress=search)
        problem = Problem(rows, _usable(neighbours, len(rows), wanted), values, seed, _heeded(labels, values, rows))
        progress(_SEARCH_SHARE)
        found, facts = self._lay_out(problem, part(progress, start=_SEARCH_SHARE, end=0.99))
        coordinates = self._checked(found)
        stated = fit_facts(self, complete_parameters(self.parameters, parameters), seed=seed)
        transformer = ArrayBundle({"rows": rows, "coordinates": coordinates}, {**stated, **facts})
        progress(1.0)
        return Fitted(coordinates, transformer)

    def placing_needed(self, parameters: Mapping[str, Scalar], fitted_rows: int) -> int:
        """Return how many fitted rows place a new one, clipped to the data."""
        return min(self._placing_neighbours(self._values(parameters)), fitted_rows)

    def transform(
        self,
        transformer: ArrayBundle,
        matrix: Matrix,
        *,
        seed: int,
        progress: Progress,
        nearest: Neighbours | None = None,
    ) -> Matrix:
        """Place new rows among the fitted ones; the fitted rows themselves keep their coordinates.

        Raises:
            InvalidInput: another dimension than the fitted rows, or values that are not finite.
            NotSupported: the rows do not suit the metric.
            IntegrityError: the stored arrays are not a fitted projection of this method.
            ComputeFailed: the library raised, or a place is not finite.

        """
        fitted = self._restored(transformer)
        check_dimension(matrix, fitted.rows.shape[1])
        rows = usable_rows(matrix, rows_min=0, method=self.name)
        progress(0.0)
        if len(rows) == 0 or np.array_equal(rows, fitted.rows):
            progress(1.0)
            return np.array(fitted.coordinates[: len(rows)])
        count = min(self._placing_neighbours(fitted.values), len(fitted.rows))
        if nearest is None:
            index = NeighbourIndex(fitted.rows, metric=chosen_metric(fitted.values))
            nearest = index.query(rows, count, progress=part(progress, start=0.0, end=0.5))
        nearest = _usable(nearest, len(rows), count)
        placed = self._checked(self._place(fitted, nearest, seed=seed, progress=part(progress, start=0.5, end=0.99)))
        progress(1.0)
        return placed

    def _values(self, parameters: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
        return self.parameters.filled(complete_parameters(self.parameters, parameters))

    def _checked(self, coordinates: Matrix) -> Matrix:
        if not np.isfinite(coordinates).all():
            raise ComputeFailed(f"{self.name}: the layout has coordinates that are not finite")
        return np.ascontiguousarray(coordinates, dtype=np.float32)

    def _restored(self, transformer: ArrayBundle) -> Placed:
        facts, arrays = transformer.facts, transformer.arrays
        if facts.get("method") != self.name or {"rows", "coordinates"} - arrays.keys():
            raise IntegrityError(f"the stored arrays are not a fitted {self.name} projection")
        rows, coordinates = (arrays[name].astype(np.float32, copy=False) for name in ("rows", "coordinates"))
        known = {p.name: facts[p.name] for p in self.parameters.parameters if p.name in facts}
        return Placed(rows, coordinates, self.parameters.filled(known), facts)


def _usable(given: Neighbours, rows: int, wanted: int) -> Neighbours:
    if len(given.indices) != rows or min(given.indices.shape[1], given.distances.shape[1]) < wanted:
        raise InvalidInput(f"{wanted} neighbours of each of {rows} rows are needed; given are {given.indices.shape}")
    return Neighbours(
        np.ascontiguousarray(given.indices[:, :wanted]), np.ascontiguousarray(given.distances[:, :wanted])
    )


def _heeded(labels: Labels | None, values: Mapping[str, Scalar], rows: Matrix) -> Labels | None:
    if not values.get("label_weight"):
        return None
    if labels is None or (labels < 0).all():
        raise NotSupported("label_weight is above 0, but the rows have no classes: set it to 0, or send their classes")
    if labels.shape != (len(rows),):
        raise InvalidInput(f"one label of each of {len(rows)} rows is needed; given are {labels.shape}")
    return labels
