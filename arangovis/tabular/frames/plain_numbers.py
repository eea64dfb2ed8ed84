"""Blocks of CSV that hold nothing but plainly written numbers, read by a loop that numba compiles.

Half of the work of reading such a file is what a general reader must be ready for. This loop takes only what has one
meaning: decimal digits, a point between digits, a short exponent, nothing at all for a missing value. Such a number is
a whole one below 2^53 times or by a power of ten that a 64-bit float holds exactly, so that one multiplication or
division gives the nearest float, the very one that Arrow's reader gives. At the first byte of anything else it
declines the block, which is then read the general way.

The loop is compiled in the background when the first large file comes, and used by those that come after, in processes
that named a place where compiled code is kept: those that serve, and live long. Without numba there is none.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from arangovis.tabular.frames.blocks import Block
from arangovis.tabular.frames.cells import EXACT_MAX, number_of
from arangovis.tabular.frames.types import ColumnKind, ParseSetup

if TYPE_CHECKING:
    import pyarrow as pa

WORTH_BYTES = 1 << 20
"""A file of fewer is read the general way."""
AHEAD = 2
"""Blocks read at once, beside the one that is being looked at."""
COMPILED = "NUMBA_CACHE_DIR"
"""The variable of the environment that names where compiled code is kept; numba reads it when it is imported."""

_log = logging.getLogger("arangovis.frames")
_EXACT_POWER = 22
"""10^22 is the largest power of ten that a 64-bit float holds exactly."""
_SAFE_DIGITS = 18
"""Fit 64 bits for certain."""
_POWERS = np.array([float(f"1e{power}") for power in range(_EXACT_POWER + 1)])
_NO_SEPARATORS = ".-+"
"""Are parts of numbers."""

_MINUS, _PLUS, _POINT, _ZERO, _NINE, _E, _RETURN, _BREAK = b"-+.09e\r\n"
_LOWER = 32
"""Makes a small letter of a large one."""

Bytes: TypeAlias = npt.NDArray[np.uint8]
Numbers: TypeAlias = npt.NDArray[np.float64]
Columns: TypeAlias = "Sequence[pa.Array]"
Scan: TypeAlias = Callable[[Bytes, int, npt.NDArray[np.bool_], Numbers, Numbers], bool]


def scan(data: Bytes, separator: int, whole: npt.NDArray[np.bool_], powers: Numbers, values: Numbers) -> bool:
    """Read cells into `values`, and say whether all are plain numbers.

    A line break ends every loop, and each row takes one: as there are as many as rows, nothing is read past the end.

    Args:
        data: whole lines, with a break at the end of the last.
        separator: the byte between cells.
        whole: of each column, whether its numbers must be whole ones (columns,).
        powers: of ten, from the power 0.
        values: (columns, rows), as many rows as there are line breaks; NaN where a cell is empty.

    """
    columns, rows = values.shape
    place = 0
    for row in range(rows):
        for column in range(columns):
            negative = data[place] == _MINUS
            begin = place + int(negative)
            place, mantissa = begin, 0
            while _ZERO <= data[place] <= _NINE:
                mantissa = mantissa * 10 + int(data[place] - _ZERO)
                place += 1
            before, has_point = place - begin, data[place] == _POINT
            place += int(has_point)
            point = place
            while _ZERO <= data[place] <= _NINE:
                mantissa = mantissa * 10 + int(data[place] - _ZERO)
                place += 1
            after = place - point
            value = mantissa / powers[min(after, _EXACT_POWER)]
            is_even = before > 0 and (before == 1 or data[begin] != _ZERO) and (after > 0 or not has_point)
            is_exact = before + after <= _SAFE_DIGITS and mantissa <= EXACT_MAX
            if not is_even or not is_exact or data[place] | _LOWER == _E or (has_point and whole[column]):
                value, place = _odd(data, begin, powers, (negative or columns == 1, whole[column]))
            is_last = column == columns - 1
            place += int(is_last and place >= 0 and data[place] == _RETURN)
            if place < 0 or data[place] != (_BREAK if is_last else separator):
                return False
            values[column, row] = -value if negative else value
            place += 1
    return place == len(data)


def _odd(data: Bytes, begin: int, powers: Numbers, must: tuple[Any, Any]) -> tuple[float, int]:
    """Return the number that begins at a place, and where it ends: one with an exponent, or none at all.

    The place is -1 if it is not a plain one; `must` says whether there has to be one, and whether a whole one.
    """
    mantissa, point = _digits(data, begin, begin + _SAFE_DIGITS, 0)
    if point == begin:
        return np.nan, -1 if must[0] else begin
    place = point
    if data[point] == _POINT:
        mantissa, place = _digits(data, point + 1, begin + 1 + _SAFE_DIGITS, mantissa)
    leads = point - begin > 1 and data[begin] == _ZERO
    if leads or data[place - 1] == _POINT or data[place] | _LOWER != _E or mantissa > EXACT_MAX or must[1]:
        return np.nan, -1
    exponent, end = _exponent(data, place + 1)
    shift = exponent - max(place - point - 1, 0)
    if not -_EXACT_POWER <= shift <= _EXACT_POWER:
        return np.nan, -1
    return mantissa / powers[-shift] if shift < 0 else mantissa * powers[shift], end


def _exponent(data: Bytes, place: int) -> tuple[int, int]:
    """Return the exponent that stands at a place, and where it ends; -1 if there is none."""
    falls = data[place] == _MINUS
    begin = place + 1 if falls or data[place] == _PLUS else place
    number, end = _digits(data, begin, begin + 3, 0)
    return -number if falls else number, -1 if end == begin else end


def _digits(data: Bytes, place: int, end: int, number: int) -> tuple[int, int]:
    """Return a number with the digits appended that stand between two places, and where they end."""
    while place < end and _ZERO <= data[place] <= _NINE:
        number = number * 10 + int(data[place] - _ZERO)
        place += 1
    return number, place


class _Compiler:
    """Compiles the loop once in a process, beside its other work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = False
        self._ended = threading.Event()
        self._scan: Scan | None = None

    def compiled(self) -> Scan | None:
        """Return the loop if it is ready; the first call has it made."""
        with self._lock:
            begins = not self._begun and COMPILED in os.environ
            self._begun = self._begun or begins
        if begins:  # the process waits for the thread before it ends, for the compiler cannot be left in the middle
            threading.Thread(target=self._compile, name="compile-numbers").start()
        return self._scan

    def wait(self, timeout_s: float) -> Scan | None:
        """Wait until it is ready or known not to become so, and return it."""
        if self.compiled() is None and self._begun:
            self._ended.wait(timeout_s)
        return self._scan

    def _compile(self) -> None:
        try:
            import numba
            import numba.extending

            for part in (_digits, _exponent, _odd):
                numba.extending.register_jitable(part)
            found = cast("Scan", numba.njit(scan, nogil=True, cache=True))
            found(np.frombuffer(b"1,2\n", np.uint8), ord(","), np.zeros(2, np.bool_), _POWERS, np.zeros((2, 1)))
            self._scan = found
        except ImportError:
            pass  # numba is an extra's; the general reader does it all
        except Exception:
            _log.exception("the reader of plain numbers could not be compiled")
        finally:
            self._ended.set()


_compiler = _Compiler()
compiled, wait_for = _compiler.compiled, _compiler.wait


class PlainReader:
    """Reads the blocks of one file, a few ahead of who asks for them, until one is declined.

    Args:
        setup: of a file that may hold nothing else: see `plain_reader`.
        loop: `scan`, compiled.

    """

    def __init__(self, setup: ParseSetup, loop: Scan) -> None:
        self._separator = ord(setup.dialect.separator)
        self._kinds = [column.kind for column in setup.columns]
        self._loop = loop
        self._declined = False

    def blocks(self, given: Iterable[Block]) -> "Iterator[tuple[Block, Columns | None]]":
        """Yield blocks with their columns, None from the first that has anything but plain numbers."""
        waiting: deque[tuple[Block, Future[Columns | None]]] = deque()
        with ThreadPoolExecutor(AHEAD, "plain-numbers") as pool:
            for block in given:
                waiting.append((block, pool.submit(self.read, block)))
                if len(waiting) > AHEAD:
                    yield self._next(waiting)
            while waiting:
                yield self._next(waiting)

    def _next(self, waiting: "deque[tuple[Block, Future[Columns | None]]]") -> "tuple[Block, Columns | None]":
        block, reading = waiting.popleft()
        found = reading.result()
        # A block that was declined may have changed the kinds of columns for those behind it.
        self._declined = self._declined or found is None
        return block, None if self._declined else found

    def read(self, block: Block) -> "Columns | None":
        """Return the columns of a block, or None if anything but a plain number is there."""
        if self._declined or not block.data:
            return None
        is_ended = block.data.endswith(b"\n")
        lines = block.data if is_ended else block.data + b"\n"
        rows = block.newlines + (not is_ended)
        if rows * len(self._kinds) > len(lines):  # each cell takes a byte at least: these are blank lines, no numbers
            return None
        values = np.empty((len(self._kinds), rows))
        whole = np.array([kind is ColumnKind.INTEGER for kind in self._kinds])
        if not self._loop(np.frombuffer(lines, np.uint8), self._separator, whole, _POWERS, values):
            return None
        return [_column(numbers, kind) for numbers, kind in zip(values, self._kinds, strict=True)]


def plain_reader(setup: ParseSetup, text_bytes: int | None) -> PlainReader | None:
    """Return the reader of a file that may hold nothing but plain numbers; None if it cannot, or none is ready yet.

    It may if its columns are all of numbers, and no number means a missing value. A small file is not worth it.
    """
    words = {word for column in setup.columns for word in column.missing}
    if (
        (text_bytes is not None and text_bytes < WORTH_BYTES)
        or setup.dialect.separator in _NO_SEPARATORS
        or not all(column.kind.numeric for column in setup.columns)
        or any(number_of(word) is not None for word in words)
    ):
        return None
    loop = compiled()
    return None if loop is None else PlainReader(setup, loop)


def _column(numbers: Numbers, kind: ColumnKind) -> "pa.Array":
    import pyarrow as pa

    found = pa.array(numbers, from_pandas=True)
    return found.cast(pa.int64()) if kind is ColumnKind.INTEGER else found
