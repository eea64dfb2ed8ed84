"""The ids of the rows that a stored file holds, without the rest of it."""

from typing import cast

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.rows import ROW_ID, Rows

ID = "id"
"""What results call the column of row ids."""


def ids_in_arrow(data: bytes) -> list[str] | None:
    """Return the column `id` of an Arrow IPC stream as texts; None if it has none.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
        if ID not in table.column_names:
            return None
        return [str(value) for value in cast("list[object]", table.column(ID).to_pylist())]
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored columns cannot be read") from error


def ids_in_parquet(data: bytes) -> list[str] | None:
    """Return the column `id`, or else `_id`, of a Parquet file as texts; None if it has neither.

    Raises:
        IntegrityError: the bytes are something else.

    """
    rows = Rows.from_parquet(data, (ID, ROW_ID))
    found = next((name for name in (ID, ROW_ID) if rows.has(name)), None)
    return None if found is None else [str(value) for value in rows.values(found)]


def ids_in_segment(data: bytes) -> list[str] | None:
    """Return the ids of a segment's rows, in order; None if they have none and are told apart by their number.

    Raises:
        IntegrityError: the bytes are something else.

    """
    rows = Rows.from_parquet(data, (ROW_ID,))
    return rows.ids if rows.has(ROW_ID) else None
