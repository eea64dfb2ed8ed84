"""A CSV stream cut into blocks of whole records, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from arangovis.tabular.frames import limits
from arangovis.tabular.frames.errors import refused
from arangovis.tabular.frames.opening import Readable
from arangovis.tabular.frames.records import Record, Skipped, records
from arangovis.tabular.frames.types import Dialect

_HEAD_BYTES = 1 << 16
_COUNTED_BYTES = 1 << 18
"""At once, so that the comparison stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records, the line of the file that they begin on, and what was passed over before the header.

    `newlines` says how many line feeds there are.
    """

    data: bytes
    first_line: int
    newlines: int
    skipped: Skipped = field(default_factory=lambda: Skipped([], []))

    def holds(self, *marks: bytes) -> bool:
        """Say whether one of these byte strings is in the block."""
        return any(mark in self.data for mark in marks)


def blocks(stream: Readable, dialect: Dialect) -> Iterator[Block]:
    """Yield a stream of UTF-8 as blocks of about `BLOCK_BYTES`, the header not among them.

    Raises:
        InvalidInput: a record has no end within `RECORD_BYTES_MAX`; there are zero bytes.

    """
    rest, line, header = b"", 1, dialect.header
    while True:
        piece = stream.read(limits.BLOCK_BYTES)
        _check_text(piece, line)
        data, rest = _cut(rest, piece, dialect) if piece else (rest, b"")
        if not data and len(rest) > limits.RECORD_BYTES_MAX:
            problem = f"the record that begins on line {line} does not end within {limits.RECORD_BYTES_MAX:,} bytes"
            raise refused("file", f"{problem}; a quote may be open")
        newlines = _newlines(data)
        if header and data:
            block = _without_first(Block(data, line, newlines), dialect)
            header = block is None
        else:
            block = Block(data, line, newlines)
        if block is not None and (block.data or block.skipped.blank or block.skipped.comment):
            yield block
        line += newlines + _lone_returns(data)
        if not piece:
            return


def _cut(rest: bytes, piece: bytes, dialect: Dialect) -> tuple[bytes, bytes]:
    """Return the whole records of what was left over and what was read since, and what is left over now."""
    quote = dialect.quote.encode()
    if not quote or (quote not in rest and quote not in piece):
        end = _after_last_break(piece)
        if end:  # as nearly always; each byte is copied once
            return b"".join((rest, memoryview(piece)[:end])), piece[end:]
    buffer = rest + piece
    end = end_of_records(buffer, dialect)
    return buffer[:end], buffer[end:]


def line_breaks(data: bytes) -> int:
    """Return how many lines end in these bytes."""
    return _newlines(data) + _lone_returns(data)


def _newlines(data: bytes) -> int:
    """Count line feeds, three times as fast as `bytes.count` does."""
    codes = np.frombuffer(data, np.uint8)
    pieces = (codes[start : start + _COUNTED_BYTES] for start in range(0, len(codes), _COUNTED_BYTES))
    return sum(int(np.count_nonzero(piece == ord("\n"))) for piece in pieces)


def _lone_returns(data: bytes) -> int:
    return data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0


def end_of_records(data: bytes, dialect: Dialect) -> int:
    """Return where the last record ends that is certainly whole; 0 if none is."""
    if not dialect.quote or dialect.quote.encode() not in data:
        return _after_last_break(data)
    if has_comment(data, dialect):  # which may have any quotes
        return _end_one_by_one(data, dialect)
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == ord(dialect.quote))
    return _end_by_parity(data, quotes, dialect) or _end_one_by_one(data, dialect)


def has_comment(data: bytes, dialect: Dialect) -> bool:
    """Say whether a line may be a comment."""
    mark = dialect.comment.encode()
    if not mark or mark not in data:  # to look for one byte is much the quickest
        return False
    return data.startswith(mark) or b"\n" + mark in data or b"\r" + mark in data


def _after_last_break(data: bytes) -> int:
    """Return where the last line ends; a carriage return at the very end may be half of a break."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1 if data else 0


def _end_by_parity(data: bytes, quotes: "np.ndarray[tuple[int], np.dtype[np.intp]]", dialect: Dialect) -> int:
    """Return where the last break outside of quotes ends, or 0 where counting quotes does not tell."""
    codes = np.frombuffer(data, np.uint8)
    openers, closers = quotes[0::2], quotes[1::2]
    edges = [ord(dialect.separator), 10, 13, ord(dialect.quote)]
    before = codes[openers[openers > 0] - 1]
    after = codes[closers[closers + 1 < len(codes)] + 1]
    if not (np.isin(before, edges).all() and np.isin(after, edges).all()):
        return 0
    end = _after_last_break(data)
    while end:
        if np.searchsorted(quotes, end) % 2 == 0:
            return end
        quote = int(quotes[np.searchsorted(quotes, end) - 1])  # the one that is open there
        end = _after_last_break(data[:quote])
    return 0


def _end_one_by_one(data: bytes, dialect: Dialect) -> int:
    """Return where the last record but one ends: the last may go on."""
    end = before = 0
    for record in records(data, dialect):
        before, end = end, record.end
    return before


def _without_first(block: Block, dialect: Dialect) -> Block | None:
    """Return a block without its first record, or None if it has none."""
    first, skipped = _first_record(block, dialect)
    if first is None:
        return None
    head, data = block.data[: first.end], block.data[first.end :]
    return Block(data, block.first_line + line_breaks(head), block.newlines - _newlines(head), skipped)


def _first_record(block: Block, dialect: Dialect) -> tuple[Record | None, Skipped]:
    """Return the first record and the lines before it; a short look is enough for nearly all files."""
    for length in (_HEAD_BYTES, len(block.data)):
        skipped = Skipped([], [])
        head = block.data[:length]
        first = next(records(head, dialect, first_line=block.first_line, skipped=skipped), None)
        if first is not None and first.whole and first.end < len(head):
            break
    return first, skipped


def _check_text(piece: bytes, line: int) -> None:
    if b"\0" in piece:
        where = line + line_breaks(piece[: piece.index(0)])
        raise refused("file", f"is not text: there is a zero byte on or after line {where}")
