"""Intrinsic shape: do rows and plot have the same (Tsitsulin et al., ICLR 2020).

The heat trace of the normalised Laplacian of the neighbour graph, at many times, is compared. It sees the graph's
spectrum only: it is shown, and nothing should be optimised by it.
"""

from typing import TYPE_CHECKING

import numpy as np

from arangovis.projections.quality.common import Doubles, Positions, Table, check_lengths, check_rows
from arangovis.projections.quality.flat import nearest_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEIGHBOURS = 5
EXACT_ROWS_MAX = 2_000
"""Up to so many rows the heat trace is exact; above, it is estimated from PROBES vectors."""
DEGREE = 32
"""Of the polynomial that stands for exp(-t x): its error, t at most 10, is far below that of a double."""
PROBES = 200
_COLUMNS_AT_ONCE = 64
_TIMES = np.logspace(-1, 1, 256)
_SCALE = 1e6


def msid(
    original: Table,
    projected: Table,
    *,
    seed: int = 0,
    neighbours: tuple[Positions | None, Positions | None] = (None, None),
) -> float:
    """Return the largest weighted difference of the heat traces; 0 is best, there is no upper end.

    max over t of exp(-2 (t + 1/t)) |h(original, t) - h(projected, t)| 1e6 / n. The heat traces h are the traces of a
    Chebyshev series of the Laplacian, exact up to EXACT_ROWS_MAX rows. Above, they are estimated (Hutchinson 1989) with
    the same seeded probes for both; within about a quarter of the exact value.

    Args:
        original: the rows (n, d).
        projected: the points (n, m).
        seed: of the probes.
        neighbours: indices int64 (n, NEIGHBOURS or more) of both, nearest first and without the row itself; searched
            if None.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer rows than NEIGHBOURS + 2.

    """
    check_lengths(original, projected)
    check_rows(original, NEIGHBOURS + 2)
    one, other = (
        _heat_trace(table, found, seed) for table, found in zip((original, projected), neighbours, strict=True)
    )
    weights = np.exp(-2 * (_TIMES + 1 / _TIMES))
    return float(np.max(weights * np.abs(one - other)) * _SCALE / len(original))


def _heat_trace(table: Table, neighbours: Positions | None, seed: int) -> Doubles:
    laplacian = _laplacian(_nearest(table) if neighbours is None else neighbours[:, :NEIGHBOURS])
    rows = len(table)
    if rows > EXACT_ROWS_MAX:
        probes = np.random.default_rng(seed).choice([-1.0, 1.0], size=(rows, PROBES))
        return np.asarray(_series() @ (_moments(laplacian, probes) / PROBES))
    moments = np.zeros(DEGREE + 1)
    for start in range(0, rows, _COLUMNS_AT_ONCE):
        within = np.zeros((rows, min(_COLUMNS_AT_ONCE, rows - start)))
        within[start : start + within.shape[1]] = np.eye(within.shape[1])
        moments += _moments(laplacian, within)
    return np.asarray(_series() @ moments)


def _nearest(table: Table) -> Positions:
    return nearest_rows(table, NEIGHBOURS)


def _laplacian(neighbours: Positions) -> "csr_matrix":
    """Return the normalised Laplacian of the graph whose edges lead from or to one of a row's neighbours."""
    from scipy import sparse

    rows, count = neighbours.shape
    places = np.repeat(np.arange(rows), count), neighbours.ravel()
    graph = sparse.csr_matrix((np.ones(rows * count), places), shape=(rows, rows))
    graph = graph.maximum(graph.T)
    scale = sparse.diags(1 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    return sparse.csr_matrix(sparse.eye(rows) - scale @ graph @ scale)


def _moments(laplacian: "csr_matrix", vectors: Doubles) -> Doubles:
    """Return the sums over vectors v (n, m) of v' T_k(L - 1) v for k = 0, ..., DEGREE, T_k the Chebyshev polynomials.

    Of the products of two of them, every second one follows without another multiplication.
    """
    moved = laplacian - _eye(laplacian.shape[0])
    before, current = vectors, moved @ vectors
    even, odd = _inner(before, before), _inner(before, current)
    found = [even, odd]
    for _ in range(1, DEGREE // 2 + 1):
        found.append(2 * _inner(current, current) - even)
        following = moved @ current
        following *= 2
        following -= before
        found.append(2 * _inner(following, current) - odd)
        before, current = current, following
    return np.array(found[: DEGREE + 1])


def _inner(one: Doubles, other: Doubles) -> float:
    return float(np.einsum("ij,ij->", one, other))  # by one thread: several cost more than they save


def _eye(rows: int) -> "csr_matrix":
    from scipy import sparse

    return sparse.csr_matrix(sparse.eye(rows))


def _series() -> Doubles:
    """Return the coefficients of exp(-t x), x from 0 to 2, in Chebyshev polynomials of x - 1: (times, DEGREE + 1)."""
    from scipy.special import ive

    degrees = np.arange(DEGREE + 1)
    signs = np.where(degrees % 2, -1.0, 1.0) * np.where(degrees, 2.0, 1.0)
    return np.asarray(signs * ive(degrees[None, :], _TIMES[:, None]))
