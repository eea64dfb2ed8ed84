"""The distances a neighbour search understands: their names, what they ask of the data, how they are computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput, NotSupported
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter
from arangovis.projections.base import Matrix
from arangovis.projections.distances import (
    correlation,
    cosine,
    counted,
    euclidean,
    haversine,
    mahalanobis,
    pairwise,
    standardised,
    weighted,
    without_direction,
    without_shape,
)
from arangovis.projections.rows_named import rows_named
from arangovis.projections.spaces import ComputedSpace, EuclideanSpace, Space

__all__ = [
    "METRICS",
    "METRIC_NAMES",
    "METRIC_PARAMETERS",
    "Metric",
    "MetricChoice",
    "check_dimensions",
    "check_metric",
    "chosen_metric",
    "metric_choice",
    "space_of",
]

Problem: TypeAlias = Callable[[Matrix], str | None]
Flags: TypeAlias = npt.NDArray[np.bool_]

ORDER, WEIGHTS, THRESHOLD = "p", "w", "threshold"
_ORDER_MAX = 64
_RADIANS_SLACK = 1e-6

METRIC_PARAMETERS = (
    Parameter(
        ORDER,
        float,
        2.0,
        "Order of the distances minkowski and wminkowski.",
        minimum=1,
        maximum=_ORDER_MAX,
        optional=True,
    ),
    Parameter(
        WEIGHTS,
        str,
        "",
        "Weights of wminkowski, one number above zero for each dimension, with commas between; empty for equal ones.",
        optional=True,
    ),
    Parameter(
        THRESHOLD,
        float,
        None,
        "For metrics of true and false: values above it count as true. Without it the data must be 0 and 1.",
        optional=True,
    ),
)
"""What metrics can be told beside their name."""


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric by its name, with its parameters. `weights` empty means equal ones, `threshold` None means none."""

    name: str
    p: float = 2.0
    weights: tuple[float, ...] = ()
    threshold: float | None = None

    @property
    def declared(self) -> "Metric":
        """What is known of the metric."""
        return METRICS[self.name]

    def space(self, rows: Matrix) -> Space:
        """Return fitted rows under it: see `space_of`."""
        check_metric(self, rows)
        return METRICS[self.name].space(transformed(self, rows), self)


Choice: TypeAlias = str | MetricChoice
"""A metric, by its name alone where its parameters are at their defaults."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A distance: which parameters it has, what rows must be, how they are searched.

    Args:
        name: as clients spell it.
        space: the fitted rows, ready to be searched.
        parameters: those of METRIC_PARAMETERS that mean something to it.
        asks: what rows must be, in a few words; empty for any numbers.
        columns: how many columns rows must have, where that is fixed.
        rows_problem: what is wrong with any rows.
        fit_problem: what is wrong with the rows it learns from, beside that.
        distance_max: the largest distance it can give; who has no nearer neighbour has none.
        adrift: which rows have no place under it at all.

    """

    name: str
    space: Callable[[Matrix, MetricChoice], Space]
    parameters: tuple[str, ...] = ()
    asks: str = ""
    columns: int | None = None
    rows_problem: Problem | None = None
    fit_problem: Problem | None = None
    distance_max: float | None = None
    adrift: Callable[[Matrix], Flags] | None = None


def _not_radians(matrix: Matrix) -> str | None:
    limits = np.array([np.pi / 2, 2 * np.pi]) + _RADIANS_SLACK
    return _named("the columns are not latitude and longitude in radians", (np.abs(matrix) > limits).any(axis=1))


def _not_boolean(matrix: Matrix) -> str | None:
    said = "it compares true and false; the data hold other values than 0 and 1, and no threshold is given"
    return _named(said, ~((matrix == 0) | (matrix == 1)).all(axis=1))


def _continuous(matrix: Matrix) -> str | None:
    said = "it counts equal codes; the data are continuous, and no threshold is given"
    return _named(said, (matrix != np.rint(matrix)).any(axis=1))


def _negative(matrix: Matrix) -> str | None:
    return _named("it is defined for values of zero and above; some are negative", (matrix < 0).any(axis=1))


def _named(said: str, wrong: Flags | np.bool_) -> str | None:
    rows = np.atleast_1d(wrong)  # `all` and `any` along an axis are typed as if they could give one truth value
    return f"{said} (in {rows_named(rows)})" if rows.any() else None


def _no_spread_to_learn(matrix: Matrix) -> str | None:
    rows, dimensions = matrix.shape
    enough = rows > dimensions
    return None if enough else f"its covariance needs more rows than dimensions; there are {rows} and {dimensions}"


def _single_row(matrix: Matrix) -> str | None:
    return None if len(matrix) > 1 else "its variances need at least two rows"


def _minkowski(rows: Matrix, choice: MetricChoice) -> Space:
    weights = np.array(choice.weights or (1.0,) * rows.shape[1])
    if choice.p == 2:
        return EuclideanSpace(rows, weighted(weights) if choice.weights else euclidean(rows))
    return ComputedSpace(rows, pairwise("minkowski", p=choice.p, w=weights))


def _pairwise(name: str, library_name: str = "") -> Callable[[Matrix, MetricChoice], Space]:
    return lambda rows, _: ComputedSpace(rows, pairwise(library_name or name))


def _counted(name: str, distance_max: float = 1.0) -> Metric:
    def space(rows: Matrix, _: MetricChoice) -> Space:
        return ComputedSpace(rows, counted(name))

    asks = "0 and 1, or a threshold that says what is true"
    return Metric(name, space, (THRESHOLD,), asks, rows_problem=_not_boolean, distance_max=distance_max)


_ALL = (
    Metric("euclidean", lambda rows, _: EuclideanSpace(rows, euclidean(rows))),
    Metric("manhattan", _pairwise("manhattan", "cityblock")),
    Metric("chebyshev", _pairwise("chebyshev")),
    Metric("minkowski", _minkowski, (ORDER,)),
    Metric("canberra", _pairwise("canberra")),
    Metric("braycurtis", _pairwise("braycurtis"), asks="no value below zero", rows_problem=_negative, distance_max=1.0),
    Metric(
        "haversine",
        lambda rows, _: EuclideanSpace(rows, haversine()),
        asks="two columns, latitude and longitude in radians",
        columns=2,
        rows_problem=_not_radians,
    ),
    Metric(
        "mahalanobis",
        lambda rows, _: EuclideanSpace(rows, mahalanobis(rows)),
        asks="more rows than dimensions",
        fit_problem=_no_spread_to_learn,
    ),
    Metric("wminkowski", _minkowski, (ORDER, WEIGHTS)),
    Metric(
        "seuclidean",
        lambda rows, _: EuclideanSpace(rows, standardised(rows)),
        asks="at least two rows",
        fit_problem=_single_row,
    ),
    Metric("cosine", lambda rows, _: EuclideanSpace(rows, cosine()), adrift=without_direction),
    Metric("correlation", lambda rows, _: EuclideanSpace(rows, correlation()), adrift=without_shape),
    Metric(
        "hamming",
        _pairwise("hamming"),
        (THRESHOLD,),
        "whole numbers (codes), or a threshold that says what is true",
        rows_problem=_continuous,
        distance_max=1.0,
    ),
    _counted("jaccard"),
    _counted("dice"),
    _counted("russellrao"),
    _counted("kulsinski"),
    _counted("rogerstanimoto"),
    _counted("sokalmichener"),
    _counted("sokalsneath"),
    _counted("yule", distance_max=2.0),
)

METRICS = {metric.name: metric for metric in _ALL}
"""Every metric by its name, in the order of the documents."""

METRIC_NAMES = tuple(METRICS)


def chosen_metric(parameters: Mapping[str, Scalar], *, default: str = "euclidean") -> MetricChoice:
    """Return the metric that a method's parameters mean.

    Raises:
        InvalidInput: there is no such metric, a parameter means nothing to it, or the weights are not numbers above 0.

    """
    name = str(parameters.get("metric", default))
    metric = _metric(name)
    given = [p for p in METRIC_PARAMETERS if parameters.get(p.name, p.default) not in (None, p.default)]
    if foreign := [p.name for p in given if p.name not in metric.parameters]:
        raise InvalidInput.of(*(Fault(n, f"means nothing to the metric {name}; leave it out") for n in foreign))
    threshold = parameters.get(THRESHOLD)
    return MetricChoice(
        name,
        float(parameters.get(ORDER) or 2.0),
        _read_weights(str(parameters.get(WEIGHTS) or "")),
        None if threshold is None else float(threshold),
    )


def metric_choice(metric: Choice) -> MetricChoice:
    """Return a metric that may be given by its name alone."""
    return MetricChoice(metric) if isinstance(metric, str) else metric


def check_dimensions(metric: Choice, dimensions: int) -> None:
    """Refuse rows of a number of columns that a metric makes no sense of.

    Raises:
        InvalidInput: there is no such metric, or it has another number of weights than there are dimensions.
        NotSupported: it needs another number of columns.

    """
    choice = metric_choice(metric)
    declared = _metric(choice.name)
    if choice.weights and len(choice.weights) != dimensions:
        weights = len(choice.weights)
        raise InvalidInput.of(Fault(WEIGHTS, f"has {weights} weights; the rows have {dimensions} dimensions"))
    if declared.columns not in (None, dimensions):
        said = f"it needs {declared.asks}; there are {dimensions}"
        raise NotSupported(f"the metric {choice.name} does not suit these data: {said}")


def check_metric(metric: Choice, rows: Matrix, *, fitted: bool = True) -> None:
    """Refuse data that a metric makes no sense of. `fitted` rows are those it learns from.

    Raises:
        InvalidInput: there is no such metric, or it has another number of weights than there are dimensions.
        NotSupported: the data do not suit it; the text says why and names rows.

    """
    choice = metric_choice(metric)
    check_dimensions(choice, rows.shape[1])
    declared = _metric(choice.name)
    problems = (declared.rows_problem, declared.fit_problem if fitted else None)
    for problem in problems:
        if problem is not None and (text := problem(transformed(choice, rows))):
            raise NotSupported(f"the metric {choice.name} does not suit these data: {text}")


def transformed(metric: MetricChoice, rows: Matrix) -> Matrix:
    """Return the rows as the metric is to see them: 0 and 1 where a threshold says what is true."""
    return rows if metric.threshold is None else (rows > metric.threshold).astype(np.float32)


def space_of(metric: Choice, rows: Matrix) -> Space:
    """Return the fitted rows under a metric.

    Raises:
        InvalidInput: there is no such metric.
        NotSupported: the data do not suit it.

    """
    return metric_choice(metric).space(rows)


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise InvalidInput(f"{name[:80]!r} is not one of the metrics {', '.join(METRIC_NAMES)}")
    return METRICS[name]


def _read_weights(text: str) -> tuple[float, ...]:
    if not text.strip():
        return ()
    try:
        weights = tuple(float(part) for part in text.split(","))
    except ValueError:
        weights = (np.nan,)
    if not all(0 < weight < np.inf for weight in weights):
        raise InvalidInput.of(Fault(WEIGHTS, f"{text[:80]!r} is not a list of numbers above zero, such as 1,0.5,2"))
    return weights
