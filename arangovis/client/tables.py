"""Tables that a notebook has at hand, as bytes to send."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import orjson

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.arrow_stream import MEDIA_TYPE, frame_to_arrow, to_arrow

Table: TypeAlias = Any
"""A mapping of column name to array or list (an embedding: an array of rows by dimensions), a list of row mappings,
or anything with an Arrow interface: a pandas or polars frame, a pyarrow table."""


def table_bytes(table: Table) -> tuple[bytes, str]:
    """Return a table as bytes and their media type.

    Raises:
        InvalidInput: it is nothing of the kind.

    """
    if isinstance(table, Mapping):
        return to_arrow(table), MEDIA_TYPE
    if hasattr(table, "__arrow_c_stream__"):
        return frame_to_arrow(_without_row_numbers(table)), MEDIA_TYPE
    if isinstance(table, Sequence) and all(isinstance(row, Mapping) for row in table):
        return _json(table), "application/json"
    problem = f"{type(table).__name__} is not a mapping of columns, a list of rows, or a frame with an Arrow interface"
    raise InvalidInput.of(Fault("rows", problem))


def _without_row_numbers(frame: Any) -> Any:
    """Return a pandas frame without an index that nobody named: once filtered or sorted, it would be a column."""
    names = getattr(getattr(frame, "index", None), "names", None)
    return frame.reset_index(drop=True) if names is not None and list(names) == [None] else frame


def _json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    try:
        return orjson.dumps(list(rows), option=orjson.OPT_SERIALIZE_NUMPY, default=_plain)
    except TypeError as error:
        raise InvalidInput.of(Fault("rows", f"cannot be sent: {error}")) from error


def _plain(value: object) -> object:
    """Help orjson with arrays that are views of others."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no value of a row")
