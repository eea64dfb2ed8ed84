"""Columns as they were sent: an Arrow stream, or JSON lists whose kinds follow from values and fields."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from arangovis.domain.errors import Fault, InvalidInput, TooLarge
from arangovis.domain.moments import microseconds_of
from arangovis.domain.series import FIELDS_MAX, FieldKind
from arangovis.series.kinds import Table, stored_type
from arangovis.tabular.arrow_body import read_arrow
from arangovis.tabular.limits import check_counts, check_names, shown

if TYPE_CHECKING:
    import pyarrow as pa

BODY_BYTES_MAX = 64 << 20
"""Of one chunk. It has at most as many rows as any body, `arangovis.tabular.limits.ROWS_MAX`."""
EXACT_MAX = 2**53
"""Every whole number up to here is a float."""
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
"""How JSON, which has no such numbers, says them in a column of floats."""


def read_stream(data: bytes) -> Table:
    """Return the rows of an Arrow IPC stream, all its batches together.

    Raises:
        InvalidInput: it is no whole stream, or its columns are not named properly.
        TooLarge: it has too many rows, columns or bytes.

    """
    check_size(len(data))
    return read_arrow(data, check_columns)


def check_size(size: int) -> None:
    """Refuse a body that is too long.

    Raises:
        TooLarge: it is.

    """
    if size > BODY_BYTES_MAX:
        raise TooLarge(f"the body has {size:,} bytes; a chunk has at most {BODY_BYTES_MAX:,}")


def check_columns(names: Sequence[str]) -> None:
    """Check what the columns of a chunk are called.

    Raises:
        InvalidInput: there is no column, one has no proper name, or two have the same.
        TooLarge: there are too many.

    """
    if not names:
        raise InvalidInput.of(Fault("body", "has no columns"))
    check_names(names)
    if len(names) > FIELDS_MAX:
        raise TooLarge(f"the body has {len(names):,} columns; a chunk has at most {FIELDS_MAX:,}")


def table_of_lists(columns: Mapping[str, object], kinds: Mapping[str, FieldKind]) -> Table:
    """Return lists that JSON brought as a table; `kinds` are those of the fields that exist.

    A field of floats takes "NaN", "Infinity" and "-Infinity"; one of timestamps takes ISO 8601 with a zone.

    Raises:
        InvalidInput: a column is no list, mixes types, lacks a value, or is longer than another; all are listed.
        TooLarge: there are too many rows or columns.

    """
    import pyarrow as pa

    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    faults = [Fault(name[:80], "is not a list of values") for name in columns.keys() - lists.keys()]
    if not faults and len({len(values) for values in lists.values()}) > 1:
        faults = [
            Fault(name[:80], f"has {len(values)} values; all columns must have as many")
            for name, values in lists.items()
        ]
    if faults:
        raise InvalidInput.of(*faults)
    check_columns(list(lists))
    check_counts(max(map(len, lists.values())), 1)
    arrays = {}
    for name, values in lists.items():
        try:
            arrays[name] = _array(values, kinds.get(name))
        except InvalidInput as error:
            faults.append(Fault(name, error.detail))
    if faults:
        raise InvalidInput.of(*faults)
    return pa.table(arrays)


def time_of(text: str) -> int:
    """Return a time in ISO 8601, with a zone, as microseconds since 1970.

    Raises:
        InvalidInput: it is none.

    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{shown(text)} is not a time in ISO 8601") from error
    if moment.tzinfo is None:
        raise InvalidInput(f"{shown(text)} has no zone; for UTC end it with Z")
    return microseconds_of(moment)


def _array(values: Sequence[object], kind: FieldKind | None) -> "pa.Array":
    import pyarrow as pa

    if None in values:
        raise InvalidInput(f"row {values.index(None)} has no value")
    if kind is FieldKind.TIMESTAMP:
        return pa.array(_times(values), pa.timestamp("us", "UTC"))
    if kind is FieldKind.FLOAT:
        values = [_SPECIAL.get(value, value) if isinstance(value, str) else value for value in values]
    types = {type(value) for value in values}
    if not types:
        return pa.array([], stored_type(kind or FieldKind.FLOAT))
    if types == {int, float}:
        return pa.array(_floats(values), pa.float64())
    if len(types) > 1 or not types <= {int, float, bool, str}:
        names = ", ".join(sorted(_NAMES.get(one, "a list or an object") for one in types))
        raise InvalidInput(f"holds {names}; a column holds values of one type")
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise InvalidInput("holds a whole number that does not fit 64 bits") from error


def _floats(values: Sequence[object]) -> list[float]:
    exact = [value for value in values if isinstance(value, float) or abs(int(str(value))) <= EXACT_MAX]
    if len(exact) < len(values):
        raise InvalidInput(f"holds whole numbers beyond {EXACT_MAX} among floats, which cannot hold them exactly")
    return [float(str(value)) for value in values]


def _times(values: Sequence[object]) -> list[int]:
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise InvalidInput(f"row {row} is {shown(value)}, which is not a time in ISO 8601")
    return [time_of(str(value)) for value in values]


_NAMES = {int: "whole numbers", float: "numbers", bool: "booleans", str: "texts"}
