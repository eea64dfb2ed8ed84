"""Plain columns as Parquet: what results of many rows are kept in."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Scalar
from arangovis.tabular.arrow_stream import Column, column_array, column_values

__all__ = ["PARQUET", "from_parquet", "is_parquet", "to_parquet"]

PARQUET = "application/vnd.apache.parquet"
_MAGIC = b"PAR1"


def to_parquet(columns: Mapping[str, Column]) -> bytes:
    """Return columns of equal length as Parquet: the same bytes for the same columns and version of the library.

    Raises:
        InvalidInput: as `to_arrow`.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: column_array(name, values) for name, values in columns.items()})
    texts = [item.name for item in table.schema if pa.types.is_string(item.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=texts)
    return cast("bytes", sink.getvalue().to_pybytes())


def from_parquet(data: bytes | memoryview) -> Mapping[str, npt.NDArray[np.generic] | list[Scalar]]:
    """Read what `to_parquet` wrote, as `from_arrow` reads what `to_arrow` wrote.

    Raises:
        IntegrityError: the bytes are something else.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            table = file.read().combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError("stored columns cannot be read") from error
    return {name: column_values(table.column(name)) for name in table.column_names}


def is_parquet(data: bytes | memoryview) -> bool:
    """Say whether bytes begin as Parquet does."""
    return data[: len(_MAGIC)] == _MAGIC
