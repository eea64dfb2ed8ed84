"""Vectors of rows as a table of their own, and columns as embedders read them."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError, NotSupported
from arangovis.tabular.rows import EMBEDDING, ROW_ID, Rows
from arangovis.tabular.types import list_of

__all__ = ["input_columns", "vectors_from", "vectors_to"]

Matrix = npt.NDArray[np.float32]


def vectors_to(ids: Sequence[str], matrix: Matrix) -> bytes:
    """Return vectors, float32 (rows, dimensions), as Parquet with the columns `_id` and `embedding`."""
    import pyarrow as pa

    kind = list_of(pa.float32(), matrix.shape[1])
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.reshape(-1), pa.float32()), type=kind)
    return Rows(pa.table([pa.array(ids, pa.string()), vectors], names=[ROW_ID, EMBEDDING])).to_parquet()


def vectors_from(data: bytes | memoryview) -> Matrix:
    """Read what `vectors_to` wrote.

    Raises:
        IntegrityError: the bytes are something else.

    """
    matrix = Rows.from_parquet(data, (EMBEDDING,)).embedding
    if matrix is None:
        raise IntegrityError("the stored table has no vectors")
    return matrix


def input_columns(
    rows: Rows, names: Sequence[str], start: int, stop: int
) -> Mapping[str, npt.NDArray[np.float64] | Sequence[str]]:
    """Return columns of the rows `start` to `stop`, the last one not included, as embedders read them.

    Numbers are float64 (rows,) with NaN where there is no value, lists of equal length float64 (rows, length), texts
    empty where there is none.

    Raises:
        NotSupported: a column is not there, or holds something else.

    """
    if missing := [name for name in names if not rows.has(name)]:
        raise NotSupported(f"the rows have no column {', '.join(missing)}, which the embedder reads")
    part = rows.select(np.arange(start, stop))
    return {name: _column(part, name) for name in names}


def _column(rows: Rows, name: str) -> npt.NDArray[np.float64] | Sequence[str]:
    kind = rows.columns()[name]
    if kind in ("number", "boolean", "null"):
        return rows.numbers(name)
    if kind == "text":
        return ["" if value is None else str(value) for value in rows.values(name)]
    if kind == "list of number":
        return _lists(rows, name)
    raise NotSupported(f"the column {name} is {kind}; embedders read numbers, texts and lists of numbers")


def _lists(rows: Rows, name: str) -> npt.NDArray[np.float64]:
    values = rows.values(name)
    lengths = {len(value) if isinstance(value, list) else None for value in values}
    if len(lengths) > 1 or None in lengths:
        raise NotSupported(f"the lists in the column {name} are not all there and of one length")
    return np.asarray(values, dtype=np.float64)
