"""Arrow IPC stream bodies."""

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from arangovis.domain.errors import ArangovisError, TooLarge
from arangovis.tabular.arrow_sizes import stated_rows, unpacked_bytes
from arangovis.tabular.embedding import check_header
from arangovis.tabular.limits import UNCOMPRESSED_BYTES_MAX, check_counts, refused

if TYPE_CHECKING:
    import pyarrow as pa


def read_arrow(data: bytes, check_names: Callable[[Sequence[str]], object] = check_header) -> "pa.Table":
    """Read the body of an Arrow IPC stream; the names of its columns are checked before it is unpacked.

    Raises:
        InvalidInput: it is not a whole stream.
        TooLarge: it has too many rows, columns or bytes.

    """
    import pyarrow as pa

    try:
        check_counts(stated_rows(data), 1)
        if unpacked_bytes(data) > UNCOMPRESSED_BYTES_MAX:
            raise TooLarge(f"the body unpacks to more than {UNCOMPRESSED_BYTES_MAX:,} bytes")
        with pa.ipc.open_stream(pa.BufferReader(data)) as reader:
            check_names(reader.schema.names)
            table = _all_batches(reader)
        table.validate(full=True)
    except ArangovisError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, struct.error) as error:
        raise refused("body", "is not a whole, undamaged Arrow stream") from error
    return table


def _all_batches(reader: "pa.RecordBatchReader") -> "pa.Table":
    import pyarrow as pa

    batches, rows, size = [], 0, 0
    for batch in reader:
        rows += batch.num_rows
        size += batch.nbytes
        check_counts(rows, 1)
        if size > UNCOMPRESSED_BYTES_MAX:
            raise TooLarge(f"the body unpacks to more than {UNCOMPRESSED_BYTES_MAX:,} bytes")
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)
