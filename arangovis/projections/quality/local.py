"""Quality point by point: which points of a plot can be believed, for colouring."""

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import NotSupported
from arangovis.projections.quality.common import Table, check_lengths, check_rows
from arangovis.projections.quality.flat import nearest_rows
from arangovis.projections.quality.ranks import DEFAULT_K, ROWS_MAX, ranks

__all__ = ["LOCAL_ROWS_MAX", "local_trustworthiness"]

LOCAL_ROWS_MAX = 20_000
"""Above, every row's distances to all others cost more than the plot."""
_BLOCK_BYTES = 16 << 20


def local_trustworthiness(original: Table, projected: Table, *, k: int = DEFAULT_K) -> npt.NDArray[np.float32]:
    """Return the trustworthiness of each row alone, float32 (n,): 1 if its k nearest points are its k nearest rows.

    It falls below 0 where the nearest points are among the farthest rows. The mean is `trustworthiness`, exactly up to
    ROWS_MAX rows; above, distances are rounded to float32, and rows equally far count as nearer.

    Args:
        original: the rows (n, d).
        projected: the points (n, m).
        k: how many nearest points are looked at; half of the rows at most.

    Raises:
        InvalidInput: the tables differ in length, or values are not finite.
        NotSupported: there are fewer than three or more than LOCAL_ROWS_MAX rows.

    """
    check_lengths(original, projected)
    check_rows(original, 3)
    rows = len(original)
    if rows > LOCAL_ROWS_MAX:
        raise NotSupported(f"{rows} rows are more than the {LOCAL_ROWS_MAX} that are measured one by one")
    nearest = max(1, min(k, (rows - 1) // 2))
    if rows <= ROWS_MAX:
        return ranks(original, projected, k=nearest).local_trustworthiness().astype(np.float32)
    near = nearest_rows(projected, nearest)
    beyond = np.maximum(_ranks_of(original, near) - nearest, 0).sum(axis=1)
    return np.asarray(1 - beyond * (2 / (nearest * (2 * rows - 3 * nearest - 1))), dtype=np.float32)


def _ranks_of(original: Table, near: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each row which rank (1 is nearest) some other rows have, int64 as `near`, (n, k)."""
    table = np.ascontiguousarray(original, dtype=np.float32)
    table = table - table.mean(axis=0, dtype=np.float64).astype(np.float32)
    halves = np.einsum("ij,ij->i", table, table) / 2
    found = np.empty(near.shape, dtype=np.int64)
    step = max(1, _BLOCK_BYTES // (4 * len(table)))
    for start in range(0, len(table), step):
        part = slice(start, start + step)
        farness = halves - table[part] @ table.T  # orders as the distance does
        wanted = np.take_along_axis(farness, near[part], axis=1)
        own = np.arange(len(farness))
        farness[own, own + start] = -np.inf  # each row comes before all others: ranks begin with 1
        farness.sort(axis=1)
        for row in own:
            found[start + row] = np.searchsorted(farness[row], wanted[row])
    return found
