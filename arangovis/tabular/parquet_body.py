"""Parquet bodies."""

from typing import TYPE_CHECKING

from arangovis.domain.errors import ArangovisError, TooLarge
from arangovis.tabular.embedding import check_header
from arangovis.tabular.limits import UNCOMPRESSED_BYTES_MAX, VALUES_MAX, refused

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_TEXT = "BYTE_ARRAY"


def read_parquet(data: bytes) -> "pa.Table":
    """Read a Parquet body; sizes are checked by its metadata before anything is unpacked.

    Raises:
        InvalidInput: it is not a whole Parquet file.
        TooLarge: it has too many rows, columns or bytes.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            texts = _checked(file)
        # Texts stay dictionaries, so that one long text in many rows is counted before it is written out.
        with pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts) as file:
            table = file.read(use_threads=False)
        table.validate(full=True)
    except ArangovisError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise refused("body", "is not a whole, undamaged Parquet file") from error
    return table


def _checked(file: "pq.ParquetFile") -> list[str]:
    """Check the metadata and return the paths of the text columns."""
    metadata = file.metadata
    check_header(file.schema_arrow.names, metadata.num_rows)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    unpacked = sum(max(chunk.total_uncompressed_size, chunk.num_values) for chunk in chunks)
    if unpacked > UNCOMPRESSED_BYTES_MAX or sum(chunk.num_values for chunk in chunks) > VALUES_MAX:
        raise TooLarge(f"the body unpacks to more than {UNCOMPRESSED_BYTES_MAX:,} bytes")
    columns = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    return [column.path for column in columns if column.physical_type == _TEXT]
