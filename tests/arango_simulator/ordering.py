"""AQL's order of values as keys that Python can sort (page "AQL: type and value order").

null < bool < number < string < array < object. Arrays compare element by element, a missing one as null; objects
compare by the sorted names of both, a missing attribute as null. The server compares strings by ICU rules; here they
are compared by letters without case first and lower case before upper case then, so only the order of ASCII letters of
one case and of digits is to be relied on.
"""

from functools import lru_cache, total_ordering
from typing import Any

NULL_KEY = (0,)


def sort_key(value: Any) -> tuple[Any, ...]:
    """Return a key: two values compare as their keys do, and are equal if the keys are."""
    if value is None:
        return NULL_KEY
    if isinstance(value, str):
        return _text_key(value)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, value)
    if isinstance(value, list):
        return (4, _without_trailing_nulls([sort_key(item) for item in value]))
    return (5, _ObjectKey(value))


@lru_cache(10_000)
def _text_key(value: str) -> tuple[Any, ...]:
    lower, swapped = value.lower(), value.swapcase()
    return (3, value, value) if lower == swapped == value else (3, lower, swapped)


def _without_trailing_nulls(keys: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    while keys and keys[-1] == NULL_KEY:
        keys.pop()
    return tuple(keys)


@total_ordering
class _ObjectKey:
    """Compares objects name by name; an attribute that is null counts as missing."""

    __slots__ = ("_keys",)

    def __init__(self, value: dict[str, Any]) -> None:
        self._keys = {name: sort_key(value[name]) for name in sorted(value) if value[name] is not None}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ObjectKey) and self._keys == other._keys

    def __lt__(self, other: "_ObjectKey") -> bool:
        for name in sorted(self._keys.keys() | other._keys.keys()):
            mine, theirs = self._keys.get(name, NULL_KEY), other._keys.get(name, NULL_KEY)
            if mine != theirs:
                return mine < theirs
        return False

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._keys)))
