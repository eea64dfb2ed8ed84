"""What every method does alike: read its parameters, look at its rows, state the facts of a fit."""

from collections.abc import Mapping

import numpy as np

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import ParameterSet
from arangovis.projections.base import Matrix, Projector

__all__ = ["check_dimension", "complete_parameters", "engine_name", "fit_facts", "usable_rows"]


def complete_parameters(declared: ParameterSet, values: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Return every declared parameter, those left out at their defaults.

    Raises:
        InvalidInput: a value is outside its limits.

    """
    good, faults = declared.check(values)
    if faults:
        raise InvalidInput.of(*faults)
    return {**declared.defaults(), **good}


def usable_rows(matrix: Matrix, *, rows_min: int, method: str) -> Matrix:
    """Return the matrix as contiguous float32.

    Raises:
        InvalidInput: it is not two-dimensional, or a value is not finite.
        NotSupported: it has fewer than `rows_min` rows.

    """
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise InvalidInput("the embeddings are not a table of rows by dimensions")
    if len(matrix) < rows_min:
        raise NotSupported(f"{method} needs at least {rows_min} rows, there are {len(matrix)}")
    rows = np.ascontiguousarray(matrix, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise InvalidInput("the embeddings hold values that are not finite")
    return rows


def check_dimension(matrix: Matrix, dimension: int) -> None:
    """Refuse rows of another dimension than the fitted ones.

    Raises:
        InvalidInput: they differ.

    """
    if matrix.ndim != 2 or matrix.shape[1] != dimension:
        found = matrix.shape[1] if matrix.ndim == 2 else "no table of rows"
        raise InvalidInput(f"the projection was fitted on {dimension} dimensions, the new rows have {found}")


def fit_facts(projector: Projector, parameters: Mapping[str, Scalar], *, seed: int) -> dict[str, Scalar]:
    """Return what every transformer says of itself: its parameters, and method, engine that ran, version and seed."""
    return {
        **parameters,
        "method": projector.name,
        "engine": projector.engine(parameters),
        "algorithm_version": projector.algorithm_version,
        "seed": seed,
    }


def engine_name(distribution: str) -> str:
    """Return a library and its version without importing it, such as `numpy 2.4.0`."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution} (not installed)"
