"""Stored rows without some of them, in the format that they have."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.rows import ROW_ERROR, ROW_GROUP_ROWS

if TYPE_CHECKING:
    import pyarrow as pa

Places = npt.NDArray[np.int64]


def matching_places(data: bytes, column: str, is_wanted: Callable[[object], bool]) -> Places | None:
    """Return where, from 0, a column of a Parquet file has a wanted value, sorted; None if it has no such column.

    Each different value is looked at once. Lists are never wanted.

    Raises:
        IntegrityError: the bytes are no Parquet file.

    """
    import pyarrow as pa

    table = _parquet(data, [column])
    if column not in table.column_names:
        return None
    values = table.column(column)
    if pa.types.is_nested(values.type) or pa.types.is_null(values.type):
        return np.zeros(0, dtype=np.int64)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    start, found = 0, []
    for chunk in values.chunks:
        wanted = [place for place, value in enumerate(chunk.dictionary.to_pylist()) if is_wanted(value)]
        codes = np.asarray(chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
        found.append(start + np.flatnonzero(np.isin(codes, wanted)))
        start += len(chunk)
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def without_places(data: bytes, places: Sequence[int] | Places) -> bytes:
    """Return a Parquet file without the rows at some places, its columns and their types as they were.

    Raises:
        IntegrityError: the bytes are no Parquet file.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = _parquet(data, None)
    kept = table.take(_others(table.num_rows, places))
    texts = [item.name for item in table.schema if pa.types.is_string(item.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        kept.combine_chunks(),
        sink,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        use_dictionary=texts,
        write_statistics=False,
    )
    return cast("bytes", sink.getvalue().to_pybytes())


def stream_without_places(data: bytes, places: Sequence[int] | Places, metadata: dict[str, str] | None = None) -> bytes:
    """Return an Arrow IPC stream without the rows at some places; with `metadata`, under that.

    Raises:
        IntegrityError: the bytes are no such stream.

    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored columns cannot be read") from error
    kept = table.take(_others(table.num_rows, places)).combine_chunks()
    kept = kept if metadata is None else kept.replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, kept.schema) as writer:
        writer.write_table(kept)
    return cast("bytes", sink.getvalue().to_pybytes())


def error_count(data: bytes) -> int:
    """Return how many rows of a segment carry an error."""
    table = _parquet(data, [ROW_ERROR])
    return table.num_rows - table.column(0).null_count if table.num_columns else 0


def _others(count: int, places: Sequence[int] | Places) -> Places:
    return np.setdiff1d(np.arange(count, dtype=np.int64), np.asarray(places, dtype=np.int64))


def _parquet(data: bytes, columns: Sequence[str] | None) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            names = file.schema_arrow.names
            return file.read(columns=names if columns is None else [name for name in names if name in columns])
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored rows cannot be read") from error
