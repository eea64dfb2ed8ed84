"""Columns of an Arrow table as arrays, and tables from columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

Array: TypeAlias = npt.NDArray[Any]


def require(table: "pa.Table", argument: str, names: Sequence[str]) -> None:
    """Refuse names that are no column of a table.

    Raises:
        InvalidInput: it lists every unknown name.

    """
    known = set(table.column_names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput.of(*(Fault(argument, f"there is no field {name[:80]!r} in this series") for name in unknown))


def values_of(table: "pa.Table", name: str) -> Array:
    """Return a column as an array: numbers and booleans as they are, times as int64 microseconds, texts as objects.

    Whole numbers with nulls come as floats with NaN, booleans with nulls as objects.
    """
    import pyarrow as pa

    column = table.column(name)
    whole = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_timestamp(whole.type):
        whole = whole.cast(pa.timestamp("us", whole.type.tz)).cast(pa.int64())
    return cast("Array", whole.to_numpy(zero_copy_only=False))


def is_numeric(table: "pa.Table", name: str) -> bool:
    """Say whether a column holds numbers or times, which have a mean and extremes."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind))


def codes_of(table: "pa.Table", names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return for each row the number of its group: rows with equal values in all these columns share one.

    NaN equals NaN here, so that rows without a number are one group.
    """
    codes = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        column = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        found = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        codes = _dense(codes * (len(column.dictionary) + 1) + found)
    return codes


def with_constant(table: "pa.Table", name: str, value: object, kind: "pa.DataType") -> "pa.Table":
    """Return the table with one more column that has the same value in every row."""
    import pyarrow as pa

    return table.append_column(name, pa.repeat(pa.scalar(value, kind), table.num_rows))


def table_of(columns: Mapping[str, "pa.Array"], like: "pa.Table") -> "pa.Table":
    """Return a table of these columns with the metadata of another."""
    import pyarrow as pa

    return pa.table(dict(columns)).replace_schema_metadata(like.schema.metadata)


def _dense(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
