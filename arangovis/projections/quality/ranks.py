"""Who is near whom: ranks of neighbours in the rows and in the plot, compared.

All of these measures read one thing, the co-ranking matrix (Lee and Verleysen 2009): how many pairs have rank k among
the rows and rank l in the plot. Only max(k, l) of each pair and the small ranks are needed, so the matrix is never
made. Above ROWS_MAX rows, a seeded sample of them is asked for their ranks among all rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput
from arangovis.projections.quality.common import (
    Doubles,
    Positions,
    Table,
    check_lengths,
    check_rows,
    sampled,
    squared_distances,
)

ROWS_MAX = 2_000
"""Up to so many rows all of them are asked."""
SAMPLED_ROWS = 500
EXACT_ROWS_MAX = 3_000
"""Up to so many rows distances are differences, not products: ties are ties."""
DEFAULT_K = 15
_BLOCK_BYTES = 8 << 20
"""Of one block of distances; some ten of its size are alive at a time."""
_PART_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks compared.

    Args:
        rows: how many there are.
        asked: of which rows the ranks were compared, int64 (m,).
        shared: float64 (rows - 1,): of the pairs of an asked row, how many have both ranks at most K, for K = 1, 2, ...
        intruders: float64 (m,): per asked row, sum of (rank among the rows - k) over its k nearest in the plot.
        missing: float64 (m,): per asked row, sum of (rank in the plot - k) over its k nearest rows.
        k: the k of the last two.

    """

    rows: int
    asked: Positions
    shared: Doubles
    intruders: Doubles
    missing: Doubles
    k: int

    @property
    def is_sampled(self) -> bool:
        """Whether not all rows were asked."""
        return len(self.asked) < self.rows

    def q_nx(self) -> Doubles:
        """Return for K = 1, 2, ..., rows - 1 the share of the K nearest rows that are among the K nearest points."""
        return self.shared / (np.arange(1, self.rows) * len(self.asked))

    def r_nx(self) -> Doubles:
        """Return for K = 1, ..., rows - 2 how far Q_NX is from chance (0) to perfect (1)."""
        counts = np.arange(1, self.rows - 1)
        return np.asarray(((self.rows - 1) * self.q_nx()[:-1] - counts) / (self.rows - 1 - counts))

    def auc_rnx(self) -> float:
        """Return the area under R_NX over the logarithm of K: sum of R_NX(K) / K over sum of 1 / K (Lee et al. 2015).

        1 is perfect at every scale, 0 is chance; small neighbourhoods count most.
        """
        weights = 1 / np.arange(1, self.rows - 1)
        return float(np.average(self.r_nx(), weights=weights))

    def lcmc_max(self) -> float:
        """Return the largest Q_NX(K) - K / (rows - 1), the local continuity meta-criterion (Chen and Buja 2009)."""
        return float(np.max(self.q_nx() - np.arange(1, self.rows) / (self.rows - 1)))

    def trustworthiness(self) -> float:
        """Return how few of the k nearest points are far rows; 1 is best (Venna and Kaski 2001)."""
        return float(self.local_trustworthiness().mean())

    def continuity(self) -> float:
        """Return how few of the k nearest rows are far points; 1 is best (Venna and Kaski 2001)."""
        return float(1 - self._scale * self.missing.mean())

    def local_trustworthiness(self) -> Doubles:
        """Return the trustworthiness of each asked row alone, float64 (m,); for colouring."""
        return 1 - self._scale * self.intruders

    @property
    def _scale(self) -> float:
        worst = self.k * (2 * self.rows - 3 * self.k - 1)
        return 2 / worst


def ranks(original: Table, projected: Table, *, k: int = DEFAULT_K, seed: int = 0, size: int | None = None) -> Ranks:
    """Compare the ranks of neighbours by Euclidean distance, ties in order of rows.

    Args:
        original: the rows (n, d).
        projected: the points (n, m).
        k: neighbours of trustworthiness and continuity; below n / 2.
        seed: of the sample of rows.
        size: how many rows are asked; None for all up to ROWS_MAX rows, else SAMPLED_ROWS.

    Raises:
        InvalidInput: the tables differ in length, or k is outside its limits.
        NotSupported: there are fewer than three rows.

    """
    check_lengths(original, projected)
    rows = len(original)
    check_rows(original, 3)
    if not 1 <= k < rows / 2:
        raise InvalidInput(f"{k} neighbours are not between 1 and half of the {rows} rows")
    asked = sampled(rows, size or (rows if rows <= ROWS_MAX else SAMPLED_ROWS), seed)
    high, low = _Distances(original), _Distances(projected)
    most = np.zeros(rows, dtype=np.int64)
    intruders, missing = np.empty(len(asked)), np.empty(len(asked))
    step = max(1, _BLOCK_BYTES // (8 * rows))
    for start in range(0, len(asked), step):
        part = slice(start, start + step)
        rank_high, rank_low = _ranks(high(asked[part]), asked[part]), _ranks(low(asked[part]), asked[part])
        largest = np.maximum(rank_high, rank_low)
        most += np.bincount(largest.ravel(), minlength=rows)
        intruders[part] = np.where((rank_low <= k) & (rank_high > k), rank_high - k, 0).sum(axis=1)
        missing[part] = np.where((rank_high <= k) & (rank_low > k), rank_low - k, 0).sum(axis=1)
    most[0] = 0  # each row is at rank 0 of itself
    return Ranks(rows, asked, np.cumsum(most[1:]).astype(np.float64), intruders, missing, k)


class _Distances:
    """Squared distances of some rows to all, float64; of many rows, no more than a part is float64 at a time."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._few = len(table) <= EXACT_ROWS_MAX
        self._squares = np.einsum("ij,ij->i", self._table, self._table, dtype=np.float64)

    def __call__(self, asked: Positions) -> Doubles:
        if self._few:
            return squared_distances(self._table[asked], self._table)
        own = self._table[asked].astype(np.float64)
        found = np.empty((len(asked), len(self._table)))
        for start in range(0, len(self._table), _PART_ROWS):
            part = slice(start, start + _PART_ROWS)
            np.matmul(own, self._table[part].astype(np.float64).T, out=found[:, part])
        found *= -2
        found += self._squares
        found += self._squares[asked][:, None]
        return found


def _ranks(distances: Doubles, asked: Positions) -> npt.NDArray[np.int64]:
    """Return the rank of every row seen from each asked one: 0 for itself, 1 for the nearest other."""
    rows = distances.shape[1]
    bits = rows.bit_length()
    # The bits of a number that is not negative order as it does. Its last ones, which are but rounding, make room for
    # the position: so ties go by position, and one sort of integers gives the order.
    keys = np.maximum(distances, 0).view(np.int64)
    keys >>= bits
    keys += 1
    keys[np.arange(len(asked)), asked] = 0
    keys <<= bits
    keys |= np.arange(rows)
    keys.sort(axis=1)
    order = keys & ((1 << bits) - 1)
    found = np.empty(order.shape, dtype=np.int64)
    np.put_along_axis(found, order, np.arange(order.shape[1])[None, :], axis=1)
    return found


def auc_rnx(original: Table, projected: Table, *, seed: int = 0) -> float:
    """Return `Ranks.auc_rnx`."""
    return ranks(original, projected, k=1, seed=seed).auc_rnx()


def trustworthiness(original: Table, projected: Table, *, k: int = DEFAULT_K, seed: int = 0) -> float:
    """Return `Ranks.trustworthiness`."""
    return ranks(original, projected, k=k, seed=seed).trustworthiness()


def continuity(original: Table, projected: Table, *, k: int = DEFAULT_K, seed: int = 0) -> float:
    """Return `Ranks.continuity`."""
    return ranks(original, projected, k=k, seed=seed).continuity()


def q_nx(original: Table, projected: Table, *, seed: int = 0) -> Doubles:
    """Return `Ranks.q_nx`."""
    return ranks(original, projected, k=1, seed=seed).q_nx()


def r_nx(original: Table, projected: Table, *, seed: int = 0) -> Doubles:
    """Return `Ranks.r_nx`."""
    return ranks(original, projected, k=1, seed=seed).r_nx()


def lcmc_max(original: Table, projected: Table, *, seed: int = 0) -> float:
    """Return `Ranks.lcmc_max`."""
    return ranks(original, projected, k=1, seed=seed).lcmc_max()
