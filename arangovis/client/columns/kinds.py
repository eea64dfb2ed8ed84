"""Kinds of field, by the values that are given."""

from datetime import UTC, datetime

import numpy as np

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.moments import microseconds_of

INT, FLOAT, TEXT, BOOL, TIMESTAMP = "int", "float", "text", "bool", "timestamp"
KINDS = (INT, FLOAT, TEXT, BOOL, TIMESTAMP)
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
FLOAT_INT_MAX = 2**53
"""Every whole number up to here is a float64 exactly."""

_BY_DTYPE_KIND = {"i": INT, "u": INT, "f": FLOAT, "b": BOOL, "U": TEXT, "M": TIMESTAMP}
_PLAIN: dict[type, str] = {
    bool: BOOL,
    int: INT,
    float: FLOAT,
    str: TEXT,
    np.bool_: BOOL,
    np.str_: TEXT,
    np.float16: FLOAT,
    np.float32: FLOAT,
    np.float64: FLOAT,
    **dict.fromkeys((np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64), INT),
}


def plain_kind(given: type) -> str | None:
    """Return the kind of single values of a type that are stored as they are; None if they need to be looked at."""
    return _PLAIN.get(given)


def dtype_kind(dtype: "np.dtype[np.generic]") -> str | None:
    """Return the kind of an array; None if there is none for it."""
    if dtype.name in ("bfloat16", "float8_e4m3fn", "float8_e5m2"):
        return FLOAT
    return None if dtype == np.longdouble else _BY_DTYPE_KIND.get(dtype.kind)


def known_kind(field: str, kind: str) -> str:
    """Return a kind that was declared; `string` is another name for `text`.

    Raises:
        InvalidInput: there is no such kind.

    """
    found = TEXT if kind == "string" else kind
    if found not in KINDS:
        raise InvalidInput.of(Fault(field, f"{str(kind)[:40]!r} is not one of {', '.join(KINDS)}"))
    return found


def refused(field: str, problem: str) -> InvalidInput:
    """Return the error for a value that cannot be logged."""
    return InvalidInput.of(Fault(field, problem))


def checked_int(field: str, value: int) -> int:
    """Return a whole number that fits in 64 bits.

    Raises:
        InvalidInput: it does not.

    """
    if not INT_MIN <= value <= INT_MAX:
        raise refused(field, f"{value} does not fit in 64 bits")
    return value


def exact_float(field: str, value: int) -> float:
    """Return a whole number as the float that is equal to it.

    Raises:
        InvalidInput: there is none.

    """
    if abs(int(value)) > FLOAT_INT_MAX and int(float(value)) != int(value):
        raise refused(field, f"is a float, and {value} is no exact float")
    return float(value)


def mismatch(field: str, known: str, given: str) -> InvalidInput:
    """Return the error for a value of another kind than the field's."""
    return refused(field, f"is of kind {known}; a value of kind {given} cannot be stored in it")


def utc_microseconds(value: datetime) -> int:
    """Return a time in microseconds since 1970; one without a zone is a time of this machine's zone."""
    return microseconds_of(value.astimezone(UTC))
