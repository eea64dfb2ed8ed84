"""Stored columns as a table that is cut, widened and written in another form; each keeps the type it was stored in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import orjson

from arangovis.domain.errors import Fault, IntegrityError, InvalidInput
from arangovis.domain.json import JsonValue
from arangovis.tabular.arrow_stream import Column, column_array

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ColumnTable"]


@dataclass(frozen=True, slots=True)
class ColumnTable:
    """Columns of equal length. The Arrow table inside is this room's own business."""

    table: "pa.Table" = field(repr=False)

    @classmethod
    def from_arrow(cls, data: bytes) -> "ColumnTable":
        """Read an Arrow IPC stream.

        Raises:
            IntegrityError: the bytes are something else.

        """
        import pyarrow as pa

        try:
            table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
            table.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            raise IntegrityError("stored columns cannot be read") from error
        return cls(table)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(self.table.column_names)

    @property
    def metadata(self) -> Mapping[str, str]:
        """What is said of the table as a whole."""
        found = self.table.schema.metadata or {}
        return {name.decode(): value.decode() for name, value in found.items()}

    def values(self, name: str) -> list[Any]:
        """Return a column as Python values, None where there is none."""
        return cast("list[Any]", self.table.column(name).to_pylist())

    def where(self, name: str, value: str) -> "ColumnTable":
        """Return the rows at which a column of texts says this."""
        import pyarrow.compute as pc

        return ColumnTable(self.table.filter(pc.equal(self.table.column(name), value)))

    def with_columns(self, columns: Mapping[str, Column]) -> "ColumnTable":
        """Return the table with further columns, one value a row; `to_arrow` says what a column may be."""
        table = self.table
        for name, values in columns.items():
            table = table.append_column(name, column_array(name, values))
        return ColumnTable(table)

    def with_twin(self, name: str, twin: str) -> "ColumnTable":
        """Return the table with a column there under a second name too."""
        return ColumnTable(self.table.append_column(twin, self.table.column(name)))

    def select(self, names: Sequence[str]) -> "ColumnTable":
        """Return some of the columns, in this order.

        Raises:
            InvalidInput: there is no such column.

        """
        unknown = [name for name in names if name not in self.names]
        if unknown:
            known = ", ".join(self.names)
            raise InvalidInput.of(*(Fault("columns", f"{name[:80]!r} is none of {known[:500]}") for name in unknown))
        return ColumnTable(self.table.select(list(names)))

    def to_arrow(self) -> bytes:
        """Return an uncompressed Arrow IPC stream."""
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.table.schema) as writer:
            writer.write_table(self.table.combine_chunks())
        return cast("bytes", sink.getvalue().to_pybytes())

    def to_parquet(self) -> bytes:
        """Return Parquet bytes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(self.table, sink, compression="zstd")
        return cast("bytes", sink.getvalue().to_pybytes())

    def to_json(self, more: Mapping[str, JsonValue]) -> bytes:
        """Return `{"rows": n, "columns": {name: [values]}}` and what else is given; a number that is none is null."""
        columns = {name: _json_column(self.table.column(name)) for name in self.names}
        document = {"rows": len(self), "columns": columns, **more}
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _json_column(column: "pa.ChunkedArray") -> object:
    """Return what orjson writes: numbers as arrays, so that a float32 keeps its few digits."""
    import pyarrow as pa

    if column.null_count == 0 and pa.types.is_fixed_size_list(column.type):
        flat = column.combine_chunks().flatten()
        return flat.to_numpy(zero_copy_only=False).reshape(-1, column.type.list_size)
    if column.null_count == 0 and (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return column.to_numpy()
    if pa.types.is_floating(column.type):
        return column.to_numpy()  # null becomes NaN, and that null again
    return column.to_pylist()
