"""Texts of decimal digits that sort as the values do, under whatever collation and number type a server uses.

ArangoDB compares texts by the collation of its locale, where some pairs of letters sort as one (`aa` in Danish,
`ff` in Welsh), and may compare numbers as doubles. Digits alone sort by code point in every locale.
"""

import math
import struct

TEXT_END = "000"
"""Behind a text that something else follows: sorts before every byte, so that a shorter text comes first."""

_INTEGER_OFFSET = 2**63
_SIGN = 1 << 63
_REST_MAX = 9999
_BYTES = [f"{byte + 1:03}" for byte in range(256)]


def text_key(text: str) -> str:
    """Return three digits for each byte of the UTF-8 form; UTF-8 sorts by code point.

    Raises:
        UnicodeEncodeError: the text has half of a surrogate pair.

    """
    return "".join(map(_BYTES.__getitem__, text.encode()))


def text_of_key(key: str) -> str:
    """Return the text of a key."""
    return bytes(int(key[place : place + 3]) - 1 for place in range(0, len(key), 3)).decode()


def integer_key(value: int) -> str:
    """Return 20 digits for an integer of 64 bits.

    Raises:
        OverflowError: it does not fit.

    """
    shifted = value + _INTEGER_OFFSET
    if not 0 <= shifted < 2**64:
        raise OverflowError(f"{value} does not fit 64 bits")
    return f"{shifted:020}"


def integer_of_key(key: str) -> int:
    """Return the integer of a key."""
    return int(key) - _INTEGER_OFFSET


def number_key(value: float) -> str:
    """Return 24 digits for a number that is not NaN: integers and doubles compare exactly, as in Python.

    They are the bits of the largest double that is not above it, and how far it is above that one. Integers of up
    to 64 bits are less than 2048 above; any larger number differs from all that documents can hold, and for it
    only the order counts.
    """
    below = _double_below(value)
    if isinstance(value, float) or math.isinf(below):
        rest = 0 if value == below else _REST_MAX
    else:
        rest = min(value - int(below), _REST_MAX)
    return f"{_bits(below + 0.0):020}{rest:04}"


def number_of_key(key: str) -> float:
    """Return the number of a key; a whole one that is exactly a double comes back as an integer if it is large."""
    shown, rest = int(key[:20]), int(key[20:])
    bits = shown & (_SIGN - 1) if shown & _SIGN else shown ^ (2**64 - 1)
    below: float = struct.unpack(">d", struct.pack(">Q", bits))[0]
    whole = math.isfinite(below) and below.is_integer() and abs(below) <= _INTEGER_OFFSET * 2
    return int(below) + rest if whole else below


def _double_below(value: float) -> float:
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    return math.nextafter(near, -math.inf) if near > value else near


def _bits(value: float) -> int:
    """Return the double's bits so that they sort as doubles do; both zeros are one."""
    bits: int
    (bits,) = struct.unpack(">Q", struct.pack(">d", value))
    return bits ^ (2**64 - 1) if bits & _SIGN else bits | _SIGN
