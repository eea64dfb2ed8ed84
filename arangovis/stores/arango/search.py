"""Search in one call: the condition that looks most selective drives, the rest is checked on each node.

An equality drives best: its rows lie newest first in the index, and the walk stops at a full page. A range does if
few values are in it, which the query finds out itself; else the nodes of the kind are walked, newest first.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node, Page
from arangovis.domain.search import (
    BUILT_IN_NAMES,
    PAGE_SIZE_MAX,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Leaf,
    Like,
    Operator,
    Present,
    Search,
    Words,
)
from arangovis.domain.search import PROJECT as PROJECT_OF_NODE
from arangovis.domain.words import wanted_words
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.conditions import Conditions, comparable, searchable_name
from arangovis.stores.arango.documents import FOREVER, Row, node_of
from arangovis.stores.arango.places import vertex_collection
from arangovis.stores.arango.properties import INDEXED_LENGTH_MAX, PROJECT, WORD, WORDS_NAME
from arangovis.stores.arango.sortable import text_key
from arangovis.stores.arango.sorting import NEWEST, sorted_page, sorted_query, whole_condition

FEW_MAX = 2000
ALTERNATIVES_MAX = 100

_CURSOR = re.compile(r"([0-9]{1,16}):([A-Za-z0-9][A-Za-z0-9_.@+=-]{0,127})\Z")


@dataclass(frozen=True, slots=True)
class _Equality:
    """A value that every wanted node has."""

    name: str
    type: str
    value: str


def search_query(search: Search) -> Query:
    """Return the query of a search.

    Raises:
        InvalidInput: the cursor, the limit or the filter is not valid.

    """
    if not 1 <= search.limit <= PAGE_SIZE_MAX:
        raise InvalidInput.of(Fault("limit", f"{search.limit} is not between 1 and {PAGE_SIZE_MAX}"))
    if search.order is not None and search.order != NEWEST:
        return sorted_query(search, search.order)
    conditions = Conditions(search.kind)
    condition = whole_condition(conditions, search)
    binds = _binds(search) | conditions.binds
    equality = next(_equalities(search), None)
    query = Query()
    if equality is not None:
        driver = {"name": equality.name, "type": equality.type, "value": equality.value[:INDEXED_LENGTH_MAX]}
        query.part("search_ordered", binds | driver, words={"condition": condition})
        return query
    _add_unordered(query, search, condition, binds)
    return query


def page_of(search: Search, parts: Sequence[Sequence[Any]]) -> Page[Node]:
    """Return the page that the query's parts give."""
    if search.order is not None and search.order != NEWEST:
        return sorted_page(search, search.order, parts)
    nodes = [node_of(row) for part in parts for row in part]
    page = nodes[: search.limit]
    return Page(page, f"{page[-1].created}:{page[-1].id.key}" if len(nodes) > len(page) else None)


def _binds(search: Search) -> Row:
    created, order = FOREVER, ""
    if search.cursor is not None:
        found = _CURSOR.match(search.cursor)
        if found is None:
            raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with"))
        created, order = int(found[1]), text_key(found[2])
    vertices = vertex_collection(search.kind)
    return {"@vertices": vertices, "kind": search.kind, "created": created, "order": order, "limit": search.limit + 1}


def _add_unordered(query: Query, search: Search, condition: str, binds: Row) -> None:
    terms = next(_alternatives(search.where), None)
    if terms is None:
        query.let("few", "false")
    else:
        driver = Conditions(search.kind)
        rows = driver.of_index(terms)
        few = query.part(
            "search_few", {"kind": search.kind, "few": FEW_MAX, **driver.binds}, hidden=True, words={"driver": rows}
        )
        query.let("few", f"LENGTH({few}) < {FEW_MAX:d}")
        both = Conditions(search.kind)
        named = {"condition": whole_condition(both, search), "driver": both.of_index(terms)}
        query.part("search_driven", _binds(search) | both.binds, words=named)
    query.part("search_kind", binds, words={"condition": condition})


def _conjuncts(where: Filter) -> Iterator[Filter]:
    if isinstance(where, AllOf):
        for term in where.terms:
            yield from _conjuncts(term)
    else:
        yield where


def _equalities(search: Search) -> Iterator[_Equality]:
    """Yield what can drive in order of the index, the most selective-looking first."""
    terms = list(_conjuncts(search.where))
    for term in terms:
        if isinstance(term, Words) and term.name not in BUILT_IN_NAMES:
            whole = [word.text for word in wanted_words(term.query) if not word.prefix]
            if whole:
                yield _Equality(WORDS_NAME, WORD, searchable_name(max(whole, key=len)))
    wanted = [term for term in terms if isinstance(term, Comparison) and _is_equality(term)]
    for term in sorted(wanted, key=lambda term: isinstance(term.value, bool)):
        type_, value = comparable(term)
        yield _Equality(searchable_name(term.name), type_, value)
    if search.project is not None:
        yield _Equality(PROJECT, "text", searchable_name(search.project))


def _is_equality(term: Comparison) -> bool:
    in_index = term.name not in BUILT_IN_NAMES or term.name == PROJECT_OF_NODE
    return term.operator is Operator.EQUAL and in_index and term.value == term.value


def _alternatives(where: Filter) -> Iterator[Sequence[Leaf]]:
    """Yield conditions on the index, one of which every wanted node meets."""
    ranges: list[Sequence[Leaf]] = []
    for term in _conjuncts(where):
        match term:
            case AnyOf(terms) if 0 < len(terms) <= ALTERNATIVES_MAX:
                drivers = [one for one in terms if isinstance(one, Leaf) and _drives(one)]
                if len(drivers) == len(terms):
                    yield drivers
            case Comparison() | Present() | Like() | Words() if _drives(term):
                ranges.append((term,))
    yield from ranges


def _drives(term: Leaf) -> bool:
    """Say whether a term alone picks rows of the index."""
    if term.name in BUILT_IN_NAMES and term.name != PROJECT_OF_NODE:
        return False
    if isinstance(term, Words):
        return bool(wanted_words(term.query))
    if isinstance(term, Comparison):
        return term.operator is not Operator.NOT_EQUAL and term.value == term.value
    return isinstance(term, Present)
