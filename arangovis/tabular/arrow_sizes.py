"""How large an Arrow stream becomes when it is unpacked, read from its messages without unpacking.

A compressed buffer begins with its unpacked length. Where the buffers lie stands in each message's header, a
flatbuffer of the Arrow format's `Message.fbs`; the few fields needed are read here, since pyarrow shows none of them.
"""

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_HEADER, _DICTIONARY_DATA, _LENGTH, _BUFFERS, _COMPRESSION = 2, 1, 0, 2, 3
"""Positions of fields in the tables Message, DictionaryBatch and RecordBatch."""
_BUFFER = struct.Struct("<qq")


def unpacked_bytes(data: bytes) -> int:
    """Return how many bytes the compressed buffers of a stream say they unpack to.

    Raises:
        struct.error: a header is damaged.
        pyarrow.ArrowException: the stream is.

    """
    import pyarrow as pa

    messages = pa.ipc.MessageReader.open_stream(pa.BufferReader(data))
    return sum(message_bytes(message) for message in messages)


def stated_rows(data: bytes) -> int:
    """Return how many rows the batches of a stream say they have.

    Raises:
        struct.error: a header is damaged.
        pyarrow.ArrowException: the stream is.

    """
    import pyarrow as pa

    messages = pa.ipc.MessageReader.open_stream(pa.BufferReader(data))
    return sum(_message_rows(message) for message in messages if message.type == "record batch")


def _message_rows(message: "pa.ipc.Message") -> int:
    header = memoryview(message.metadata)
    length = _field(header, _follow(header, _field(header, _follow(header, 0), _HEADER)), _LENGTH)
    return max(int(struct.unpack_from("<q", header, length)[0]), 0) if length else 0


def message_bytes(message: "pa.ipc.Message") -> int:
    """Return how many bytes the compressed buffers of a message say they unpack to.

    Raises:
        struct.error: the header is damaged.

    """
    if message.type not in ("record batch", "dictionary"):
        return 0
    header = memoryview(message.metadata)
    batch = _follow(header, _field(header, _follow(header, 0), _HEADER))
    if message.type == "dictionary":
        batch = _follow(header, _field(header, batch, _DICTIONARY_DATA))
    if not _field(header, batch, _COMPRESSION):
        return 0
    buffers = _follow(header, _field(header, batch, _BUFFERS))
    (count,) = struct.unpack_from("<I", header, buffers)
    body = memoryview(message.body)
    spans = (_BUFFER.unpack_from(header, buffers + 4 + number * _BUFFER.size) for number in range(count))
    return sum(_unpacked(body, start) for start, length in spans if length > 0)


def _unpacked(body: memoryview, start: int) -> int:
    """Return the unpacked length of a buffer; -1 there says that it is not compressed."""
    if start < 0:
        raise struct.error("a buffer begins before the body")
    return max(int(struct.unpack_from("<q", body, start)[0]), 0)


def _follow(header: memoryview, position: int) -> int:
    """Return where the reference at a position leads."""
    return position + int(struct.unpack_from("<I", header, position)[0])


def _field(header: memoryview, table: int, number: int) -> int:
    """Return the position of a field of a table, or 0 if it is left out."""
    entries = table - int(struct.unpack_from("<i", header, table)[0])
    size = int(struct.unpack_from("<H", header, entries)[0])
    entry = 4 + 2 * number
    offset = int(struct.unpack_from("<H", header, entries + entry)[0]) if entry < size else 0
    return table + offset if offset else 0
