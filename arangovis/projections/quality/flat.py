"""Nearest points of a plot: in two or three dimensions a tree finds them in a fraction of what comparing all costs."""

import numpy as np

from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.quality.common import Positions, Table

__all__ = ["nearest_rows"]

_FLAT = 3


def nearest_rows(table: Table, count: int) -> Positions:
    """Return the `count` nearest other rows of each, int64 (n, count), by Euclidean distance.

    Raises:
        InvalidInput: values are not finite.

    """
    if table.shape[1] > _FLAT or not np.isfinite(table).all():
        return nearest_neighbours(np.ascontiguousarray(table, dtype=np.float32), count).indices
    try:
        from scipy.spatial import cKDTree
    except ModuleNotFoundError:
        return nearest_neighbours(np.ascontiguousarray(table, dtype=np.float32), count).indices
    points = np.ascontiguousarray(table, dtype=np.float64)
    _, found = cKDTree(points).query(points, count + 1)
    return _without_themselves(np.asarray(found, dtype=np.int64))


def _without_themselves(found: Positions) -> Positions:
    """Leave out each row itself; among many equal ones it may not be found at all, then the last one goes."""
    own = found == np.arange(len(found))[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(found[~own].reshape(len(found), -1))
