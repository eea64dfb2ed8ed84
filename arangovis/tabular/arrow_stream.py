"""Plain columns as an uncompressed Arrow IPC stream, which a browser reads without copying."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Scalar
from arangovis.tabular.limits import refused

if TYPE_CHECKING:
    import pyarrow as pa

Column: TypeAlias = npt.NDArray[np.generic] | Sequence[Scalar]

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def to_arrow(columns: Mapping[str, Column], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return columns of equal length as the bytes of an Arrow IPC stream.

    An array keeps its dtype (float32, int32, ...); one of two dimensions becomes a column of fixed-size lists. A
    sequence holds texts, numbers or booleans, with None where there is no value. `metadata` goes into the schema.

    Raises:
        InvalidInput: columns differ in length, or hold what has no Arrow type.

    """
    import pyarrow as pa

    arrays = {name: column_array(name, values) for name, values in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        raise refused("columns", "differ in length")
    table = pa.table(arrays).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return cast("bytes", sink.getvalue().to_pybytes())


def arrow_pieces(tables: Iterable[Mapping[str, Column]], metadata: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """Return tables of equal columns as the pieces of one Arrow IPC stream, a table at a time, as they are asked for.

    A sequence without any value is a column of texts: which it is must not depend on the rows of the first table.

    Raises:
        InvalidInput: as `to_arrow`; the tables have different columns.

    """
    import pyarrow as pa

    pieces, writer = _Pieces(), None
    for columns in tables:
        arrays = {name: column_array(name, values) for name, values in columns.items()}
        whole = {name: item.cast(pa.string()) if pa.types.is_null(item.type) else item for name, item in arrays.items()}
        table = pa.table(whole).replace_schema_metadata(metadata)
        writer = writer or pa.ipc.new_stream(pieces, table.schema)
        try:
            writer.write_table(table)
        except pa.ArrowException as error:
            raise refused("columns", "differ between the tables") from error
        yield pieces.take()
    if writer is not None:
        writer.close()
        yield pieces.take()


class _Pieces:
    """A file that keeps what was written until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0
        self.closed = False

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def tell(self) -> int:
        return self._written

    def write(self, data: bytes | memoryview) -> int:
        self._pieces.append(bytes(data))
        self._written += len(self._pieces[-1])
        return len(self._pieces[-1])

    def take(self) -> bytes:
        """Return what was written since it was last taken."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def from_arrow(data: bytes | memoryview) -> Mapping[str, npt.NDArray[np.generic] | list[Scalar]]:
    """Read what `to_arrow` wrote: numbers without nulls as arrays of their dtype, everything else as lists.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored columns cannot be read") from error
    return {name: column_values(table.column(name)) for name in table.column_names}


def arrow_metadata(data: bytes) -> Mapping[str, str]:
    """Return the metadata that `to_arrow` put into the schema.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    try:
        found = pa.ipc.open_stream(pa.BufferReader(data)).schema.metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored columns cannot be read") from error
    return {name.decode(): value.decode() for name, value in found.items()}


def column_array(name: str, values: Column) -> "pa.Array":
    """Return one column as `to_arrow` writes it.

    Raises:
        InvalidInput: it holds what has no Arrow type.

    """
    import pyarrow as pa

    try:
        if isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] > 0:
            return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
        return pa.array(values)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise refused(name, "is not a column of texts, numbers or booleans") from error


def column_values(column: "pa.ChunkedArray") -> npt.NDArray[np.generic] | list[Scalar]:
    """Return one column as `from_arrow` reads it."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(column.type) and column.null_count == 0:
        flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return cast("npt.NDArray[np.generic]", flat.reshape(-1, column.type.list_size))
    if column.null_count or not (pa.types.is_primitive(column.type) or pa.types.is_boolean(column.type)):
        return cast("list[Scalar]", column.to_pylist())
    return cast("npt.NDArray[np.generic]", column.to_numpy())


def frame_to_arrow(frame: object) -> bytes:
    """Return any table that speaks the Arrow PyCapsule interface (pandas, polars, pyarrow) as an Arrow IPC stream.

    Raises:
        InvalidInput: it holds what Arrow cannot carry.

    """
    import pyarrow as pa

    try:
        reader = pa.RecordBatchReader.from_stream(frame)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise refused("rows", "cannot be read as a table") from error
    return cast("bytes", sink.getvalue().to_pybytes())
