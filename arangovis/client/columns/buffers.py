"""What was logged to one series and has not left yet: rows of plain values, and blocks of arrays, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arangovis.client.columns import tensors
from arangovis.client.columns.kinds import BOOL, FLOAT, INT, TEXT
from arangovis.client.columns.parts import Part
from arangovis.tabular.column_stream import ColumnStream, TypedColumn

_VALUE_BYTES = 40
_ROW_BYTES = 80
"""What plain values and a row of them cost in memory, about."""
_DTYPES = {INT: np.int64, BOOL: np.bool_}


@dataclass(frozen=True, slots=True)
class Block:
    """What one call gave: a part a field, in the order of the buffer's fields, and the shape they broadcast to."""

    parts: Sequence[Part]
    shape: tuple[int, ...]


class Buffer:
    """Rows of one series, or of one set of fields, until they leave as chunks. Not to be used by two threads at once.

    `sequence` is the number of the next chunk; `leaving` are columns of which `left` rows have gone.
    """

    def __init__(self, series: str | None, kinds: Mapping[str, str]) -> None:
        self.series = series
        self.fields = tuple(kinds)
        self.kinds = tuple(kinds.values())
        self.row_bytes = _ROW_BYTES + _VALUE_BYTES * len(self.fields)
        self.rows: list[tuple[Any, ...]] = []
        self.blocks: list[Block | list[tuple[Any, ...]]] = []
        self.held = 0
        self.sequence = 0
        self.leaving: ColumnStream | None = None
        self.leaving_bytes = 0
        self.left = 0

    def add(self, block: Block) -> int:
        """Add a block and return how many bytes wait with it."""
        self._end_rows()
        self.blocks.append(block)
        size = sum(part.nbytes for part in block.parts)
        self.held += size
        return size

    def take(self) -> list[Block | list[tuple[Any, ...]]]:
        """Return what there is and forget it; its bytes count as leaving."""
        self._end_rows()
        taken, self.blocks = self.blocks, []
        self.leaving_bytes, self.held = self.held, 0
        return taken

    def columns(self, blocks: Sequence[Block | list[tuple[Any, ...]]]) -> Mapping[str, TypedColumn]:
        """Return all of it as columns of equal length."""
        blocks = [_transposed(block) for block in blocks]
        return {
            field: _column(kind, [_piece(block, position) for block in blocks])
            for position, (field, kind) in enumerate(zip(self.fields, self.kinds, strict=True))
        }

    def _end_rows(self) -> None:
        if self.rows:
            self.blocks.append(self.rows)
            self.rows = []


def _transposed(block: Any) -> Any:
    return list(zip(*block, strict=True)) if isinstance(block, list) else block


def _piece(block: Any, position: int) -> tuple[Any, tuple[int, ...] | None]:
    """Return the values of a field, and the shape to broadcast to; None: plain values, as they are."""
    if isinstance(block, list):
        return block[position], None
    return block.parts[position].values, block.shape


def _column(kind: str, pieces: Sequence[tuple[Any, tuple[int, ...] | None]]) -> TypedColumn:
    if kind == TEXT:
        return [text for values, shape in pieces for text in _texts(values, shape)]
    arrays = [_plain(kind, values) if shape is None else values for values, shape in pieces]
    shapes = [array.shape if shape is None else shape for array, (_, shape) in zip(arrays, pieces, strict=True)]
    return tensors.on_host(arrays, shapes)


def _plain(kind: str, values: Sequence[Any]) -> Any:
    """Return plain values as an array; floats that are all of 32 bits stay so."""
    if kind != FLOAT:
        return np.array(values, dtype=_DTYPES[kind])
    array = np.array(values)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _texts(values: Any, shape: tuple[int, ...] | None) -> Sequence[str]:
    if shape is None:
        return [str(text) for text in values] if any(type(text) is not str for text in values) else values
    found: list[str] = np.broadcast_to(values, shape).reshape(-1).tolist()
    return found
