"""The names and values of the filter language, read and written. All raise ValueError with a text for people."""

import json
import math
import re
from types import MappingProxyType
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool

KEYWORDS = MappingProxyType(
    {
        "and": "_AND",
        "or": "_OR",
        "not": "_NOT",
        "in": "_IN",
        "exists": "_EXISTS",
        "like": "LIKE",
        "ilike": "ILIKE",
        "matches": "_MATCHES",
        "true": "TRUE",
        "false": "FALSE",
    }
)
"""Terminals of the grammar by keyword."""

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_INTEGER_DIGITS_MAX = 20
_INTEGER_BOUND = 2**63
_BARE_NAME = re.compile(r"[^\W\d][\w-]*(?:\.[\w-]+)*\Z")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"} | {sign: sign for sign in "\\/'\""}


def read_name(quoted: str) -> str:
    """Read a name in backticks, inner backticks doubled."""
    return _whole(quoted[1:-1].replace("``", "`"))


def read_text(quoted: str) -> str:
    """Read a text in single or double quotes with backslash escapes."""
    return _whole(_ESCAPE.sub(_unescaped, quoted[1:-1]))


def read_number(digits: str) -> int | float:
    """Read a number: an int if it has neither point nor exponent."""
    if not _INTEGER.match(digits):
        return _in_range(float(digits))
    # Python refuses to read integers of thousands of digits; none of them is in range.
    return _in_range(int(digits) if len(digits) <= _INTEGER_DIGITS_MAX else _INTEGER_BOUND)


def name_text(name: str) -> str:
    """Write a name, in backticks if it needs them."""
    if not name:
        raise ValueError("a name is empty")
    if _BARE_NAME.match(name) and name.lower() not in KEYWORDS:
        return name
    return f"`{_whole(name).replace('`', '``')}`"


def value_text(value: Value) -> str:
    """Write a value so that it is read back as the same type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(_whole(value), ensure_ascii=False)
    return repr(_in_range(value))


def _in_range(number: float) -> float:
    if isinstance(number, int):
        if not -_INTEGER_BOUND <= number < _INTEGER_BOUND:
            raise ValueError("an integer does not fit 64 bits")
    elif not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _unescaped(escape: re.Match[str]) -> str:
    sign = escape[1]
    if len(sign) > 1:
        return chr(int(sign[1:], 16))
    if sign not in _ESCAPED:
        raise ValueError(f"{escape[0]} is not an escape; a backslash itself is written \\\\")
    return _ESCAPED[sign]


def _whole(text: str) -> str:
    r"""Join the halves that `\ud83d\ude00` was read as; no store takes a half of its own."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise ValueError("a text has half of a surrogate pair") from error


__all__ = ["KEYWORDS", "Value", "name_text", "read_name", "read_number", "read_text", "value_text"]
