"""Whether a set of row ids may hold one, in ten bits an id: a Bloom filter.

A filter that says no is right; one that says yes is wrong for about one id in a hundred, so a yes is looked up. The
two numbers of an id are the halves of a BLAKE2b digest; bit `i` of an id is `first + i * second`, modulo the bits.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Document
from arangovis.domain.views import integer, text

FORMAT = 1
BITS_PER_ID = 10
HASHES = 7
"""The best number for ten bits an id."""
_BITS_MIN = 64


@dataclass(frozen=True, slots=True)
class BloomFilter:
    """A filter over `count` ids; `bits` holds `size` of them, eight a byte, the first one highest."""

    count: int
    size: int
    hashes: int
    bits: bytes

    @classmethod
    def of(cls, ids: Sequence[str]) -> "BloomFilter":
        """Return the filter of some ids, repeats allowed."""
        size = max(_BITS_MIN, len(ids) * BITS_PER_ID)
        flags = np.zeros(size, dtype=np.bool_)
        if ids:
            flags[_places(ids, size, HASHES)] = True
        return cls(len(ids), size, HASHES, np.packbits(flags).tobytes())

    def may_hold(self, row_id: str) -> bool:
        """Say whether an id may be among them; False is certain."""
        places = _places((row_id,), self.size, self.hashes)[0].tolist()
        return all(self.bits[place >> 3] >> (7 - (place & 7)) & 1 for place in places)

    def document(self) -> Document:
        """Return it as JSON, with its parameters."""
        return {
            "format": FORMAT,
            "count": self.count,
            "size": self.size,
            "hashes": self.hashes,
            "bits": base64.b64encode(self.bits).decode("ascii"),
        }

    @classmethod
    def read(cls, document: Document) -> "BloomFilter":
        """Read what `document` wrote.

        Raises:
            IntegrityError: it is something else.

        """
        try:
            bits = base64.b64decode(text(document, "bits"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise IntegrityError("a stored filter of row ids is damaged") from error
        found = cls(integer(document, "count"), integer(document, "size"), integer(document, "hashes"), bits)
        if integer(document, "format") != FORMAT or found.hashes < 1 or not 0 < found.size <= 8 * len(bits):
            raise IntegrityError("a stored filter of row ids is damaged")
        return found


def _places(ids: Sequence[str], size: int, hashes: int) -> npt.NDArray[np.uint64]:
    """Return the bits of each id, uint64 (ids, hashes)."""
    digests = b"".join(blake2b(_bytes(row_id), digest_size=16).digest() for row_id in ids)
    halves = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
    steps = np.arange(hashes, dtype=np.uint64)
    with np.errstate(over="ignore"):
        places = (halves[:, :1] + (halves[:, 1:] | np.uint64(1)) * steps) % np.uint64(size)
    return np.asarray(places, dtype=np.uint64)


def _bytes(row_id: str) -> bytes:
    return row_id.encode("utf-8", "surrogatepass")
