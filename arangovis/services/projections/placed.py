"""Where rows came to lie, and which of them have no neighbours that say so."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.projections.adrift import adrift_rows, can_be_adrift, on_ring
from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.metrics import MetricChoice
from arangovis.projections.neighbours import NeighbourIndex
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["ADRIFT", "Placed", "adrift_of", "placed_among", "placed_apart"]

ADRIFT = "adrift"
"""Name of the array, true for each row without neighbours."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Coordinates float32 (n, components), and which rows are adrift (see `arangovis.projections.adrift`)."""

    coordinates: Matrix
    adrift: npt.NDArray[np.bool_]

    @classmethod
    def all_near(cls, coordinates: Matrix) -> "Placed":
        """Return rows of which none is adrift."""
        return cls(coordinates, np.zeros(len(coordinates), dtype=bool))


def placed_apart(metric: MetricChoice, rows: Matrix, coordinates: Matrix, neighbours: Neighbours | None) -> Placed:
    """Return the coordinates of fitted rows, those without neighbours on a ring around the others.

    Where a method looked at no `neighbours`, all lie where it put them.
    """
    if neighbours is None:
        return Placed.all_near(coordinates)
    adrift = adrift_rows(metric, rows, neighbours)
    return Placed(on_ring(coordinates, adrift), adrift)


def placed_among(metric: MetricChoice, transformer: ArrayBundle, rows: Matrix, coordinates: Matrix) -> Placed:
    """Return the coordinates of new rows, those that are near none of the fitted ones on the ring around these.

    Methods that look at neighbours keep the `rows` and `coordinates` that they fitted; with others none is adrift.
    """
    arrays = transformer.arrays
    if not can_be_adrift(metric) or {"rows", "coordinates"} - arrays.keys():
        return Placed.all_near(coordinates)
    fitted, around = (np.asarray(arrays[name], dtype=np.float32) for name in ("rows", "coordinates"))
    adrift = adrift_rows(metric, rows, NeighbourIndex(fitted, metric=metric).query(rows, 1))
    near = around[~adrift_of(transformer, len(around))]
    return Placed(on_ring(coordinates, adrift, near, rows=rows), adrift)


def adrift_of(bundle: ArrayBundle, rows: int) -> npt.NDArray[np.bool_]:
    """Return which rows a bundle says are adrift; one of before says nothing."""
    found = bundle.arrays.get(ADRIFT)
    return np.zeros(rows, dtype=bool) if found is None else np.asarray(found, dtype=bool)
