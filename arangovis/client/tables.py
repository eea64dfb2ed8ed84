"""Tables that a notebook has at hand, as bytes to send."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

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
        return frame_to_arrow(table), MEDIA_TYPE
    if isinstance(table, Sequence) and all(isinstance(row, Mapping) for row in table):
        return orjson.dumps(list(table), option=orjson.OPT_SERIALIZE_NUMPY), "application/json"
    problem = f"{type(table).__name__} is not a mapping of columns, a list of rows, or a frame with an Arrow interface"
    raise InvalidInput.of(Fault("rows", problem))
