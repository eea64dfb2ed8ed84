"""CRC-32C (Castagnoli) of many short pieces at once, and the mask that event files put over it."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8

Numbers = npt.NDArray[np.uint32]


def masked_crcs(pieces: Sequence[bytes]) -> Numbers:
    """Return the masked checksum of each piece, in order."""
    found = np.empty(len(pieces), np.uint32)
    by_length: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        by_length.setdefault(len(piece), []).append(number)
    for length, numbers in by_length.items():
        joined = np.frombuffer(b"".join(pieces[number] for number in numbers), np.uint8)
        found[numbers] = _crcs(joined.reshape(len(numbers), length))
    return (found >> np.uint32(15) | found << np.uint32(17)) + np.uint32(_MASK_DELTA)


def _crcs(rows: npt.NDArray[np.uint8]) -> Numbers:
    """Return the checksum of each row; all rows go forward byte by byte together."""
    table = _table()
    crcs = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in np.ascontiguousarray(rows.T):
        crcs = table[(crcs ^ column) & np.uint32(0xFF)] ^ (crcs >> np.uint32(8))
    return ~crcs


@cache
def _table() -> Numbers:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1).astype(np.uint32)
    return table
