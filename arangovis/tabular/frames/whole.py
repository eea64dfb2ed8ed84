"""A file read at once into plain arrays, without files of its rows in between."""

import io
from typing import TYPE_CHECKING

from arangovis.tabular.frame_columns import PlainColumn, frame_columns
from arangovis.tabular.frames.parsing import parse_tables
from arangovis.tabular.frames.types import ParsedFrame, ParseSetup

if TYPE_CHECKING:
    import pyarrow as pa


def read_whole(data: bytes, setup: ParseSetup, *, strict: bool = False) -> tuple[tuple[PlainColumn, ...], ParsedFrame]:
    """Return the columns of a file, and what was found on the way; the whole of it is held in memory.

    Raises:
        InvalidInput, NotSupported, TooLarge: as `arangovis.tabular.frames.parsing.parse`.

    """
    tables: list[pa.Table] = []
    found = parse_tables(io.BytesIO(data), setup, tables.append, strict=strict)
    types = {column.name: column.kind.value for column in found.columns}
    return frame_columns(tables, types), found
