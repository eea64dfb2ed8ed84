"""Stress: how far distances in the plot are from those of the rows (Sammon 1969)."""

from dataclasses import dataclass

import numpy as np

from arangovis.domain.errors import NotSupported
from arangovis.projections.quality.common import Doubles, Positions, Table, check_lengths, pair_distances

ALL_PAIRS_ROWS_MAX = 1_500
"""Up to so many rows every pair counts for the Sammon error; above, a seeded sample of pairs."""
SAMPLED_PAIRS = 200_000


@dataclass(frozen=True, slots=True)
class Sammon:
    """Sammon's error, and what is left of it when the plot is scaled as suits it best."""

    plain: float
    scaled: float


def sammon(original: Table, projected: Table, *, seed: int) -> Sammon:
    """Return Sammon's stress over all pairs of rows, or over a seeded sample of pairs above ALL_PAIRS_ROWS_MAX rows.

    Sum of (original distance - plot distance)^2 / original distance, over the sum of original distances; 0 is best.
    Pairs of equal rows are left out.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: no two rows differ.

    """
    check_lengths(original, projected)
    pairs = _pairs(len(original), seed)
    distances, shown = pair_distances(original, *pairs), pair_distances(projected, *pairs)
    apart = distances > 0
    if not apart.any():
        raise NotSupported("no two rows differ")
    distances, shown = distances[apart], shown[apart]
    quadratic = float((shown**2 / distances).sum())
    scale = float(shown.sum()) / quadratic if quadratic > 0 else 0.0
    return Sammon(_stress(distances, shown), _stress(distances, scale * shown))


def sammon_error(original: Table, projected: Table, *, seed: int) -> float:
    """Return `sammon(...).plain`."""
    return sammon(original, projected, seed=seed).plain


def sammon_error_scale_fitted(original: Table, projected: Table, *, seed: int) -> float:
    """Return `sammon(...).scaled`, which does not depend on the size of the plot."""
    return sammon(original, projected, seed=seed).scaled


def _pairs(rows: int, seed: int) -> tuple[Positions, Positions]:
    if rows <= ALL_PAIRS_ROWS_MAX:
        first, second = np.triu_indices(rows, 1)
        return first, second
    generator = np.random.default_rng(seed)
    first = generator.integers(0, rows, SAMPLED_PAIRS)
    # A step of 1 to n - 1 around the circle of rows reaches every other row with equal chance, and never itself.
    return first, (first + generator.integers(1, rows, SAMPLED_PAIRS)) % rows


def _stress(distances: Doubles, shown: Doubles) -> float:
    return float(((distances - shown) ** 2 / distances).sum() / distances.sum())


def legacy_sammon_error(original: Table, projected: Table) -> float:
    """Return what hydro-visualization called its Sammon error: that of the pairs of consecutive rows only.

    It depends on the order of the rows. Kept so that its numbers can be compared.
    """
    check_lengths(original, projected)
    first = np.arange(len(original) - 1)
    distances = pair_distances(original, first, first + 1) + 1e-13
    return _stress(distances, pair_distances(projected, first, first + 1))
