"""Columns of a parsed table as plain arrays, and plain arrays as Parquet or CSV."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.arrow_stream import Column
from arangovis.tabular.limits import refused
from arangovis.tabular.rows import ROW_ERROR, ROW_ID, Rows

if TYPE_CHECKING:
    import pyarrow as pa

NUMERIC, CATEGORICAL, TEXT = "numeric", "categorical", "text"
PARQUET_MEDIA_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class PlainColumn:
    """A column as computing rooms take it.

    Numbers, and times as milliseconds since 1970, are `values` float64 (rows,), NaN where one is missing. Levels and
    texts are `codes` int32 (rows,) into `levels`, sorted; -1 where one is missing. `vector` is the name of the column
    of vectors that it is one place of, or empty.
    """

    name: str
    kind: str
    values: npt.NDArray[np.float64] | None = None
    codes: npt.NDArray[np.int32] | None = None
    levels: tuple[str, ...] = ()
    vector: str = ""

    def __len__(self) -> int:
        held = self.codes if self.values is None else self.values
        return 0 if held is None else len(held)

    def take(self, rows: npt.NDArray[np.int64]) -> "PlainColumn":
        """Return some of the rows, with the same levels."""
        values = None if self.values is None else self.values[rows]
        return replace(self, values=values, codes=None if self.codes is None else self.codes[rows])


def read_frame(segments: Iterable[bytes], types: Mapping[str, object]) -> tuple[PlainColumn, ...]:
    """Return the columns of Parquet segments laid end to end.

    Args:
        segments: each a Parquet file.
        types: of the columns, as a frame names them: they tell levels from free text, and are the columns of a
            frame without rows.

    Raises:
        IntegrityError: the bytes are something else.

    """
    return frame_columns([_read_parquet(data) for data in segments], types)


def frame_columns(tables: Sequence["pa.Table"], types: Mapping[str, object]) -> tuple[PlainColumn, ...]:
    """Return the columns of tables laid end to end, as `read_frame` does.

    Raises:
        IntegrityError: their columns do not fit each other.

    """
    import pyarrow as pa

    if not tables:
        return tuple(_empty(name, str(kind)) for name, kind in types.items())
    try:
        columns = columns_of(pa.concat_tables(tables, promote_options="permissive"))
    except pa.ArrowException as error:
        raise IntegrityError("the segments of a frame do not fit each other") from error
    return tuple(replace(c, kind=CATEGORICAL) if _is_categorical(c, types) else c for c in columns)


def _is_categorical(column: PlainColumn, types: Mapping[str, object]) -> bool:
    return column.kind == TEXT and types.get(column.name) == CATEGORICAL


def _empty(name: str, kind: str) -> PlainColumn:
    if kind in ("int", "real", "time", "number"):
        return PlainColumn(name, NUMERIC, values=np.zeros(0))
    return PlainColumn(name, TEXT if kind in (TEXT, "uuid") else CATEGORICAL, codes=np.zeros(0, np.int32))


def columns_of(table: "pa.Table") -> tuple[PlainColumn, ...]:
    """Return the columns of an Arrow table; a list of n numbers becomes n columns `name_0`, `name_1`, ..."""
    import pyarrow as pa

    found: list[PlainColumn] = []
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_fixed_size_list(column.type):
            found.extend(_members(name, column))
        else:
            found.append(_column(name, column))
    return tuple(found)


def row_columns(rows: Rows) -> tuple[PlainColumn, ...]:
    """Return the columns of rows, without their ids and errors."""
    return tuple(column for column in columns_of(rows.table) if column.name not in (ROW_ID, ROW_ERROR))


def arrow_columns(data: bytes) -> tuple[PlainColumn, ...]:
    """Return the columns of an Arrow IPC stream that a client sent.

    Raises:
        InvalidInput, TooLarge: it is damaged, too large, or has a column that is no column of scalars.

    """
    from arangovis.tabular.arrow_body import read_arrow

    return columns_of(read_arrow(data))


def to_parquet(columns: Mapping[str, Column]) -> bytes:
    """Return columns of equal length as Parquet bytes.

    Raises:
        InvalidInput: columns differ in length, or hold what has no Arrow type.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    table = _table(columns)
    repeated = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    pq.write_table(table, sink, compression="zstd", use_dictionary=repeated or False, write_statistics=False)
    return cast("bytes", sink.getvalue().to_pybytes())


def to_csv(columns: Mapping[str, Column]) -> bytes:
    """Return columns of equal length as CSV with a header; a missing value is an empty cell.

    Raises:
        InvalidInput: columns differ in length, or hold what has no Arrow type.

    """
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(_table(columns), sink)
    return cast("bytes", sink.getvalue().to_pybytes())


def _table(columns: Mapping[str, Column]) -> "pa.Table":
    import pyarrow as pa

    arrays = {name: _nullable(name, values) for name, values in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        raise refused("columns", "differ in length")
    return pa.table(arrays)


def _nullable(name: str, values: Column) -> "pa.Array":
    """Return an array in which what is not a number is null."""
    import pyarrow as pa

    try:
        return pa.array(values, from_pandas=isinstance(values, np.ndarray))
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise refused(name, "is not a column of texts, numbers or booleans") from error


def _read_parquet(data: bytes) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("a segment of a frame cannot be read") from error


def _column(name: str, column: "pa.ChunkedArray") -> PlainColumn:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        microseconds = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return PlainColumn(name, NUMERIC, values=_numbers(microseconds) / 1000.0)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        return PlainColumn(name, NUMERIC, values=_numbers(column))
    if pa.types.is_dictionary(kind):
        return _coded(name, CATEGORICAL, column)
    if pa.types.is_boolean(kind):
        return _coded(name, CATEGORICAL, column.cast(pa.string()).dictionary_encode())
    return _coded(name, TEXT, column.cast(pa.string()).dictionary_encode())


def _members(name: str, column: "pa.ChunkedArray") -> Iterable[PlainColumn]:
    size = column.type.list_size
    matrix = np.full((len(column), size), np.nan)
    present = column.is_valid().to_numpy()
    matrix[present] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
    return (
        PlainColumn(f"{name}_{number}", NUMERIC, values=matrix[:, number].copy(), vector=name) for number in range(size)
    )


def _numbers(column: "pa.ChunkedArray") -> npt.NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_float64(column.type) and not column.null_count:
        return np.ascontiguousarray(column.to_numpy(), dtype=np.float64)
    filled = pc.fill_null(column.cast(pa.float64(), safe=False), float("nan"))
    return np.ascontiguousarray(filled.to_numpy(), dtype=np.float64)


def _coded(name: str, kind: str, column: "pa.ChunkedArray") -> PlainColumn:
    import pyarrow as pa
    import pyarrow.compute as pc

    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no chunk at all
        return PlainColumn(name, kind, codes=np.zeros(0, np.int32))
    found = array.dictionary.cast(pa.string()).to_pylist()
    order = sorted({level for level in found if level})
    places = {level: place for place, level in enumerate(order)}
    moved = np.array([places.get(level, -1) for level in found] or [-1], dtype=np.int32)
    codes = np.asarray(pc.fill_null(array.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False), np.int32)
    return PlainColumn(name, kind, codes=np.where(codes < 0, np.int32(-1), moved[codes]), levels=tuple(order))
