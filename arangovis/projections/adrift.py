"""Rows that have no neighbours: nothing says where they belong, so they go on a ring around the others, and are named.

Such are rows that share nothing with any other (all distances at their maximum), and rows that a metric cannot place,
such as those of zeros under the cosine. Left to a method, they come to lie anywhere, or at NaN.
"""

import zlib
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.metrics import Choice, metric_choice

__all__ = ["adrift_rows", "can_be_adrift", "on_ring"]

Flags: TypeAlias = npt.NDArray[np.bool_]

_ROUNDING = 1e-6
_RING = 1.2
"""Radius of the ring, against the distance of the outermost of the others from their centre."""


def can_be_adrift(metric: Choice) -> bool:
    """Say whether rows can be without neighbours under a metric."""
    declared = metric_choice(metric).declared
    return declared.distance_max is not None or declared.adrift is not None


def adrift_rows(metric: Choice, rows: Matrix, nearest: Neighbours | None) -> Flags:
    """Say of each row (n, d) whether nothing is near it. `nearest` holds at least one neighbour of each, if any."""
    declared = metric_choice(metric).declared
    found = np.zeros(len(rows), dtype=bool) if declared.adrift is None else declared.adrift(rows)
    if declared.distance_max is None or nearest is None or not nearest.distances.size:
        return found
    return found | (nearest.distances[:, 0] >= declared.distance_max * (1 - _ROUNDING))


def on_ring(coordinates: Matrix, adrift: Flags, around: Matrix | None = None, *, rows: Matrix | None = None) -> Matrix:
    """Return coordinates (n, 2 or 3) with the rows adrift on a ring around the others, or given points.

    They are spread evenly. With `rows` (n, d) the place of each follows from what it holds, whoever comes with it.
    """
    if not adrift.any():
        return coordinates
    others = coordinates[~adrift] if around is None else around
    centre = others.mean(axis=0) if len(others) else np.zeros(coordinates.shape[1])
    reach = float(np.linalg.norm(others - centre, axis=1).max()) if len(others) else 0.0
    shares = np.linspace(0, 1, int(adrift.sum()), endpoint=False) if rows is None else _shares_of(rows[adrift])
    angles = 2 * np.pi * shares
    placed = coordinates.copy()
    placed[adrift] = centre
    placed[adrift, :2] += _RING * (reach or 1.0) * np.column_stack([np.cos(angles), np.sin(angles)])
    return placed


def _shares_of(rows: Matrix) -> npt.NDArray[np.float64]:
    """Return a number of 0 to 1 for each row, the same for equal rows."""
    plain = np.ascontiguousarray(rows, dtype=np.float32) + np.float32(0)  # there are two zeros
    return np.array([zlib.crc32(row.tobytes()) / 2**32 for row in plain])
