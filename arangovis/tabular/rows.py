"""A table of rows in canonical form."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError, NotFound
from arangovis.domain.json import JsonValue
from arangovis.tabular.limits import refused
from arangovis.tabular.types import common_type, type_name

if TYPE_CHECKING:
    import pyarrow as pa

EMBEDDING = "embedding"
ROW_ID = "_id"
ROW_ERROR = "_hs_error"
ROW_GROUP_ROWS = 65_536


@dataclass(frozen=True)
class Rows:
    """Rows with an id each. Rows are equal if their columns are: same names, order, types and values.

    Column `_id` is first, `embedding` (if there is one) last. The Arrow table inside is this room's own business.
    """

    table: "pa.Table" = field(repr=False)
    source_digest: str | None = field(default=None, compare=False, repr=False)
    """SHA-256 of the body that the rows were read from."""

    @classmethod
    def from_parquet(cls, data: bytes | memoryview, columns: Sequence[str] | None = None) -> "Rows":
        """Read what `to_parquet` wrote; with `columns`, only those of them that there are.

        Raises:
            IntegrityError: the bytes are something else.

        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(pa.BufferReader(data)) as file:
                names = file.schema_arrow.names
                chosen = names if columns is None else [name for name in names if name in columns]
                table = file.read(columns=chosen)
        except (pa.ArrowException, OSError) as error:
            raise IntegrityError("a segment of rows cannot be read") from error
        return cls(_plain(table))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def __len__(self) -> int:
        return self.count

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(self.table.column_names)

    def has(self, name: str) -> bool:
        """Say whether there is a column of this name."""
        return name in self.table.column_names

    def columns(self) -> Mapping[str, str]:
        """Return the type of each column as a word: `number`, `text`, `null` for one without values, ..."""
        return {item.name: type_name(item.type) for item in self.table.schema}

    @cached_property
    def body_digest(self) -> str:
        """SHA-256, 64 hex digits, of the body as it was sent; of the Parquet bytes if the rows have another origin."""
        return self.source_digest or hashlib.sha256(self.to_parquet()).hexdigest()

    @property
    def ids(self) -> list[str]:
        """The ids of the rows."""
        return cast("list[str]", self.values(ROW_ID))

    @property
    def errors(self) -> npt.NDArray[np.bool_]:
        """Whether each row carries an error, bool (rows,)."""
        found = self.values(ROW_ERROR) if self.has(ROW_ERROR) else [None] * self.count
        return np.array([error is not None for error in found], dtype=np.bool_)

    @property
    def dimension(self) -> int | None:
        """How many numbers an embedding has, or None if there are no embeddings."""
        return int(self.table.schema.field(EMBEDDING).type.list_size) if self.has(EMBEDDING) else None

    @property
    def embedding(self) -> npt.NDArray[np.float32] | None:
        """The embeddings, float32 (rows, dimension), or None. A row without one (after `concatenate`) is NaN."""
        if self.dimension is None:
            return None
        chunks = self.table.column(EMBEDDING)
        column = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # which copies even one
        present = column.is_valid().to_numpy(zero_copy_only=False)
        matrix = np.full((self.count, self.dimension), np.nan, dtype=np.float32)
        matrix[present] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, self.dimension)
        return matrix

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers or booleans as float64 (rows,); NaN where there is no value.

        Raises:
            NotFound: there is no such column.
            InvalidInput: it holds something else.

        """
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self._column(name)
        if type_name(column.type) not in ("number", "boolean", "null"):
            raise refused(name, f"is {type_name(column.type)}, not number")
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        filled = pc.fill_null(column.cast(pa.float64(), safe=False), float("nan"))
        return np.asarray(filled.to_numpy(), dtype=np.float64)

    def values(self, name: str) -> list[JsonValue]:
        """Return a column as JSON values: whole numbers exact, times as ISO 8601 text, None where there is no value.

        Raises:
            NotFound: there is no such column.

        """
        return [_json_value(value) for value in self._column(name).to_pylist()]

    def with_numbers(self, name: str, values: npt.NDArray[np.float64]) -> "Rows":
        """Return the rows with one more column of numbers, null where a value is NaN.

        Raises:
            InvalidInput: there is a column of this name, or not a value for each row.

        """
        import pyarrow as pa

        if self.has(name) or len(values) != self.count:
            raise refused(name, "is there already, or has not a value for each row")
        place = self.table.num_columns - (1 if self.has(EMBEDDING) else 0)
        return Rows(_plain(self.table.add_column(place, name, pa.array(values, from_pandas=True))))

    def select(self, positions: npt.ArrayLike) -> "Rows":
        """Return the rows at these positions (from 0), in the order given.

        Raises:
            InvalidInput: a position is outside of the table.

        """
        chosen = np.asarray(positions, dtype=np.int64).reshape(-1)
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.count):
            raise refused("positions", f"are not all between 0 and {self.count - 1}")
        return Rows(_plain(self.table.take(chosen)))

    def to_parquet(self) -> bytes:
        """Return the rows as Parquet bytes: the same for the same rows and version of the library."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = [item.name for item in self.table.schema if pa.types.is_string(item.type)]
        sink = pa.BufferOutputStream()
        pq.write_table(
            self.table,
            sink,
            row_group_size=ROW_GROUP_ROWS,
            compression="zstd",
            use_dictionary=texts,
            write_statistics=False,
        )
        return cast("bytes", sink.getvalue().to_pybytes())

    def _column(self, name: str) -> "pa.ChunkedArray":
        if not self.has(name):
            raise NotFound(f"the rows have no column {name!r}")
        return self.table.column(name)


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Join rows one after the other. A column that a part lacks is null there; order is that of first appearance.

    Raises:
        InvalidInput: there is no part, or a column has types that do not mix.

    """
    import pyarrow as pa

    if not parts:
        raise refused("body", "has no rows")
    names = dict.fromkeys(name for part in parts for name in part.names)
    ordered = [name for name in names if name != EMBEDDING] + [name for name in names if name == EMBEDDING]
    columns = [_joined(name, parts) for name in ordered]
    return Rows(_plain(pa.table(columns, names=ordered)))


def _joined(name: str, parts: Sequence[Rows]) -> "pa.ChunkedArray":
    import pyarrow as pa

    found = [part.table.column(name) if part.has(name) else pa.nulls(part.count) for part in parts]
    wanted = common_type(name, [column.type for column in found])
    chunks: list[pa.Array] = []
    for column in found:
        cast_column = column if column.type.equals(wanted) else column.cast(wanted, safe=False)
        chunks.extend(cast_column.chunks if isinstance(cast_column, pa.ChunkedArray) else [cast_column])
    return pa.chunked_array(chunks, wanted)


def _plain(table: "pa.Table") -> "pa.Table":
    """Return a table in one chunk and without metadata, so that equal rows give equal bytes."""
    return table.combine_chunks().replace_schema_metadata(None)


def _json_value(value: object) -> JsonValue:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [_json_value(member) for member in value]
    return cast("JsonValue", value)
