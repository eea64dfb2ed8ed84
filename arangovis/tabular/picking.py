"""Some rows out of a stored segment, decoded a row group at a time."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.rows import Rows

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Positions = npt.NDArray[np.int64]


def pick(data: bytes | memoryview, positions: Positions, *, rows: int, columns: Sequence[str] | None = None) -> Rows:
    """Return the rows at these positions, sorted, of what `Rows.to_parquet` wrote; with `columns`, only those there.

    Only the row groups that hold one are decoded, one after the other, so that a few rows of a large segment take
    little memory.

    Raises:
        IntegrityError: the bytes are something else, or do not hold `rows` rows.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            found = file.metadata.num_rows
            if found != rows:
                raise IntegrityError(f"a segment has {found} rows; its manifest says {rows}")
            table = pa.concat_tables(list(_picked(file, positions, columns)))
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("a segment of rows cannot be read") from error
    return Rows(table.combine_chunks().replace_schema_metadata(None))


def _picked(file: "pq.ParquetFile", positions: Positions, columns: Sequence[str] | None) -> Iterator["pa.Table"]:
    names = file.schema_arrow.names
    chosen = names if columns is None else [name for name in names if name in columns]
    first = 0
    for number in range(file.num_row_groups):
        end = first + file.metadata.row_group(number).num_rows
        low, high = np.searchsorted(positions, (first, end))
        if high > low:
            yield file.read_row_group(number, columns=chosen).take(positions[low:high] - first)
        first = end
