"""What a linear map can restore of the rows from the plot (Amid and Warmuth 2019, TriMap)."""

import numpy as np

from arangovis.projections.quality.common import Doubles, Table, check_lengths, check_rows

_NEGLIGIBLE = 1e-20
"""Share of the total variance below which nothing is left to explain; rounding of float64 squared, with room."""


def global_score(original: Table, projected: Table) -> float:
    """Return how well the plot restores the rows linearly, against principal components of as many dimensions.

    1 is as good as principal components, which none can surpass; towards 0 is worse.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer than two rows.

    """
    check_lengths(original, projected)
    rows, points = _centred(original), _centred(projected)
    total = float(np.square(rows).sum())
    lost = _lost(rows, points)
    lost_least = _lost(rows, _principal_scores(rows, points.shape[1]))
    if lost_least <= _NEGLIGIBLE * total:
        return 1.0 if lost <= _NEGLIGIBLE * total else 0.0
    return float(np.exp(-max(0.0, lost - lost_least) / lost_least))


def _centred(matrix: Table) -> Doubles:
    check_rows(matrix, 2)
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
