"""Page "Array functions". Where it says "in any order", the result is in the order of the arguments."""

from collections import Counter
from itertools import zip_longest
from typing import Any

from tests.arango_simulator.aql.access import flattened
from tests.arango_simulator.aql.failures import ARGUMENT_TYPE, failure
from tests.arango_simulator.aql.functions.registry import Function, on_array, on_arrays, pure
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import array, contains, equal, identity, number, sort_key, truth, unique

_MISSING = object()


def append(run: Run, items: Any, values: Any, distinct: Any = False) -> Any:
    """Add elements at the end."""
    if values is None or items is None:
        return values if items is None else items
    if not isinstance(items, list):
        run.warn(ARGUMENT_TYPE, "APPEND")
        return None
    if values == []:
        return items
    joined = [*items, *(values if isinstance(values, list) else [values])]
    return unique(joined) if truth(distinct) else joined


def push(run: Run, items: Any, value: Any, distinct: Any = False) -> Any:
    """Add an element at the end; null becomes an array."""
    if items is None:
        return [value]
    if not isinstance(items, list):
        run.warn(ARGUMENT_TYPE, "PUSH")
        return None
    return items if truth(distinct) and contains(items, value) else [*items, value]


def unshift(run: Run, items: Any, value: Any, distinct: Any = False) -> Any:
    """Add an element at the start; null becomes an array."""
    if items is None:
        return [value]
    if not isinstance(items, list):
        run.warn(ARGUMENT_TYPE, "UNSHIFT")
        return None
    return items if truth(distinct) and contains(items, value) else [value, *items]


def pop(run: Run, items: Any) -> Any:
    """Return an array without its last element; null of null."""
    return items[:-1] if isinstance(items, list) else _refused(run, items, "POP")


def shift(run: Run, items: Any) -> Any:
    """Return an array without its first element; null of null."""
    return items[1:] if isinstance(items, list) else _refused(run, items, "SHIFT")


def _refused(run: Run, value: Any, name: str) -> None:
    if value is not None:
        run.warn(ARGUMENT_TYPE, name)


def position(items: list[Any], wanted: Any, index: Any = False) -> bool | int:
    """Say whether, or with `index` where, an array has an element."""
    place = next((place for place, item in enumerate(items) if equal(item, wanted)), -1)
    return place if truth(index) else place >= 0


def nth(items: list[Any], place: Any) -> Any:
    """Return an element; null beyond the ends."""
    index = int(number(place))
    return items[index] if 0 <= index < len(items) else None


def remove_nth(items: list[Any], place: Any) -> list[Any]:
    """Return an array without one element."""
    index = int(number(place))
    if not -len(items) <= index < len(items):
        return items
    index %= len(items)
    return [*items[:index], *items[index + 1 :]]


def replace_nth(items: list[Any], place: Any, value: Any, padding: Any = _MISSING) -> list[Any]:
    """Return an array with one element replaced, or added behind the end after padding."""
    index = int(number(place))
    index = max(0, index + len(items)) if index < 0 else index
    if index > len(items) and padding is _MISSING:
        raise failure(ARGUMENT_TYPE, "REPLACE_NTH")
    padded = [*items, *[padding] * (index - len(items))]
    return [*padded[:index], value, *padded[index + 1 :]]


def remove_value(items: list[Any], value: Any, limit: Any = None) -> list[Any]:
    """Return an array without a value, at most `limit` times removed."""
    left = len(items) if limit is None else int(number(limit))
    kept: list[Any] = []
    for item in items:
        if left > 0 and equal(item, value):
            left -= 1
        else:
            kept.append(item)
    return kept


def remove_values(items: list[Any], values: Any) -> list[Any]:
    """Return an array without any of the values."""
    gone = {identity(value) for value in array(values)}
    return [item for item in items if identity(item) not in gone]


def slice_of(items: list[Any], start: Any, length: Any = None) -> list[Any]:
    """Return a part; a negative length stops that far from the end."""
    first = int(number(start))
    first = max(0, first + len(items)) if first < 0 else first
    if length is None:
        return items[first:]
    count = int(number(length))
    return items[first : first + count] if count >= 0 else items[first:count]


def reverse(run: Run, value: Any) -> Any:
    """Reverse an array or a string."""
    if isinstance(value, str | list):
        return value[::-1]
    run.warn(ARGUMENT_TYPE, "REVERSE")
    return None


def intersection(*arrays: list[Any]) -> list[Any]:
    """Return what all have."""
    common = set.intersection(*({identity(item) for item in items} for items in arrays))
    return [item for item in unique(arrays[0]) if identity(item) in common]


def minus(*arrays: list[Any]) -> list[Any]:
    """Return what only the first has."""
    gone = {identity(item) for items in arrays[1:] for item in items}
    return [item for item in unique(arrays[0]) if identity(item) not in gone]


def outersection(*arrays: list[Any]) -> list[Any]:
    """Return what occurs once in all."""
    counts = Counter(identity(item) for items in arrays for item in items)
    return [item for items in arrays for item in items if counts[identity(item)] == 1]


def union(*arrays: list[Any]) -> list[Any]:
    """Return all elements."""
    return [item for items in arrays for item in items]


def union_distinct(*arrays: list[Any]) -> list[Any]:
    """Return all elements once."""
    return unique(union(*arrays))


def interleave(*arrays: list[Any]) -> list[Any]:
    """Take one element of each in turn."""
    return [item for row in zip_longest(*arrays, fillvalue=_MISSING) for item in row if item is not _MISSING]


def jaccard(left: list[Any], right: list[Any]) -> float:
    """Return the share of common values."""
    one, other = {identity(item) for item in left}, {identity(item) for item in right}
    return len(one & other) / len(one | other) if one or other else 1


def sorted_values(items: list[Any]) -> list[Any]:
    """Sort by AQL's order."""
    return sorted(items, key=sort_key)


FUNCTIONS: dict[str, Function] = {
    "APPEND": Function(append, 2, 3),
    "CONTAINS_ARRAY": on_array("CONTAINS_ARRAY", position, 2, 3),
    "COUNT_DISTINCT": on_array("COUNT_DISTINCT", lambda items: len(unique(items))),
    "COUNT_UNIQUE": on_array("COUNT_UNIQUE", lambda items: len(unique(items))),
    "FIRST": on_array("FIRST", lambda items: items[0] if items else None),
    "FLATTEN": on_array("FLATTEN", lambda items, depth=1: flattened(items, int(number(depth))), 1, 2),
    "INTERLEAVE": on_arrays("INTERLEAVE", interleave),
    "INTERSECTION": on_arrays("INTERSECTION", intersection),
    "JACCARD": on_arrays("JACCARD", jaccard),
    "LAST": on_array("LAST", lambda items: items[-1] if items else None),
    "MINUS": on_arrays("MINUS", minus),
    "NTH": on_array("NTH", nth, 2),
    "OUTERSECTION": on_arrays("OUTERSECTION", outersection),
    "POP": Function(pop, 1, 1),
    "POSITION": on_array("POSITION", position, 2, 3),
    "PUSH": Function(push, 2, 3),
    "REMOVE_NTH": on_array("REMOVE_NTH", remove_nth, 2),
    "REMOVE_VALUE": on_array("REMOVE_VALUE", remove_value, 2, 3),
    "REMOVE_VALUES": on_array("REMOVE_VALUES", remove_values, 2),
    "REPLACE_NTH": on_array("REPLACE_NTH", replace_nth, 3, 4),
    "REVERSE": Function(reverse, 1, 1),
    "SHIFT": Function(shift, 1, 1),
    "SLICE": on_array("SLICE", slice_of, 2, 3),
    "SORTED": on_array("SORTED", sorted_values),
    "SORTED_UNIQUE": on_array("SORTED_UNIQUE", lambda items: sorted_values(unique(items))),
    "TO_ARRAY": pure(array, 1),
    "TO_LIST": pure(array, 1),
    "UNION": on_arrays("UNION", union),
    "UNION_DISTINCT": on_arrays("UNION_DISTINCT", union_distinct),
    "UNIQUE": on_array("UNIQUE", unique),
    "UNSHIFT": Function(unshift, 2, 3),
}
