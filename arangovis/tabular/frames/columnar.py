"""Parquet files, Arrow files and Arrow streams made into typed columns, and the set-up that they bring with them."""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from arangovis.domain.errors import TooLarge
from arangovis.tabular.frames import limits
from arangovis.tabular.frames.conversion import Faults, arrow_type, convert, rounded
from arangovis.tabular.frames.csv_reading import TypedBlock
from arangovis.tabular.frames.errors import refused, unsupported
from arangovis.tabular.frames.types import ColumnKind, ColumnType, Format, ParseSetup
from arangovis.tabular.frames.unpacking import arrow_file_batches, arrow_stream, open_parquet, written_out

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class ColumnarSource:
    """A file of typed columns."""

    schema: "pa.Schema"
    rows: int | None
    """None if only reading tells."""
    batches: Callable[[], Iterator["pa.RecordBatch"]]


@contextmanager
def opened(stream: BinaryIO, kind: Format) -> Iterator[ColumnarSource]:
    """Open a file of typed columns.

    Raises:
        InvalidInput: it is damaged, or must be read from its end and the stream cannot.
        TooLarge: it unpacks to too much.

    """
    import pyarrow as pa

    if kind is not Format.ARROW_STREAM and not stream.seekable():
        raise refused("file", "is read from its end: upload it whole and unpacked")
    try:
        with pa.PythonFile(stream, mode="r") as file:
            yield _source(file, kind)
    except (pa.ArrowException, OSError, OverflowError, MemoryError, UnicodeDecodeError, struct.error) as error:
        raise refused("file", f"is not a whole, undamaged {kind} file") from error


def _source(file: "pa.NativeFile", kind: Format) -> ColumnarSource:
    import pyarrow as pa

    if kind is Format.PARQUET:
        schema, parquet = open_parquet(file)
        _check_parquet(parquet.metadata)
        return ColumnarSource(
            schema, parquet.metadata.num_rows, lambda: parquet.iter_batches(BATCH_ROWS, use_threads=False)
        )
    if kind is Format.ARROW_FILE:
        reader = pa.ipc.open_file(file)
        return ColumnarSource(reader.schema, None, lambda: arrow_file_batches(file, reader.num_record_batches))
    stream = arrow_stream(file)
    return ColumnarSource(stream.schema, None, lambda: iter(stream))


def _check_parquet(metadata: Any) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if any(group.total_byte_size > limits.UNPACKED_BYTES_MAX for group in groups):
        raise TooLarge(f"a row group unpacks to more than {limits.UNPACKED_BYTES_MAX:,} bytes")
    if metadata.num_columns > limits.COLUMNS_MAX:
        raise TooLarge(f"the file has {metadata.num_columns:,} columns; at most {limits.COLUMNS_MAX:,} are read")


def _valid(source: ColumnarSource) -> Iterator["pa.RecordBatch"]:
    # Damage can lead out of a buffer, and then the process ends: nothing is asked of a batch before.
    for batch in source.batches():
        batch.validate(full=True)
        yield batch


def sample_of(source: ColumnarSource) -> "pa.RecordBatch | None":
    """Return the first rows, or None if there are none."""
    batch = next((batch for batch in _valid(source) if batch.num_rows), None)
    return None if batch is None else batch.slice(0, limits.SAMPLE_ROWS)


def column_types(schema: "pa.Schema", sample: "pa.RecordBatch | None") -> tuple[ColumnType, ...]:
    """Return how the columns of a schema are read; a column of texts that repeat is categorical.

    Raises:
        NotSupported: a column holds what a frame does not.

    """
    return tuple(
        ColumnType(item.name, _kind(item.name, item.type, None if sample is None else sample.column(position)))
        for position, item in enumerate(schema)
    )


def _kind(name: str, found: "pa.DataType", sample: "pa.Array | None") -> ColumnKind:
    import pyarrow.types as kinds

    if kinds.is_dictionary(found):
        inner = _kind(name, found.value_type, None)
        return ColumnKind.CATEGORICAL if inner.textual else inner
    if kinds.is_integer(found):
        return ColumnKind.INTEGER
    if kinds.is_floating(found) or kinds.is_decimal(found) or kinds.is_null(found):
        return ColumnKind.REAL
    if kinds.is_boolean(found):
        return ColumnKind.BOOLEAN
    if kinds.is_timestamp(found) or kinds.is_date(found) or kinds.is_time(found):
        return ColumnKind.TIME
    if kinds.is_string(found) or kinds.is_large_string(found) or kinds.is_string_view(found):
        return _kind_of_texts(sample)
    raise unsupported(name, str(found))


def _kind_of_texts(sample: "pa.Array | None") -> ColumnKind:
    if sample is None or sample.null_count == len(sample):
        return ColumnKind.TEXT
    present = sample.drop_null()
    return ColumnKind.TEXT if len(present.unique()) >= 0.95 * len(present) else ColumnKind.CATEGORICAL


def read_batches(source: ColumnarSource, setup: ParseSetup) -> Iterator[TypedBlock]:
    """Yield the rows of a file in the types of the set-up.

    Raises:
        InvalidInput: the set-up has other columns than the file.

    """
    if len(setup.columns) != len(source.schema.names):
        problem = f"{len(setup.columns)} are described; the file has {len(source.schema.names)}"
        raise refused("columns", problem)
    for batch in _valid(source):
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield _typed(batch.slice(start, BATCH_ROWS).columns, setup)


def _typed(columns: "Sequence[pa.Array]", setup: ParseSetup) -> TypedBlock:
    values, kinds, faults = [], [], {}
    for position, (given, column) in enumerate(zip(columns, setup.columns, strict=True)):
        found, kind, wrong = typed_column(given, column)
        values.append(found)
        kinds.append(kind)
        if wrong:
            faults[position] = wrong
    return TypedBlock(values, tuple(kinds), faults, len(columns[0]) if columns else 0)


def typed_column(given: "pa.Array", column: ColumnType) -> "tuple[pa.Array, ColumnKind, Faults]":
    """Return a column in the type asked for, the kind that it came to, and its faulty cells."""
    given = written_out(given)
    if _fits(given.type, column.kind):
        found, faults = _stored(given, column.kind)
        return found, column.kind, faults
    converted = convert(_texts(given, column.name), column)
    return converted.values, converted.kind, converted.faults


def _fits(found: "pa.DataType", kind: ColumnKind) -> bool:
    """Say whether values of a type become a kind without being written out as texts."""
    import pyarrow.types as kinds

    if kinds.is_null(found):
        return True
    match kind:
        case ColumnKind.INTEGER:
            return bool(kinds.is_integer(found) and not kinds.is_uint64(found))
        case ColumnKind.REAL:
            return bool(kinds.is_integer(found) or kinds.is_floating(found) or kinds.is_decimal(found))
        case ColumnKind.BOOLEAN:
            return bool(kinds.is_boolean(found))
        case ColumnKind.TIME:
            return bool(kinds.is_timestamp(found) or kinds.is_date(found) or kinds.is_time(found))
    return False


def _stored(given: "pa.Array", kind: ColumnKind) -> "tuple[pa.Array, Faults]":
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind is ColumnKind.TIME:
        return _times(given)
    if kind is not ColumnKind.REAL or pa.types.is_null(given.type):
        return given.cast(arrow_type(kind)), {}
    wrong = rounded(given) if pa.types.is_integer(given.type) else np.zeros(len(given), dtype=np.bool_)
    found = given.cast(pa.float64(), safe=False)
    if pa.types.is_floating(given.type) and pc.any(nan := pc.is_nan(found)).as_py():
        found = pc.if_else(nan, pa.scalar(None, pa.float64()), found)
    return found, {"rounded": wrong} if wrong.any() else {}


def _times(given: "pa.Array") -> "tuple[pa.Array, Faults]":
    """Return moments in UTC; a time of day falls on 1970-01-01, one without a zone is in UTC already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_time32(given.type):
        given = given.cast(pa.time64("us"))
    if pa.types.is_time64(given.type):
        given = given.cast(pa.int64()).cast(pa.timestamp(given.type.unit))
    wanted = arrow_type(ColumnKind.TIME)
    if not pa.types.is_timestamp(given.type):
        given = given.cast(pa.timestamp("us"))
    found = given.cast(pa.timestamp("us", given.type.tz), safe=False).cast(pa.int64()).cast(wanted)
    if given.type.unit != "ns":
        return found, {}
    cut = pc.not_equal(pc.multiply(found.cast(pa.int64()), 1000), given.cast(pa.int64()))
    wrong = np.asarray(cut.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return found, {"rounded": wrong} if wrong.any() else {}


def _texts(given: "pa.Array", name: str) -> "pa.Array":
    import pyarrow as pa

    try:
        return given.cast(pa.string())
    except pa.ArrowException as error:
        raise unsupported(name, str(given.type)) from error
