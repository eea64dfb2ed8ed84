"""Tables as the bytes of an Arrow IPC stream and as JSON columns."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from arangovis.domain.errors import IntegrityError

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def stream_of(table: "pa.Table", facts: dict[str, str] | None = None) -> bytes:
    """Return a table as a stream, with facts in the metadata of its schema."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    described = table.replace_schema_metadata({**_texts(table), **(facts or {})})
    with pa.ipc.new_stream(sink, described.schema) as writer:
        writer.write_table(described.combine_chunks())
    return cast("bytes", sink.getvalue().to_pybytes())


def table_from(data: bytes) -> "tuple[pa.Table, dict[str, str]]":
    """Read a stream: its table and the facts in its schema.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
        table.validate()
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("the rows of a series cannot be read") from error
    return table, _texts(table)


def together(tables: "Mapping[str, pa.Table]", name: str) -> "pa.Table":
    """Return tables as one with a first column of this name that says which one a row is of.

    A column that a table lacks is null there; floats of two precisions become the finer one.
    """
    import pyarrow as pa

    labelled = [_labelled(table, name, place, list(tables)) for place, table in enumerate(tables.values())]
    return pa.concat_tables(labelled, promote_options="permissive") if labelled else pa.table({name: _labels([], [])})


def _labelled(table: "pa.Table", name: str, place: int, labels: list[str]) -> "pa.Table":
    return table.add_column(0, name, _labels([place] * table.num_rows, labels))


def _labels(places: list[int], labels: list[str]) -> "pa.Array":
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(labels, pa.string()))


def json_columns(table: "pa.Table") -> dict[str, Any]:
    """Return columns that JSON can carry: times as microseconds since 1970; NaN and infinities become null."""
    import pyarrow as pa

    def values(column: "pa.ChunkedArray") -> Any:
        whole = column.combine_chunks()
        if pa.types.is_timestamp(whole.type):
            whole = whole.cast(pa.timestamp("us", whole.type.tz)).cast(pa.int64())
        if whole.null_count or not pa.types.is_primitive(whole.type) or pa.types.is_boolean(whole.type):
            return whole.to_pylist()
        return whole.to_numpy(zero_copy_only=False)

    return {name: values(table.column(name)) for name in table.column_names}


def _texts(table: "pa.Table") -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in (table.schema.metadata or {}).items()}
