"""Typed columns as an Arrow IPC stream of one batch: what a logging client sends."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

TypedColumn: TypeAlias = npt.NDArray[np.generic] | Sequence[str]
"""int64, float32, float64, bool or datetime64[us] (UTC); or texts."""


class ColumnStream:
    """Columns of equal length that are sent in pieces."""

    def __init__(self, columns: Mapping[str, TypedColumn]) -> None:
        import pyarrow as pa

        self._batch = pa.RecordBatch.from_pydict({name: _array(values) for name, values in columns.items()})

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    @property
    def nbytes(self) -> int:
        """How many bytes the columns have."""
        return int(self._batch.nbytes)

    def piece(self, start: int, rows: int) -> bytes:
        """Return the stream of some of the rows; of none, it is the schema alone."""
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self._batch.schema) as writer:
            if rows:
                writer.write_batch(self._batch.slice(start, rows))
        return cast("bytes", sink.getvalue().to_pybytes())


def _array(values: TypedColumn) -> "pa.Array":
    import pyarrow as pa

    if not isinstance(values, np.ndarray):
        return pa.array(values, pa.string())
    if values.dtype.kind == "M":
        return pa.array(values, pa.timestamp("us", tz="UTC"))
    return pa.array(values)
