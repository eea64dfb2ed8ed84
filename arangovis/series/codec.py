"""Rows as bytes, in three forms, each the cheapest where it is used.

`ROWS`: few rows of numbers, row after row, as they lie in memory. Ten thousand such chunks of one row are joined and
read at once; as Arrow messages they would cost longer than a reader may wait.
`BATCH`: an Arrow IPC record batch message, the schema of which is not repeated, compressed if that pays.
`TABLE`: a Parquet file, small and quick to read in part: counters and repeated patterns become next to nothing by delta
encoding, floats are split into streams of bytes that compress. It also says which chunks it was made of.
"""

import base64
import hashlib
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.series.kinds import Batch, Table, letters_of, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_BYTES_MAX = 4096
"""Of a chunk that is stored row after row."""
COMPRESSED_FROM_BYTES = 4096
PAYS_BELOW = 0.9
"""A message is stored compressed if that makes it shorter than this part of itself."""
DIGEST_BYTES = 16
PART_DIGEST_BYTES = 8
"""Of the digest of a chunk, so many bytes stand in the table that it went into: there may be thousands of them."""
_OWNER, _PARTS = b"arangovis.owner", b"arangovis.parts"
_DTYPES = {"i": "<i8", "f": "<f4", "d": "<f8", "b": "?", "t": "<i8"}
_ENCODINGS = {
    "i": "DELTA_BINARY_PACKED",
    "t": "DELTA_BINARY_PACKED",
    "f": "BYTE_STREAM_SPLIT",
    "d": "BYTE_STREAM_SPLIT",
}
_PART = np.dtype([("rows", "<u4"), ("digest", f"V{PART_DIGEST_BYTES}")])


class Form(StrEnum):
    """How rows are written."""

    ROWS = "rows"
    BATCH = "batch"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Payload:
    """Rows as bytes; `letters` are the types of the columns, `unpacked` the length before compression, 0 if plain."""

    form: Form
    letters: str
    data: bytes
    unpacked: int = 0


class Part(NamedTuple):
    """One of the chunks that a table was made of: how many rows, and how the digest of its content begins."""

    rows: int
    digest: str


def digest_of_rows(batch: Batch) -> str:
    """Return a digest of types and values, 32 hex digits: equal however the rows were cut, sent or compressed."""
    found = hashlib.sha256(f"{letters_of(batch)} {batch.num_rows}".encode())
    for column in batch.columns:
        for piece in _canonical(column):
            found.update(piece)
    return found.hexdigest()[: 2 * DIGEST_BYTES]


def encode(batch: Batch) -> Payload:
    """Return rows as bytes that `decode` reads: as rows if they are few, else as a message."""
    letters = letters_of(batch)
    if "s" not in letters and batch.num_rows * _row_type(letters).itemsize <= ROWS_BYTES_MAX:
        return Payload(Form.ROWS, letters, _packed(batch, letters))
    return _message(batch, letters)


def encode_few(letters: str, columns: Sequence[npt.NDArray[Any]]) -> tuple[Payload, str] | None:
    """Return numbers as rows, and what `digest_of_rows` says of them; None if they are too many for that.

    The same as `encode`, for those who have thousands of small tables: it costs a tenth.
    """
    kind, count = _row_type(letters), len(columns[0])
    if count * kind.itemsize > ROWS_BYTES_MAX:
        return None
    rows = np.empty(count, kind)
    found = hashlib.sha256(f"{letters} {count}".encode())
    for number, (letter, column) in enumerate(zip(letters, columns, strict=True)):
        values = np.ascontiguousarray(column, _DTYPES[letter])
        rows[str(number)] = values
        found.update(values.data)
    return Payload(Form.ROWS, letters, rows.tobytes()), found.hexdigest()[: 2 * DIGEST_BYTES]


def decode(payload: Payload, names: Sequence[str]) -> Table:
    """Return the rows of a payload, their columns called by these names, in order.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    schema = schema_of(tuple(names), payload.letters)
    try:
        match payload.form:
            case Form.ROWS:
                return join_rows([payload.data], payload.letters, names)
            case Form.BATCH:
                data = pa.decompress(payload.data, payload.unpacked, "zstd") if payload.unpacked else payload.data
                return pa.Table.from_batches([pa.ipc.read_record_batch(pa.py_buffer(data), schema)])
            case Form.TABLE:
                return _file(payload.data).read().rename_columns(list(names)).cast(schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise IntegrityError("stored rows cannot be read") from error


def join_rows(pieces: Sequence[bytes], letters: str, names: Sequence[str]) -> Table:
    """Return the rows of many payloads of the form ROWS as one table.

    Raises:
        IntegrityError: they are something else.

    """
    import pyarrow as pa

    try:
        rows = np.frombuffer(b"".join(pieces), _row_type(letters))
    except ValueError as error:
        raise IntegrityError("stored rows cannot be read") from error
    schema = schema_of(tuple(names), letters)
    columns = (np.ascontiguousarray(rows[str(number)]) for number in range(len(letters)))
    return pa.table([_column(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema)


def encode_table(table: Table, *, owner: str, parts: Sequence[Part]) -> Payload:
    """Return rows as a table that says of which chunks it was made.

    `owner` stands in it, so that no two owners share its bytes and each may drop its own.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    letters = letters_of(table)
    named = table.rename_columns([str(number) for number in range(table.num_columns)])
    sink = pa.BufferOutputStream()
    encodings = {str(number): _ENCODINGS[letter] for number, letter in enumerate(letters) if letter in _ENCODINGS}
    with pq.ParquetWriter(
        sink,
        named.schema,
        compression="lz4",
        column_encoding=encodings,
        use_dictionary=[str(number) for number, letter in enumerate(letters) if letter == "s"],
        write_statistics=False,
        store_schema=False,
    ) as writer:
        writer.write_table(named, row_group_size=max(table.num_rows, 1))
        writer.add_key_value_metadata({_OWNER: owner.encode(), _PARTS: _packed_parts(parts)})
    return Payload(Form.TABLE, letters, cast("bytes", sink.getvalue().to_pybytes()))


def parts_of(payload: Payload) -> tuple[Part, ...]:
    """Return the chunks that a table was made of, in order.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    try:
        packed = _file(payload.data).metadata.metadata[_PARTS]
        found = np.frombuffer(zlib.decompress(base64.b64decode(packed)), _PART)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise IntegrityError("a table of stored rows cannot be read") from error
    return tuple(Part(int(rows), bytes(digest).hex()) for rows, digest in found.tolist())


def as_table(tables: Iterable[Table]) -> Table:
    """Return the rows of several tables of one series as one; a float column becomes float64 if one of them is."""
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options="permissive")


# --- forms --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _row_type(letters: str) -> np.dtype[Any]:
    return np.dtype([(str(number), _DTYPES[letter]) for number, letter in enumerate(letters)])


def _packed(batch: Batch, letters: str) -> bytes:
    rows = np.empty(batch.num_rows, _row_type(letters))
    for number, column in enumerate(batch.columns):
        rows[str(number)] = _values(column)
    return rows.tobytes()


def _message(batch: Batch, letters: str) -> Payload:
    import pyarrow as pa

    plain = batch.serialize()
    if plain.size >= COMPRESSED_FROM_BYTES:
        packed = pa.Codec("zstd", compression_level=1).compress(plain, asbytes=True)
        if len(packed) < PAYS_BELOW * plain.size:
            return Payload(Form.BATCH, letters, packed, plain.size)
    return Payload(Form.BATCH, letters, cast("bytes", plain.to_pybytes()))


def _file(data: bytes) -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetFile(io.BytesIO(data))


def _packed_parts(parts: Sequence[Part]) -> bytes:
    """Return parts as text: Parquet's metadata must be that."""
    packed = np.array([(part.rows, bytes.fromhex(part.digest)[:PART_DIGEST_BYTES]) for part in parts], _PART)
    return base64.b64encode(zlib.compress(packed.tobytes(), 1))


# --- columns ------------------------------------------------------------------------------------------------------


def _values(column: "pa.Array") -> npt.NDArray[Any]:
    import pyarrow as pa

    plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    return cast("npt.NDArray[Any]", plain.to_numpy(zero_copy_only=False))


def _column(values: npt.NDArray[Any], kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    return pa.array(values).cast(kind) if pa.types.is_timestamp(kind) else pa.array(values, kind)


def _canonical(column: "pa.Array") -> Iterable[bytes | memoryview]:
    """Yield the bytes of a column without nulls, whatever its offset: of texts first the lengths, then the letters."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return (np.ascontiguousarray(_values(column)).data,)
    whole = pa.concat_arrays([column])
    lengths = pc.binary_length(whole).to_numpy(zero_copy_only=False).astype("<i8")
    offsets = np.frombuffer(whole.buffers()[1], "<i4")[whole.offset :] if len(whole) else np.zeros(1, "<i4")
    letters = memoryview(whole.buffers()[2] or b"")[int(offsets[0]) : int(offsets[len(whole)])]
    return (lengths.tobytes(), letters)
