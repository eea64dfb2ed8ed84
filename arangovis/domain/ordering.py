"""In which order a search answers, and where a page of it ends.

Nodes are ordered by a value: numbers before texts before booleans, each by size; texts by code point. Of several
values of a name the least counts, or going down the greatest. Nodes with equal values come oldest first, or going
down newest first. Those without a value (NaN is none) come last, whichever way.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import decode, encode

if TYPE_CHECKING:
    from arangovis.domain.search import Property

T = TypeVar("T")
_WHOLE = range(-(2**63), 2**63)
"""The integers that every store takes."""
Value: TypeAlias = str | int | float | bool
Rank: TypeAlias = tuple[int, Value]
"""The place of a value among all: that of its type, and itself."""

RANKS = ("number", "text", "boolean")
_NOT_ORDERED = frozenset(("id", "kind", "actor", "text"))
_NOT_COUNTED = frozenset(("id", "kind", "created", "actor", "text"))


@dataclass(frozen=True, slots=True)
class Order:
    """By the values of a searchable name, up or down.

    Raises:
        InvalidInput: nothing is ordered by that name.

    """

    name: str
    descending: bool = False

    def __post_init__(self) -> None:
        if not self.name or self.name in _NOT_ORDERED:
            raise InvalidInput.of(Fault("order", f"{self.name!r} is nothing to order by; name a searchable value"))

    @classmethod
    def parse(cls, text: str) -> "Order":
        """Read `name`, `name asc`, `name desc` or `-name`.

        Raises:
            InvalidInput: it is none of these.

        """
        name, blank, word = text.strip().rpartition(" ")
        if blank and word.lower() in ("asc", "desc"):
            return cls(name.strip(), word.lower() == "desc")
        return cls(text.strip().removeprefix("-"), text.strip().startswith("-"))

    def __str__(self) -> str:
        return f"{self.name} {'desc' if self.descending else 'asc'}"


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a node in an order; `rank` is None for one without a value."""

    rank: Rank | None
    created: int
    key: str

    def sort_key(self, *, descending: bool) -> tuple[bool, Rank, int, str]:
        """Return what sorts as the order says, to be reversed if it is descending."""
        missing = self.rank is None
        return missing != descending, self.rank or (0, 0), self.created, self.key


def rank_of(order: Order, properties: Iterable["Property"]) -> Rank | None:
    """Return the value that places a node with these properties, or None."""
    ranks = [
        (RANKS.index(item.type), item.value)
        for item in properties
        if item.name == order.name and item.type in RANKS and item.value == item.value
    ]
    if not ranks:
        return None
    return max(ranks) if order.descending else min(ranks)


def check_countable(name: str) -> str:
    """Return a name whose values can be counted.

    Raises:
        InvalidInput: every node has another one.

    """
    if not name or name in _NOT_COUNTED:
        raise InvalidInput.of(Fault("facets", f"{name!r} is nothing to count by; name a searchable value"))
    return name


def cursor_of(order: Order, position: Position) -> str:
    """Write where a page ended."""
    rank = None if position.rank is None else list(position.rank)
    document = {"order": str(order), "rank": rank, "created": position.created, "key": position.key}
    return base64.urlsafe_b64encode(encode(document)).decode().rstrip("=")


def position_of(order: Order, cursor: str) -> Position:
    """Read where a page ended.

    Raises:
        InvalidInput: it is none, or of another order.

    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        document: Any = decode(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        position = Position(_rank(document["rank"]), _checked(document["created"], int), _checked(document["key"], str))
        written: object = document["order"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, binascii.Error) as error:
        raise _unreadable() from error
    if written != str(order):
        raise _unreadable()
    return position


def _unreadable() -> InvalidInput:
    return InvalidInput.of(Fault("cursor", "is not a cursor that a page of this order ended with"))


def _rank(given: Any) -> Rank | None:
    if given is None:
        return None
    place, value = given
    types: tuple[type, ...] = ((int, float), (str,), (bool,))[_checked(place, int)]
    if type(value) not in types or value != value or (type(value) is int and value not in _WHOLE):
        raise ValueError
    return place, value


def _checked(value: Any, type_: type[T]) -> T:
    """Return a value if it is just of a type, and none of those integers that no store takes."""
    if type(value) is not type_ or (isinstance(value, int) and not 0 <= value < 2**63):
        raise ValueError
    return value


__all__ = ["RANKS", "Order", "Position", "Rank", "Value", "check_countable", "cursor_of", "position_of", "rank_of"]
