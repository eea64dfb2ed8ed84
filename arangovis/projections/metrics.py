"""The distances a neighbour search understands: their names, what they ask of the data, how they are computed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.base import Matrix
from arangovis.projections.spaces import (
    ComputedSpace,
    EuclideanSpace,
    Space,
    correlation,
    cosine,
    counted,
    euclidean,
    haversine,
    mahalanobis,
    pairwise,
    standardised,
)

__all__ = ["METRICS", "METRIC_NAMES", "Metric", "check_metric", "space_of"]

Problem: TypeAlias = Callable[[Matrix], str | None]

_RADIANS_SLACK = 1e-6


def _nothing(matrix: Matrix) -> str | None:  # noqa: ARG001 - one signature for all
    return None


def _not_two_columns(matrix: Matrix) -> str | None:
    if matrix.shape[1] != 2:
        return f"it needs two columns, latitude and longitude in radians; there are {matrix.shape[1]}"
    limits = np.array([np.pi / 2, 2 * np.pi]) + _RADIANS_SLACK
    return "the columns are not latitude and longitude in radians" if (np.abs(matrix) > limits).any() else None


def _not_boolean(matrix: Matrix) -> str | None:
    boolean = np.isin(matrix, (0, 1)).all()
    return None if boolean else "it compares true and false; the data hold other values than 0 and 1"


def _continuous(matrix: Matrix) -> str | None:
    whole = (matrix == np.rint(matrix)).all()
    return None if whole else "it counts equal codes; the data are continuous"


def _negative(matrix: Matrix) -> str | None:
    return "it is defined for values of zero and above; some are negative" if (matrix < 0).any() else None


def _no_spread_to_learn(matrix: Matrix) -> str | None:
    rows, dimensions = matrix.shape
    enough = rows > dimensions
    return None if enough else f"its covariance needs more rows than dimensions; there are {rows} and {dimensions}"


def _single_row(matrix: Matrix) -> str | None:
    return None if len(matrix) > 1 else "its variances need at least two rows"


@dataclass(frozen=True, slots=True)
class Metric:
    """A distance: how to search under it, what its rows must be, and what the fitted rows must be beside that."""

    name: str
    space: Callable[[Matrix], Space]
    rows_problem: Problem = _nothing
    fit_problem: Problem = _nothing


def _euclidean_like(name: str) -> Metric:
    # Minkowski distances have order 2 and unit weights here, so they are the euclidean distance.
    return Metric(name, lambda rows: EuclideanSpace(rows, euclidean(rows)))


def _pairwise(name: str, problem: Problem = _nothing, *, library_name: str = "") -> Metric:
    return Metric(name, lambda rows: ComputedSpace(rows, pairwise(library_name or name)), problem)


def _counted(name: str) -> Metric:
    return Metric(name, lambda rows: ComputedSpace(rows, counted(name)), _not_boolean)


_ALL = (
    _euclidean_like("euclidean"),
    _pairwise("manhattan", library_name="cityblock"),
    _pairwise("chebyshev"),
    _euclidean_like("minkowski"),
    _pairwise("canberra"),
    _pairwise("braycurtis", _negative),
    Metric("haversine", lambda rows: EuclideanSpace(rows, haversine()), _not_two_columns),
    Metric("mahalanobis", lambda rows: EuclideanSpace(rows, mahalanobis(rows)), fit_problem=_no_spread_to_learn),
    _euclidean_like("wminkowski"),
    Metric("seuclidean", lambda rows: EuclideanSpace(rows, standardised(rows)), fit_problem=_single_row),
    Metric("cosine", lambda rows: EuclideanSpace(rows, cosine())),
    Metric("correlation", lambda rows: EuclideanSpace(rows, correlation())),
    _pairwise("hamming", _continuous),
    _counted("jaccard"),
    _counted("dice"),
    _counted("russellrao"),
    _counted("kulsinski"),
    _counted("rogerstanimoto"),
    _counted("sokalmichener"),
    _counted("sokalsneath"),
    _counted("yule"),
)

METRICS = {metric.name: metric for metric in _ALL}
"""Every metric by its name, in the order of the documents."""

METRIC_NAMES = tuple(METRICS)


def check_metric(name: str, rows: Matrix, *, fitted: bool = True) -> None:
    """Refuse data that a metric makes no sense of. `fitted` rows are those it learns from.

    Raises:
        InvalidInput: there is no such metric.
        NotSupported: the data do not suit it; the text says why.

    """
    metric = METRICS.get(name)
    if metric is None:
        raise InvalidInput(f"{name!r} is not one of the metrics {', '.join(METRIC_NAMES)}")
    problem = metric.rows_problem(rows) or (metric.fit_problem(rows) if fitted else None)
    if problem:
        raise NotSupported(f"the metric {name} does not suit these data: {problem}")


def space_of(name: str, rows: Matrix) -> Space:
    """Return the fitted rows under a metric.

    Raises:
        InvalidInput: there is no such metric.
        NotSupported: the data do not suit it.

    """
    check_metric(name, rows)
    return METRICS[name].space(rows)
