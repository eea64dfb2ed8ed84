"""Intrinsic shape: do rows and plot have the same (Tsitsulin et al., ICLR 2020).

The heat trace of the normalised Laplacian of the neighbour graph, at many times, is compared. It sees the graph's
spectrum only: it is shown, and nothing should be optimised by it.
"""

from typing import TYPE_CHECKING

import numpy as np

from arangovis.projections.quality.common import Doubles, Positions, Table, check_lengths, check_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NEIGHBOURS = 5
EXACT_ROWS_MAX = 2_000
"""Up to so many rows the spectrum is computed; above, its heat trace is estimated."""
LANCZOS_STEPS = 30
PROBES = 200
_PROBES_AT_ONCE = 50
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

    max over t of exp(-2 (t + 1/t)) |h(original, t) - h(projected, t)| 1e6 / n, with the exact spectrum up to
    EXACT_ROWS_MAX rows. Above, stochastic Lanczos quadrature with the same seeded probes for both; within about a
    quarter of the exact value.

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
    if len(table) > EXACT_ROWS_MAX:
        return _estimated(laplacian, seed)
    values = np.linalg.eigvalsh(laplacian.toarray())
    return np.asarray(np.exp(-np.outer(_TIMES, values)).sum(axis=1))


def _nearest(table: Table) -> Positions:
    from arangovis.projections.neighbours import nearest_neighbours

    return nearest_neighbours(np.asarray(table), NEIGHBOURS).indices


def _laplacian(neighbours: Positions) -> "csr_matrix":
    """Return the normalised Laplacian of the graph whose edges lead from or to one of a row's neighbours."""
    from scipy import sparse

    rows, count = neighbours.shape
    places = np.repeat(np.arange(rows), count), neighbours.ravel()
    graph = sparse.csr_matrix((np.ones(rows * count), places), shape=(rows, rows))
    graph = graph.maximum(graph.T)
    scale = sparse.diags(1 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    return sparse.csr_matrix(sparse.eye(rows) - scale @ graph @ scale)


def _estimated(laplacian: "csr_matrix", seed: int) -> Doubles:
    """Return the heat trace by stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017)."""
    random = np.random.default_rng(seed)
    rows = laplacian.shape[0]
    total = np.zeros(len(_TIMES))
    for _ in range(PROBES // _PROBES_AT_ONCE):
        probes = random.choice([-1.0, 1.0], size=(rows, _PROBES_AT_ONCE))
        diagonals, beside = _lanczos(laplacian, probes / np.sqrt(rows))
        for number in range(_PROBES_AT_ONCE):
            tridiagonal = np.diag(diagonals[number]) + np.diag(beside[number], 1) + np.diag(beside[number], -1)
            values, vectors = np.linalg.eigh(tridiagonal)
            total += np.exp(-np.outer(_TIMES, values)) @ np.square(vectors[0])
    return np.asarray(rows * total / PROBES)


def _lanczos(laplacian: "csr_matrix", start: Doubles) -> tuple[Doubles, Doubles]:
    """Return the diagonals (probes, steps) and the values beside them (probes, steps - 1) of each probe."""
    before, current = np.zeros_like(start), start
    diagonals, beside = [], [np.zeros(start.shape[1])]
    for _ in range(LANCZOS_STEPS):
        moved = laplacian @ current - beside[-1] * before
        diagonal = np.einsum("ij,ij->j", moved, current)
        moved -= diagonal * current
        size = np.linalg.norm(moved, axis=0)
        diagonals.append(diagonal)
        beside.append(size)
        before, current = current, moved / np.maximum(size, np.finfo(np.float64).tiny)
    return np.array(diagonals).T, np.array(beside[1:-1]).T
