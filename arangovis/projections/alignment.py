"""Turning a layout so that it looks like an earlier one: Procrustes, without a change of size."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput
from arangovis.projections.base import Matrix

__all__ = ["Alignment", "align"]


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a layout is turned, mirrored and moved.

    Args:
        turn: float64 (m, m), orthogonal.
        shift: float64 (m,), added after the turn.
        rows: how many rows the layouts have in common.
        residual: how far those still lie apart on average, in mean distances from the centre of the earlier layout;
            0 is the same picture.

    """

    turn: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]
    rows: int
    residual: float

    def __call__(self, points: Matrix) -> Matrix:
        """Return points of the layout where they are shown."""
        return np.asarray(points @ self.turn + self.shift, dtype=np.float32)


def align(points: Matrix, earlier: Matrix) -> Alignment:
    """Return what brings points nearest to where the same rows lay earlier, both (n, m).

    Raises:
        InvalidInput: the layouts differ in shape, or have fewer rows than dimensions.

    """
    if points.shape != earlier.shape or len(points) < points.shape[1]:
        raise InvalidInput(f"layouts of shapes {points.shape} and {earlier.shape} cannot be aligned")
    moving, fixed = points.astype(np.float64), earlier.astype(np.float64)
    centre, goal = moving.mean(axis=0), fixed.mean(axis=0)
    left, _, right = np.linalg.svd((moving - centre).T @ (fixed - goal))
    turn = left @ right
    apart = np.linalg.norm((moving - centre) @ turn - (fixed - goal), axis=1).mean()
    radius = np.linalg.norm(fixed - goal, axis=1).mean()
    return Alignment(turn, goal - centre @ turn, len(moving), float(apart / radius) if radius > 0 else 0.0)
