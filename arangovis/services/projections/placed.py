"""Where rows came to lie, and which of them have no neighbours that say so."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.json import Scalar
from arangovis.projections.adrift import adrift_rows, can_be_adrift, on_ring
from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.metrics import chosen_metric
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


def placed_apart(parameters: Mapping[str, Scalar], rows: Matrix, fitted: tuple[Matrix, Neighbours | None]) -> Placed:
    """Return the coordinates of fitted rows, those without neighbours on a ring around the others."""
    coordinates, neighbours = fitted
    adrift = adrift_rows(chosen_metric(parameters), rows, neighbours)
    return Placed(on_ring(coordinates, adrift), adrift)


def placed_among(
    parameters: Mapping[str, Scalar], rows: tuple[Matrix, Matrix], placed: tuple[Matrix, Matrix]
) -> Placed:
    """Return the coordinates of new rows, those that are near none of the fitted ones on a ring around these.

    `rows` and `placed` are (fitted, new) rows and (new, fitted) coordinates.
    """
    (fitted, new), (coordinates, around) = rows, placed
    metric = chosen_metric(parameters)
    if not can_be_adrift(metric):
        return Placed(coordinates, np.zeros(len(coordinates), dtype=bool))
    adrift = adrift_rows(metric, new, NeighbourIndex(fitted, metric=metric).query(new, 1))
    return Placed(on_ring(coordinates, adrift, around), adrift)


def adrift_of(bundle: ArrayBundle, rows: int) -> npt.NDArray[np.bool_]:
    """Return which rows a bundle says are adrift; one of before says nothing."""
    found = bundle.arrays.get(ADRIFT)
    return np.zeros(rows, dtype=bool) if found is None else np.asarray(found, dtype=bool)
