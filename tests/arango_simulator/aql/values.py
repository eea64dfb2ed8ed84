"""AQL values: truth, casts, comparison (pages "Type and value order", "Type check & cast", "Operators").

Strings are compared as `tests.arango_simulator.ordering` says: of the order of strings only that of ASCII letters of
one case and of digits is to be relied on; the server uses ICU rules.
"""

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from tests.arango_simulator.ordering import sort_key

__all__ = ["sort_key"]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_EXACT_MAX = 2.0**53


def is_number(value: Any) -> bool:
    """Whether a value is a number; a bool is none."""
    kind = type(value)
    return kind is int or kind is float


def truth(value: Any) -> bool:
    """Cast to bool: null, 0 and the empty string are false, arrays and objects always true."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    return kind is list or kind is dict or bool(value)


def number(value: Any) -> int | float:
    """Cast to a number; 0 for what is none."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return _parsed(value.strip())
    if isinstance(value, list) and len(value) == 1:
        return number(value[0])
    return 0


def _parsed(text: str) -> int | float:
    if not text or not (text[0].isdigit() or text[0] in "+-.") or "_" in text:
        return 0
    try:
        return clipped(int(text))
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return 0
    return tidy(value) if math.isfinite(value) else 0


def clipped(value: int) -> int | float:
    """Return an integer as the server holds it: beyond 64 bits as a double."""
    return value if INT64_MIN <= value <= INT64_MAX else float(value)


def tidy(value: float) -> int | float:
    """Return a double as JSON shows it: an integral one without a fraction."""
    return int(value) if value.is_integer() and abs(value) <= _EXACT_MAX else value


def finite(value: float) -> int | float | None:
    """Return a computed double, null if it is not a number or infinite."""
    return tidy(value) if math.isfinite(value) else None


def string(value: Any) -> str:
    """Cast to a string; null is the empty one, arrays and objects are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return encoded(value)


def encoded(value: Any) -> str:
    """Return JSON without whitespace."""
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, list):
        return f"[{','.join(map(encoded, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{encoded(value[name])}" for name in value) + "}"
    return json.dumps(value, ensure_ascii=False)


def number_text(value: float) -> str:
    """Return a double as text, such as `2e-7`."""
    tidied = tidy(value)
    if isinstance(tidied, int):
        return str(tidied)
    mantissa, e, exponent = repr(tidied).partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def array(value: Any) -> list[Any]:
    """Cast to an array: null is empty, an object its values, anything else alone."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    return list(value.values()) if isinstance(value, dict) else [value]


def type_name(value: Any) -> str:
    """Return `null`, `bool`, `number`, `string`, `array` or `object`."""
    return _TYPE_NAMES[type(value)]


_TYPE_NAMES = {
    type(None): "null", bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip


def equal(left: Any, right: Any) -> bool:
    """Compare with `==`; nothing is cast."""
    kind = type(left)
    if kind is type(right):
        if kind is str or kind is int or kind is float or kind is bool:
            return bool(left == right)
        return left is right or sort_key(left) == sort_key(right)
    return is_number(left) and is_number(right) and left == right


def less(left: Any, right: Any) -> bool:
    """Compare with `<` by type and then value."""
    if is_number(left) and is_number(right):
        return bool(left < right)
    return bool(sort_key(left) < sort_key(right))


def contains(items: Any, wanted: Any) -> bool:
    """Whether an array has an element; false for what is no array."""
    if type(wanted) is str:
        return isinstance(items, list) and wanted in items
    return isinstance(items, list) and any(equal(item, wanted) for item in items)


def identity(value: Any) -> Any:
    """Return something hashable that is equal for equal values."""
    kind = type(value)
    if kind is str or value is None:
        return value
    if kind is list or kind is dict:
        return sort_key(value)
    return (kind is bool, value)


def unique(items: Iterable[Any]) -> list[Any]:
    """Return the different values, each where it comes first."""
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(identity(item), item)
    return list(found.values())


def _not_equal(left: Any, right: Any) -> bool:
    return not equal(left, right)


def _less_equal(left: Any, right: Any) -> bool:
    return not less(right, left)


def _greater(left: Any, right: Any) -> bool:
    return less(right, left)


def _greater_equal(left: Any, right: Any) -> bool:
    return not less(left, right)


def _in(left: Any, right: Any) -> bool:
    return contains(right, left)


def _not_in(left: Any, right: Any) -> bool:
    return not contains(right, left)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal, "!=": _not_equal, "<": less, "<=": _less_equal, ">": _greater, ">=": _greater_equal,
    "IN": _in, "NOT IN": _not_in,
}  # fmt: skip
