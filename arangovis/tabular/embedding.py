"""Embeddings, however they were sent, folded into one column of fixed-size float32 lists."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arangovis.tabular.columns import check_expanded_size, is_list, storage_of
from arangovis.tabular.limits import (
    EMBEDDING_DIMENSION_MAX,
    VALUES_MAX,
    check_counts,
    check_names,
    refused,
    shown,
    too_large,
)
from arangovis.tabular.rows import EMBEDDING
from arangovis.tabular.types import list_of

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = npt.NDArray[np.float64]

_PART = re.compile(rf"{EMBEDDING}_([0-9]{{1,9}})\Z")


def embedding_names(names: Sequence[str]) -> list[str]:
    """Return the columns that make up the embedding, in order of dimension; empty if there is none.

    Raises:
        InvalidInput: `embedding` and `embedding_0`, ... are both there, or a number is missing or there twice.
        TooLarge: there are too many dimensions.

    """
    parts = {name: int(match[1]) for name in names if (match := _PART.match(name))}
    if not parts:
        return [EMBEDDING] if EMBEDDING in names else []
    if EMBEDDING in names:
        raise refused(EMBEDDING, f"is there beside {min(parts, key=parts.__getitem__)}; send one or the other")
    _check_dimension(len(parts))
    ordered = sorted(parts, key=parts.__getitem__)
    for position, name in enumerate(ordered):
        if parts[name] != position:
            missing = f"{EMBEDDING}_{position}"
            raise refused(missing, "is missing" if parts[name] > position else f"is there twice, as {name} too")
    return ordered


def check_header(names: Sequence[str], rows: int = 0) -> list[str]:
    """Check the names and the size of a table before it is unpacked; return what `embedding_names` does.

    Raises:
        InvalidInput: a name is not right, or there is none.
        TooLarge: there are too many rows, columns or cells.

    """
    if not names:
        raise refused("body", "has no columns")
    check_names(names)
    parts = embedding_names(names)
    check_counts(rows, len(names) - len(parts) + bool(parts))
    return parts


def fold(columns: Mapping[str, "pa.ChunkedArray"]) -> "pa.Array":
    """Return the embedding column, fixed-size lists of float32 and no nulls, made of the columns that make it up.

    Raises:
        InvalidInput: rows are empty or differ in dimension, or a value is missing, no number, or not finite in float32.
        TooLarge: there are too many dimensions.

    """
    import pyarrow as pa

    if EMBEDDING in columns:
        matrix = _matrix_of_lists(storage_of(columns[EMBEDDING]).combine_chunks())
    else:
        matrix = np.stack([_part(name, column) for name, column in columns.items()], axis=1)
    flat = pa.array(matrix.reshape(-1), pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat, type=list_of(pa.float32(), matrix.shape[1]))


def _part(name: str, column: "pa.ChunkedArray") -> npt.NDArray[np.float32]:
    whole = column.combine_chunks()
    return _finite(_numbers(name, whole, 1), name, 1)


def _matrix_of_lists(column: "pa.Array") -> npt.NDArray[np.float32]:
    column = _unnested(column)
    dimension = _dimension(column)
    numbers = _numbers(EMBEDDING, column.flatten(), dimension)
    return _finite(numbers, EMBEDDING, dimension).reshape(-1, dimension)


def _unnested(column: "pa.Array") -> "pa.Array":
    """Return lists of numbers for lists that hold one such list each."""
    _check_lists(column)
    if not is_list(column.type.value_type):
        return column
    counts = _lengths(column)
    if (wrong := _first(counts != 1)) is not None:
        raise refused(EMBEDDING, f"row {wrong + 1} has {counts[wrong]} vectors, not 1")
    inner = column.flatten()
    _check_lists(inner)
    return inner


def _check_lists(column: "pa.Array") -> None:
    import pyarrow as pa

    if pa.types.is_null(column.type):
        raise refused(EMBEDDING, "row 1 has no value")
    if not is_list(column.type):
        raise refused(EMBEDDING, f"row 1 has {shown(column[0].as_py())}, which is not a list of numbers")
    if (absent := _first(column.is_null().to_numpy(zero_copy_only=False))) is not None:
        raise refused(EMBEDDING, f"row {absent + 1} has no value")
    check_expanded_size(EMBEDDING, pa.chunked_array([column]))


def _dimension(column: "pa.Array") -> int:
    lengths = _lengths(column)
    dimension = int(lengths[0])
    if (other := _first(lengths != dimension)) is not None:
        raise refused(EMBEDDING, f"row {other + 1} has {lengths[other]} dimensions; row 1 has {dimension}")
    if dimension == 0:
        raise refused(EMBEDDING, "row 1 has no numbers")
    _check_dimension(dimension)
    if dimension * len(column) > VALUES_MAX:
        raise too_large("embedding values", dimension * len(column), VALUES_MAX)
    return dimension


def _check_dimension(dimension: int) -> None:
    if dimension > EMBEDDING_DIMENSION_MAX:
        raise too_large("dimensions in its embedding", dimension, EMBEDDING_DIMENSION_MAX)


def _numbers(name: str, flat: "pa.Array", dimension: int) -> Numbers:
    """Return the values of an array of numbers, `dimension` of them a row, as float64."""
    import pyarrow as pa

    if (absent := _first(flat.is_null().to_numpy(zero_copy_only=False))) is not None:
        raise refused(name, f"row {absent // dimension + 1} has no value{_place(absent, dimension)}")
    if not (pa.types.is_integer(flat.type) or pa.types.is_floating(flat.type)):
        raise refused(name, f"row 1 has {shown(flat[0].as_py())}, which is not a number")
    return np.asarray(flat.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _finite(numbers: Numbers, name: str, dimension: int) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        narrow = numbers.astype(np.float32)
    if (wrong := _first(~np.isfinite(narrow))) is not None:
        place = _place(wrong, dimension)
        problem = f"row {wrong // dimension + 1} has {numbers[wrong]:g}{place}, which is not a finite 32-bit number"
        raise refused(name, problem)
    return narrow


def _place(index: int, dimension: int) -> str:
    return "" if dimension == 1 else f" in dimension {index % dimension}"


def _lengths(column: "pa.Array") -> npt.NDArray[np.int64]:
    import pyarrow.compute as pc

    return np.asarray(pc.list_value_length(column).to_numpy(zero_copy_only=False), dtype=np.int64)


def _first(mask: npt.NDArray[np.bool_]) -> int | None:
    """Return the position of the first True, or None."""
    position = int(np.argmax(mask)) if mask.size else 0
    return position if mask.size and mask[position] else None
