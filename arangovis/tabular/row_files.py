"""Tables written part by part to one file: Parquet, CSV or Arrow, as its name says."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from arangovis.domain.errors import Fault, InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def writing(target: Path) -> Iterator["RowFile"]:
    """Give what writes to a file, which is there, or takes the place of an older one, when all of it is written.

    Raises:
        InvalidInput: the name of the file says no format.
        OSError: the disk does not take it.

    """
    opened = _OPENED.get(target.suffix.lower())
    if opened is None:
        problem = f"{target.name[:80]!r} does not end in {', '.join(_OPENED)}"
        raise InvalidInput.of(Fault("target", problem))
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as sink:
        try:
            file = RowFile(sink, opened)
            yield file
            file.close()
            sink.flush()
            os.fsync(sink.fileno())
            Path(sink.name).replace(target)
        except BaseException:
            Path(sink.name).unlink(missing_ok=True)
            raise


class RowFile:
    """Takes tables that have the same columns. Floats are written with 64 bits, so that parts may differ in width."""

    def __init__(self, sink: "BinaryIO | Any", opened: "Callable[[Any, pa.Schema], Any]") -> None:
        self._sink = sink
        self._opened = opened
        self._writer: Any = None

    def write(self, table: "pa.Table") -> None:
        """Write rows."""
        import pyarrow as pa

        schema = pa.schema([(field.name, _wide(field.type)) for field in table.schema])
        if self._writer is None:
            self._writer = self._opened(self._sink, schema)
        self._writer.write_table(table.cast(schema))

    def close(self) -> None:
        """Write what a file ends with."""
        if self._writer is not None:
            self._writer.close()


def _wide(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return kind.value_type
    return pa.float64() if pa.types.is_floating(kind) else kind


def _parquet(sink: BinaryIO, schema: "pa.Schema") -> Any:
    import pyarrow.parquet as pq

    return pq.ParquetWriter(sink, schema, compression="zstd")


def _csv(sink: BinaryIO, schema: "pa.Schema") -> Any:
    from pyarrow import csv

    return csv.CSVWriter(sink, schema)


def _arrow(sink: BinaryIO, schema: "pa.Schema") -> Any:
    import pyarrow as pa

    return pa.ipc.new_file(sink, schema)


_OPENED: Mapping[str, "Callable[[Any, pa.Schema], Any]"] = {".parquet": _parquet, ".csv": _csv, ".arrow": _arrow}
