"""Facets: which values a name has among the nodes that a search finds, and how many nodes have each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ordering import RANKS, Rank, check_countable
from arangovis.domain.search import (
    AllOf,
    AnyOf,
    Filter,
    Not,
    Property,
)

VALUES_MAX = 1000
NAMES_MAX = 20


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, and how many of the found nodes have it."""

    value: str | int | float | bool
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a name, equally frequent ones in order; `more` says that there are others."""

    name: str
    values: tuple[FacetValue, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """How many nodes a search finds in all, and a facet for each name, in the order asked for."""

    total: int
    facets: tuple[Facet, ...]


def check_facets(names: Sequence[str], limit: int) -> None:
    """Check a question for facets.

    Raises:
        InvalidInput: a name has nothing to count, there are too many, or the limit is out of range.

    """
    for name in names:
        check_countable(name)
    if len(names) > NAMES_MAX:
        raise InvalidInput.of(Fault("facets", f"{len(names)} names are more than {NAMES_MAX}"))
    if not 1 <= limit <= VALUES_MAX:
        raise InvalidInput.of(Fault("facet_limit", f"{limit} is not between 1 and {VALUES_MAX}"))


def counted(nodes: Iterable[Sequence[Property]], names: Sequence[str], limit: int) -> Facets:
    """Count the values of nodes whose properties are given: the reference of what a store answers."""
    counts: dict[str, Counter[Rank]] = {name: Counter() for name in names}
    total = 0
    for properties in nodes:
        total += 1
        for name, rank in {(item.name, rank_of_value(item)) for item in properties if item.name in counts}:
            if rank is not None:
                counts[name][rank] += 1
    return Facets(total, tuple(facet_of(name, counts[name], limit) for name in names))


def rank_of_value(item: Property) -> Rank | None:
    """Return the place of a value among all, or None for what compares with nothing."""
    return (RANKS.index(item.type), item.value) if item.type in RANKS and item.value == item.value else None


def facet_of(name: str, counts: Counter[Rank], limit: int) -> Facet:
    """Return the facet of counted values."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    values = tuple(FacetValue(plain(rank), count) for rank, count in ranked[:limit])
    return Facet(name, values, len(ranked) > limit)


def plain(rank: Rank) -> str | int | float | bool:
    """Return a value as it is shown: a whole number without a point, since 1 and 1.0 are one value."""
    place, value = rank
    if place == 0 and isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return value


def without(where: Filter, name: str) -> Filter:
    """Return a condition without the terms that are about one name alone, so that its facet shows what else there is.

    Only terms joined by `and` are left out.
    """
    if isinstance(where, AllOf):
        return AllOf(tuple(without(term, name) for term in where.terms))
    return AllOf(()) if names_in(where) == {name} else where


def names_in(where: Filter) -> set[str]:
    """Return all names that a condition looks at."""
    if isinstance(where, Not):
        return names_in(where.term)
    if isinstance(where, AllOf | AnyOf):
        return {name for term in where.terms for name in names_in(term)}
    return {where.name}


__all__ = [
    "NAMES_MAX",
    "VALUES_MAX",
    "Facet",
    "FacetValue",
    "Facets",
    "check_facets",
    "counted",
    "facet_of",
    "names_in",
    "plain",
    "rank_of_value",
    "without",
]
