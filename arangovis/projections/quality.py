"""How faithful a plot is: measures of a projection against the rows it shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections.base import Matrix

__all__ = [
    "QualityMetric",
    "Sammon",
    "evaluate",
    "global_score",
    "metric_name",
    "sammon",
    "sammon_error",
    "sammon_error_scaled",
]

Doubles: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""First and second rows."""

ALL_PAIRS_ROWS_MAX = 1_500
"""Up to so many rows every pair counts for the Sammon error; above, a seeded sample of pairs."""
SAMPLED_PAIRS = 200_000
_PAIR_BLOCK = 20_000

_NEGLIGIBLE = 1e-20
"""Share of the total variance below which nothing is left to explain; rounding of float64 squared, with room."""


class QualityMetric(StrEnum):
    """The names that clients may ask for, in the order in which they are evaluated."""

    GLOBAL_SCORE = "global_score"
    SAMMON_ERROR = "sammon_error"
    AUC_SCORE = "auc_score"
    STABILITY_SCORE = "stability_score"
    MSID = "msid"
    CLUSTERING = "clustering"


_ALIASES = {"stability": QualityMetric.STABILITY_SCORE, "msid_score": QualityMetric.MSID}


def metric_name(text: str) -> QualityMetric:
    """Return the metric that a client means, in any of its spellings.

    Raises:
        InvalidInput: there is no such metric.

    """
    folded = text.lower()
    try:
        return _ALIASES.get(folded) or QualityMetric(folded)
    except ValueError:
        known = ", ".join(QualityMetric)
        raise InvalidInput(f"{text[:80]!r} is not one of the visualization metrics {known}") from None


def evaluate(names: Iterable[str], *, original: Matrix, projected: Matrix, seed: int) -> Mapping[str, float | str]:
    """Return each metric's value, or `skipped: ` and the reason.

    `original` (n, d), `projected` (n, n_components), rows in the same order. Keys are canonical names;
    `sammon_error_scaled` accompanies `sammon_error`.

    Raises:
        InvalidInput: there is no such metric, or the tables differ in length.

    """
    _check_lengths(original, projected)
    asked = {metric_name(name) for name in names}
    values: dict[str, float | str] = {}
    for name in (metric for metric in QualityMetric if metric in asked):
        try:
            values.update(_EVALUATIONS[name](original, projected, seed=seed))
        except NotSupported as reason:
            values[name.value] = f"skipped: {reason.detail}"
    return values


def global_score(original: Matrix, projected: Matrix) -> float:
    """Return how well the plot restores the rows linearly, against principal components of as many dimensions.

    1 is as good as principal components, which none can surpass; towards 0 is worse.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer than two rows.

    """
    _check_lengths(original, projected)
    rows, points = _centred(original), _centred(projected)
    total = float(np.square(rows).sum())
    lost = _lost(rows, points)
    lost_least = _lost(rows, _principal_scores(rows, points.shape[1]))
    if lost_least <= _NEGLIGIBLE * total:
        return 1.0 if lost <= _NEGLIGIBLE * total else 0.0
    return float(np.exp(-max(0.0, lost - lost_least) / lost_least))


@dataclass(frozen=True, slots=True)
class Sammon:
    """Sammon's error, and what is left of it when the plot is scaled as suits it best."""

    plain: float
    scaled: float


def sammon(original: Matrix, projected: Matrix, *, seed: int) -> Sammon:
    """Return Sammon's stress over all pairs of rows, or over a seeded sample of pairs above ALL_PAIRS_ROWS_MAX rows.

    Sum of (original distance - plot distance)^2 / original distance, over the sum of original distances; 0 is best.
    Pairs of equal rows are left out.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: no two rows differ.

    """
    _check_lengths(original, projected)
    pairs = _pairs(len(original), seed)
    distances, shown = _distances(original, pairs), _distances(projected, pairs)
    apart = distances > 0
    if not apart.any():
        raise NotSupported("no two rows differ")
    distances, shown = distances[apart], shown[apart]
    quadratic = float((shown**2 / distances).sum())
    scale = float(shown.sum()) / quadratic if quadratic > 0 else 0.0
    return Sammon(_stress(distances, shown), _stress(distances, scale * shown))


def sammon_error(original: Matrix, projected: Matrix, *, seed: int) -> float:
    """Return `sammon(...).plain`."""
    return sammon(original, projected, seed=seed).plain


def sammon_error_scaled(original: Matrix, projected: Matrix, *, seed: int) -> float:
    """Return `sammon(...).scaled`, which does not depend on the size of the plot."""
    return sammon(original, projected, seed=seed).scaled


def _check_lengths(original: Matrix, projected: Matrix) -> None:
    if len(original) != len(projected):
        raise InvalidInput(f"{len(original)} rows cannot be compared with {len(projected)} points")


def _centred(matrix: Matrix) -> Doubles:
    if len(matrix) < 2:
        raise NotSupported("there are fewer than two rows")
    rows = matrix.astype(np.float64)
    return np.asarray(rows - rows.mean(axis=0))


def _lost(rows: Doubles, points: Doubles) -> float:
    """Return the squares of the rows that no linear map of the points restores; points may be collinear."""
    basis, sizes, _ = np.linalg.svd(points, full_matrices=False)
    basis = basis[:, sizes > sizes.max(initial=0.0) * len(points) * np.finfo(np.float64).eps]
    return float(np.square(rows - basis @ (basis.T @ rows)).sum())


def _principal_scores(rows: Doubles, count: int) -> Doubles:
    # The smaller of the two Gram matrices; eigenvalues come in rising order.
    if rows.shape[1] <= rows.shape[0]:
        _, directions = np.linalg.eigh(rows.T @ rows)
        return np.asarray(rows @ directions[:, -count:])
    _, scores = np.linalg.eigh(rows @ rows.T)
    return np.asarray(scores[:, -count:])


def _pairs(rows: int, seed: int) -> Pairs:
    if rows <= ALL_PAIRS_ROWS_MAX:
        first, second = np.triu_indices(rows, 1)
        return first, second
    generator = np.random.default_rng(seed)
    first = generator.integers(0, rows, SAMPLED_PAIRS)
    # A step of 1 to n - 1 around the circle of rows reaches every other row with equal chance, and never itself.
    return first, (first + generator.integers(1, rows, SAMPLED_PAIRS)) % rows


def _distances(matrix: Matrix, pairs: Pairs) -> Doubles:
    first, second = pairs
    rows = matrix.astype(np.float64)
    found = np.empty(len(first))
    for start in range(0, len(first), _PAIR_BLOCK):
        block = slice(start, start + _PAIR_BLOCK)
        found[block] = np.linalg.norm(rows[first[block]] - rows[second[block]], axis=1)
    return found


def _stress(distances: Doubles, shown: Doubles) -> float:
    return float(((distances - shown) ** 2 / distances).sum() / distances.sum())


class Evaluation(Protocol):
    """A metric as `evaluate` asks for it: its value under its name, and values that accompany it."""

    def __call__(self, original: Matrix, projected: Matrix, *, seed: int) -> Mapping[str, float]:
        """Return the values; raises NotSupported with the reason why there are none."""


def _evaluate_global_score(original: Matrix, projected: Matrix, *, seed: int) -> Mapping[str, float]:  # noqa: ARG001
    return {QualityMetric.GLOBAL_SCORE.value: global_score(original, projected)}


def _evaluate_sammon(original: Matrix, projected: Matrix, *, seed: int) -> Mapping[str, float]:
    found = sammon(original, projected, seed=seed)
    return {QualityMetric.SAMMON_ERROR.value: found.plain, "sammon_error_scaled": found.scaled}


def _unavailable(reason: str) -> Evaluation:
    def evaluation(original: Matrix, projected: Matrix, *, seed: int) -> Mapping[str, float]:  # noqa: ARG001
        raise NotSupported(reason)

    return evaluation


_EVALUATIONS: Mapping[QualityMetric, Evaluation] = {
    QualityMetric.GLOBAL_SCORE: _evaluate_global_score,
    QualityMetric.SAMMON_ERROR: _evaluate_sammon,
    QualityMetric.AUC_SCORE: _unavailable("this version does not train classifiers on the plot"),
    QualityMetric.STABILITY_SCORE: _unavailable("this version does not refit on subsamples"),
    QualityMetric.MSID: _unavailable("this version does not compare spectra of neighbour graphs"),
    QualityMetric.CLUSTERING: _unavailable("this version does not cluster the plot"),
}
