"""Can a classifier tell two tables apart? If it cannot, nothing moved that trees can see.

The classifier two-sample test (Lopez-Paz and Oquab 2017) with the area under the ROC curve in place of accuracy, which
says "shift" wherever one table is larger, and with equal rows of both tables in one fold, since a row that is learnt
in one fold and asked in another says "the other table" of its own twin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FOLDS = 5
ROUNDS = 60
IMPORTANCE_FOLDS = 2

Doubles = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]
Folds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Separation:
    """Areas of the folds, their one-sided p-value, and the area that each group of columns is worth."""

    areas: tuple[float, ...]
    p_value: float
    importances: tuple[float, ...]

    @property
    def area(self) -> float:
        """The mean of the folds."""
        return float(np.mean(self.areas))


def separate(
    matrix: Doubles,
    labels: Labels,
    *,
    groups: Sequence[npt.NDArray[np.int64]],
    levels: npt.NDArray[np.bool_],
    seed: int,
    progress: Callable[[float], None],
) -> Separation:
    """Learn to tell the rows of label 1 from those of label 0, in folds.

    Args:
        matrix: float64 (rows, width), NaN for a missing value.
        labels: int8 (rows,), both present.
        groups: the columns of the matrix that belong to one column of the tables.
        levels: bool (width,), which columns hold codes of levels.
        seed: of folds and classifier.
        progress: told the share that is done.

    """
    folds = dealt(matrix, labels, seed)
    areas: list[float] = []
    drops: list[Doubles] = []
    for fold in range(folds.max() + 1):
        inside = folds == fold
        model = _fitted(matrix[~inside], labels[~inside], levels, seed)
        area = _area(labels[inside], _scores(model, matrix[inside]))
        areas.append(area)
        if fold < IMPORTANCE_FOLDS:
            drops.append(_drops(model, matrix[inside], labels[inside], groups, area=area, seed=seed))
        progress((fold + 1) / (folds.max() + 1))
    return Separation(tuple(areas), _p_value(areas, folds, labels), tuple(np.mean(drops, axis=0).tolist()))


def dealt(matrix: Doubles, labels: Labels, seed: int) -> Folds:
    """Deal rows to folds, int64 (rows,): equal rows to the same one, and each table evenly over all."""
    which = _row_numbers(matrix)
    distinct = int(which.max()) + 1
    current = np.bincount(which, weights=labels, minlength=distinct) > 0
    reference = np.bincount(which, weights=1 - labels, minlength=distinct) > 0
    kind = reference + 2 * current.astype(np.int64)
    smallest = min(int((labels == side).sum()) for side in (0, 1))
    count = max(2, min(FOLDS, smallest))
    random = np.random.default_rng(seed)
    folds = np.zeros(distinct, dtype=np.int64)
    for value in (1, 2, 3):
        members = random.permutation(np.flatnonzero(kind == value))
        folds[members] = np.arange(len(members)) % count
    return folds[which]


def _row_numbers(matrix: Doubles) -> Folds:
    """Return for each row the number of its value, int64 (rows,): equal rows have equal bytes once NaN has one form."""
    plain = np.ascontiguousarray(np.where(np.isnan(matrix), np.nan, matrix + 0.0))
    rows = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).reshape(-1)
    return np.unique(rows, return_inverse=True)[1].astype(np.int64)


def _fitted(matrix: Doubles, labels: Labels, levels: npt.NDArray[np.bool_], seed: int) -> object:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        categorical_features=levels if levels.any() else None,
        class_weight="balanced",
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(matrix, labels)


def _scores(model: object, matrix: Doubles) -> Doubles:
    return np.asarray(model.predict_proba(matrix)[:, 1], dtype=np.float64)  # type: ignore[attr-defined]


def _area(labels: Labels, scores: Doubles) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores)) if len(np.unique(labels)) == 2 else 0.5


def _drops(
    model: object,
    matrix: Doubles,
    labels: Labels,
    groups: Sequence[npt.NDArray[np.int64]],
    *,
    area: float,
    seed: int,
) -> Doubles:
    """Return by how much the area falls where a group's values are shuffled over the rows, together."""
    random = np.random.default_rng(seed)
    found = np.zeros(len(groups))
    for number, group in enumerate(groups):
        shuffled = matrix.copy()
        shuffled[:, group] = matrix[random.permutation(len(matrix))][:, group]
        found[number] = area - _area(labels, _scores(model, shuffled))
    return found


def _p_value(areas: Sequence[float], folds: Folds, labels: Labels) -> float:
    """Return how likely a mean area this large is without a shift: areas of no effect are normal around 0.5.

    The variance of one is (n1 + n0 + 1) / (12 n1 n0), that of the Mann-Whitney statistic (Hanley and McNeil 1982).
    """
    from scipy import stats

    variances = []
    for fold in range(len(areas)):
        ones = int(labels[folds == fold].sum())
        zeros = int((folds == fold).sum()) - ones
        variances.append((ones + zeros + 1) / (12 * max(1, ones) * max(1, zeros)))
    deviation = np.sqrt(np.sum(variances)) / len(areas)
    return float(stats.norm.sf((np.mean(areas) - 0.5) / deviation))
