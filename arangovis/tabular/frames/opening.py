"""Opening a file: what it is packed with, what it is, how its texts are encoded. Bytes come out as UTF-8."""

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO, Protocol

from arangovis.domain.errors import TooLarge
from arangovis.tabular.frames import limits
from arangovis.tabular.frames.errors import refused
from arangovis.tabular.frames.types import Format, Packing

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC_BYTES = 8
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PARQUET, _ARROW_FILE, _ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
_UTF8_MARK = b"\xef\xbb\xbf"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes; none at the end."""
        ...


class Forward:
    """What `pyarrow` asks of a file besides `read`: it is read once, forward, and belongs to somebody else."""

    closed = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return False."""
        return False

    def writable(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """Leave the stream to its owner."""
        self.closed = True


class Counted(Forward):
    """A stream that knows how many bytes were read; `pyarrow` takes it for a file."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return up to so many bytes."""
        data = self._stream.read(size)
        self.bytes += len(data)
        return data


def packing_of(start: bytes) -> Packing:
    """Return how a file that begins so was packed."""
    if start.startswith(_GZIP):
        return Packing.GZIP
    return Packing.ZSTD if start.startswith(_ZSTD) else Packing.NONE


def format_of(start: bytes) -> Format:
    """Return what a file that begins so, unpacked, is."""
    if start.startswith(_PARQUET):
        return Format.PARQUET
    if start.startswith(_ARROW_FILE):
        return Format.ARROW_FILE
    return Format.ARROW_STREAM if start.startswith(_ARROW_STREAM) else Format.CSV


def encoding_of(sample: bytes) -> str:
    """Return the encoding of a text that begins so: by its mark, else UTF-8 if it is, else cp1252, else latin-1.

    Raises:
        InvalidInput: it is no text.

    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if _decodes(sample, "utf-8"):  # as nearly always: the others are not looked for then
        return "utf-8"
    for name in (*_utf16_without_mark(sample), "cp1252"):
        if _decodes(sample, name):
            return name
    if b"\0" in sample:
        raise refused("file", f"is not text: byte {sample.index(0) + 1} is zero")
    return "latin-1"


def _utf16_without_mark(sample: bytes) -> tuple[str, ...]:
    """Return the names to try for text whose every second byte is zero, as UTF-16 of Latin letters has it."""
    half = len(sample) // 2
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half and sample[offset::2].count(0) > 0.9 * half:
            return (name,)
    return ()


def _decodes(sample: bytes, name: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return False
    return "\0" not in text


class Unpacked:
    """The bytes of a file, unpacked as they are asked for; a small file cannot become an endless one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._packed = Counted(stream)
        self._start = self._packed.read(_MAGIC_BYTES)
        self.packing = packing_of(self._start)
        self.total = _bytes_of(stream)
        """How many bytes the file has as it is; None if it cannot tell."""
        self._bytes = 0
        self._source = self._opened()

    @property
    def fraction(self) -> float:
        """How much of the file was read, 0 to 1; 0 as long as nobody knows."""
        return min(self._packed.bytes / self.total, 1.0) if self.total else 0.0

    def read(self, size: int, /) -> bytes:
        """Return `size` bytes, fewer only at the end.

        Raises:
            InvalidInput: the packed bytes are damaged.
            TooLarge: they unpack to too much.

        """
        pieces, wanted = [], size
        while wanted > 0 and (piece := self._piece(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        import pyarrow as pa

        try:
            piece = bytes(self._source.read(size))
        except (pa.ArrowException, OSError, EOFError) as error:
            if self.packing is Packing.NONE:
                raise
            raise refused("file", f"is not whole, undamaged {self.packing} data") from error
        self._bytes += len(piece)
        self._check()
        return piece

    def _check(self) -> None:
        if self._bytes > limits.UNPACKED_BYTES_MAX:
            raise TooLarge(f"the file unpacks to more than {limits.UNPACKED_BYTES_MAX:,} bytes")
        large = self._bytes > limits.PACKING_RATIO_FROM_BYTES
        if self.packing is not Packing.NONE and large and self._bytes > limits.PACKING_RATIO_MAX * self._packed.bytes:
            raise TooLarge(f"the file unpacks to more than {limits.PACKING_RATIO_MAX} times its size")

    def _opened(self) -> "Readable | pa.CompressedInputStream":
        import pyarrow as pa

        whole = Counted(_Joined(self._start, self._packed))
        if self.packing is Packing.NONE:
            return whole
        return pa.CompressedInputStream(pa.PythonFile(whole, mode="r"), str(self.packing))


class _Joined:
    """Bytes that were read already, then the rest of the stream."""

    def __init__(self, start: bytes, rest: Readable) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        return self._start.read(size) or self._rest.read(size)


class Utf8:
    """A stream as UTF-8 without the mark that may be before it."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._begun = False

    def read(self, size: int, /) -> bytes:
        """Return up to about so many bytes; none at the end.

        Raises:
            InvalidInput: the bytes are not in the encoding.

        """
        data = self._decoded(size)
        if not self._begun and data:
            self._begun = True
            return data.removeprefix(_UTF8_MARK) or self._decoded(size)
        return data

    def _decoded(self, size: int) -> bytes:
        if self._decoder is None:
            return self._stream.read(size)
        while True:
            data = self._stream.read(size)
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise refused("file", f"is not {self._encoding} throughout") from error
            if text or not data:
                return text.encode("utf-8")


def _bytes_of(stream: BinaryIO) -> int | None:
    """Return how many bytes a stream has, if it can tell."""
    try:
        if not stream.seekable():
            return None
        here = stream.tell()
        end = stream.seek(0, io.SEEK_END)
        stream.seek(here)
    except (OSError, AttributeError, ValueError):
        return None
    return end
