"""The types that columns of rows have.

Canonical Arrow types: bool, int64 (uint64 for what only fits there), float64, string, timestamp[us] without zone or in
UTC, date32, time64[us], null for a column without a value, lists of these, and fixed-size lists of float32 for the
embedding. Outside of this room a type is a word: `number`, `text`, ...
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arangovis.tabular.limits import refused

if TYPE_CHECKING:
    import pyarrow as pa

NULL = "null"


def type_name(arrow_type: "pa.DataType") -> str:
    """Return the word for a canonical Arrow type: `number`, `list of text`, `embedding of 64`, ..."""
    import pyarrow.types as kinds

    if kinds.is_fixed_size_list(arrow_type):
        return f"embedding of {arrow_type.list_size}"
    if kinds.is_list(arrow_type):
        return f"list of {type_name(arrow_type.value_type)}"
    if kinds.is_integer(arrow_type) or kinds.is_floating(arrow_type):
        return "number"
    if kinds.is_timestamp(arrow_type):
        return "timestamp" if arrow_type.tz is None else "timestamp in UTC"
    return _NAMES[str(arrow_type)]


def vector_length(word: str) -> int | None:
    """Return how many numbers an embedding has by the word for its type; None if it is another type."""
    length = word.removeprefix("embedding of ")
    return int(length) if length != word and length.isdecimal() else None


_NAMES = {"null": NULL, "bool": "boolean", "string": "text", "date32[day]": "date", "time64[us]": "time"}


def list_of(element: "pa.DataType", size: int = -1) -> "pa.DataType":
    """Return the canonical list type, of a fixed size if one is given.

    Parquet calls the members `element`; naming them so from the start keeps the bytes of rows the same however
    often they are read and written.
    """
    import pyarrow as pa

    return pa.list_(pa.field("element", element), size)


def common_type(name: str, types: Sequence["pa.DataType"]) -> "pa.DataType":
    """Return the type that holds the values of all these canonical types of one column.

    Whole and other numbers meet in float64, which rounds whole numbers beyond 53 bits.

    Raises:
        InvalidInput: they do not mix.

    """
    import pyarrow as pa

    known = [item for item in types if not pa.types.is_null(item)]
    if not known or all(item.equals(known[0]) for item in known):
        return known[0] if known else pa.null()
    if all(pa.types.is_list(item) for item in known):
        return list_of(common_type(name, [item.value_type for item in known]))
    words = list(dict.fromkeys(type_name(item) for item in known))
    if words == ["number"]:
        return pa.float64()
    raise refused(name, f"is {words[0]} in one part and {words[1]} in another")
