"""What a linear map can restore of the rows from the plot (Amid and Warmuth 2019, TriMap)."""

from collections.abc import Iterator

import numpy as np

from arangovis.projections.quality.common import Doubles, Table, check_lengths, check_rows

_NEGLIGIBLE = 1e-20
"""Share of the total variance below which nothing is left to explain; rounding of float64 squared, with room."""
_BLOCK_BYTES = 8 << 20


def global_score(original: Table, projected: Table) -> float:
    """Return how well the plot restores the rows linearly, against principal components of as many dimensions.

    1 is as good as principal components, which none can surpass; towards 0 is worse.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer than two rows.

    """
    check_lengths(original, projected)
    rows, points = _Centred(original), _Centred(projected).whole()
    total = sum(float(np.square(block).sum()) for _, block in rows)
    lost = _lost(rows, points)
    lost_least = _lost(rows, _principal_scores(rows, points.shape[1]))
    if lost_least <= _NEGLIGIBLE * total:
        return 1.0 if lost <= _NEGLIGIBLE * total else 0.0
    return float(np.exp(-max(0.0, lost - lost_least) / lost_least))


class _Centred:
    """Rows less their mean, float64, block by block: all of them at once would be twice the rows again."""

    def __init__(self, table: Table) -> None:
        check_rows(table, 2)
        self._table = table
        self._mean = table.mean(axis=0, dtype=np.float64)
        self._step = max(1, _BLOCK_BYTES // (8 * max(1, table.shape[1])))
        self.shape = table.shape

    def __iter__(self) -> Iterator[tuple[slice, Doubles]]:
        """Yield where each block is, and its rows."""
        for start in range(0, len(self._table), self._step):
            part = slice(start, start + self._step)
            yield part, np.asarray(self._table[part] - self._mean)

    def whole(self) -> Doubles:
        """Return all rows."""
        return np.concatenate([block for _, block in self])


def _lost(rows: _Centred, points: Doubles) -> float:
    """Return the squares of the rows that no linear map of the points restores; points may be collinear."""
    basis, sizes, _ = np.linalg.svd(points, full_matrices=False)
    basis = basis[:, sizes > sizes.max(initial=0.0) * len(points) * np.finfo(np.float64).eps]
    restored = np.zeros((basis.shape[1], rows.shape[1]))
    for part, block in rows:
        restored += basis[part].T @ block
    return sum(float(np.square(block - basis[part] @ restored).sum()) for part, block in rows)


def _principal_scores(rows: _Centred, count: int) -> Doubles:
    # The smaller of the two Gram matrices; eigenvalues come in rising order.
    if rows.shape[1] > rows.shape[0]:
        whole = rows.whole()
        _, scores = np.linalg.eigh(whole @ whole.T)
        return np.asarray(scores[:, -count:])
    products = np.zeros((rows.shape[1], rows.shape[1]))
    for _, block in rows:
        products += block.T @ block
    _, directions = np.linalg.eigh(products)
    return np.concatenate([block @ directions[:, -count:] for _, block in rows])
