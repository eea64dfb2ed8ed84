"""What every embedder does: columns of some rows come in, one vector a row comes out."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import ComputeFailed

Matrix: TypeAlias = npt.NDArray[np.float32]
InputColumn: TypeAlias = npt.NDArray[np.float64] | Sequence[str]
"""Numbers as float64 (rows,), lists of numbers as float64 (rows, length), texts as a sequence of them."""
Columns: TypeAlias = Mapping[str, InputColumn]


class Embed(Protocol):
    """An embedder that is ready to be used."""

    @property
    def engine(self) -> str:
        """What computes, and its version."""

    def __call__(self, columns: Columns) -> Matrix:
        """Return the vectors of some rows, float32 (rows, dimensions).

        Raises:
            InvalidInput, NotSupported: it cannot take such columns.
            ComputeFailed: it did not give a vector of each row.

        """


def rows_of(columns: Columns) -> int:
    """Return how many rows the columns have."""
    return len(next(iter(columns.values())))


def as_vectors(found: object, rows: int, embedder: str) -> Matrix:
    """Return what an embedder gave as float32 (rows, dimensions), contiguous.

    Raises:
        ComputeFailed: it is something else; `embedder` is what the text calls it.

    """
    try:
        with np.errstate(over="ignore"):
            matrix = np.ascontiguousarray(found, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ComputeFailed(f"{embedder} gave what is not a table of numbers") from error
    if matrix.ndim != 2 or len(matrix) != rows or matrix.shape[1] == 0:
        shape = " x ".join(map(str, matrix.shape))
        raise ComputeFailed(f"{embedder} gave {shape} numbers for {rows} rows; one vector a row is wanted")
    return matrix
