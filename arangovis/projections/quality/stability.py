"""Stability: is it the same picture again (McInnes, Healy and Melville 2018, section 5.3)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from arangovis.domain.errors import NotSupported
from arangovis.projections.quality.common import Positions, Table

SHARE = 0.1
"""Of the rows that are projected anew."""
MASKS = 3
ROWS_MIN = 20
"""Rows that a part has at least."""

Refit: TypeAlias = Callable[[Positions], Table]
"""Projects some of the rows anew, alone: positions int64 (p,) to points (p, m)."""


def stability_score(projected: Table, refit: Refit, *, seed: int = 0) -> float:
    """Return how far rows move when a part of them is projected alone: the mean over MASKS seeded parts, 0 is best.

    Both layouts of a part are brought to the same centre, size and turn (Procrustes) before rows are compared.
    It costs MASKS fits of a tenth of the rows.

    Raises:
        NotSupported: a part would have fewer than ROWS_MIN rows.

    """
    size = int(SHARE * len(projected))
    if size < ROWS_MIN:
        raise NotSupported(f"a tenth of the {len(projected)} rows is fewer than {ROWS_MIN}")
    random = np.random.default_rng(seed)
    parts = [np.sort(random.choice(len(projected), size, replace=False)) for _ in range(MASKS)]
    return float(np.mean([mean_displacement(projected[part], refit(part)) for part in parts]))


def mean_displacement(first: Table, second: Table) -> float:
    """Return the mean distance of the same rows in two layouts, each of unit size, one turned to fit the other.

    Raises:
        NotSupported: all points of a layout are the same.

    """
    from scipy.spatial import procrustes

    try:
        one, other, _ = procrustes(first.astype(np.float64), second.astype(np.float64))
    except ValueError as error:
        raise NotSupported("all points of a layout are the same") from error
    return float(np.linalg.norm(one - other, axis=1).mean())
