"""What packed files of typed columns become in memory, measured before it is allocated."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from arangovis.domain.errors import TooLarge
from arangovis.tabular.arrow_sizes import message_bytes
from arangovis.tabular.frames import limits
from arangovis.tabular.frames.errors import refused
from arangovis.tabular.frames.opening import Forward

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ARROW_FILE_START_BYTES = 8
"""The name of the format and its padding; a stream follows."""


class Measured(Forward):
    """The bytes of an Arrow stream, each message measured before anyone unpacks it; `pyarrow` takes it for a file."""

    def __init__(self, file: "pa.NativeFile") -> None:
        import pyarrow as pa

        self._messages = pa.ipc.MessageReader.open_stream(file)
        self._left = memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, fewer only at the end.

        Raises:
            TooLarge: a message unpacks to too much.

        """
        pieces, wanted = [], size
        while wanted > 0 and (self._left or self._next()):
            pieces.append(self._left[:wanted])
            self._left = self._left[wanted:]
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def _next(self) -> bool:
        try:
            message = self._messages.read_next_message()
        except StopIteration:
            return False
        _check_bytes(message_bytes(message))
        self._left = memoryview(message.serialize())
        return True


def arrow_stream(file: "pa.NativeFile") -> "pa.RecordBatchReader":
    """Open an Arrow stream.

    Raises:
        TooLarge: a message unpacks to too much.
        pyarrow.ArrowException: it is damaged.

    """
    import pyarrow as pa

    return pa.ipc.open_stream(pa.PythonFile(Measured(file), mode="r"))


def arrow_file_batches(file: "pa.NativeFile", count: int) -> Iterator["pa.RecordBatch"]:
    """Yield the batches of an Arrow file as the stream that it holds; its end must count as many.

    Raises:
        InvalidInput: they are not as many.
        TooLarge: a message unpacks to too much.

    """
    file.seek(_ARROW_FILE_START_BYTES)
    found = 0
    for batch in arrow_stream(file):
        found += 1
        yield batch
    if found != count:
        raise refused("file", f"says at its end that it has {count} batches; it has {found}")


def open_parquet(stream: "pa.NativeFile | BinaryIO") -> "tuple[pa.Schema, pq.ParquetFile]":
    """Open a Parquet file; return its schema, and a reader that leaves texts as dictionaries.

    One long text in many rows takes its own length in the file, and as often as there are rows once it is written out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.ParquetFile(stream).schema_arrow
    texts = [item.name for item in schema if pa.types.is_string(item.type) or pa.types.is_large_string(item.type)]
    return schema, pq.ParquetFile(stream, read_dictionary=texts)


def written_out(given: "pa.Array") -> "pa.Array":
    """Return a dictionary as the values that it stands for, anything else as it is.

    Raises:
        TooLarge: the values take too much.

    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(given.type):
        return given
    words = given.dictionary
    if pa.types.is_string(words.type) or pa.types.is_large_string(words.type):
        _check_bytes(pc.sum(pc.binary_length(words).cast(pa.int64()).take(given.indices)).as_py() or 0)
    return given.dictionary_decode()


def _check_bytes(count: int) -> None:
    if count > limits.BATCH_BYTES_MAX:
        raise TooLarge(f"a batch of rows unpacks to more than {limits.BATCH_BYTES_MAX:,} bytes")
