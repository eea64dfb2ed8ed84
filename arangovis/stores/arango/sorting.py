"""Searches in the order of a value, and facets: the server looks at every node that meets the condition."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from arangovis.domain.facets import Facets, facet_of
from arangovis.domain.graph import Node, Page
from arangovis.domain.ordering import RANKS, Order, Position, Rank, cursor_of, position_of
from arangovis.domain.search import CREATED, Search
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.conditions import Conditions, searchable_name
from arangovis.stores.arango.documents import Row, node_of
from arangovis.stores.arango.places import vertex_collection
from arangovis.stores.arango.properties import rank_of_stored
from arangovis.stores.arango.sortable import number_key, text_key

NEWEST = Order(CREATED, descending=True)

_BEHIND = (
    "rank {sign} @rank OR (rank == @rank AND (value {sign} @value OR (value == @value AND"
    " (node.created {sign} @created OR (node.created == @created AND node.order {sign} @order)))))"
)


def whole_condition(conditions: Conditions, search: Search) -> str:
    """Return the condition of a search on the document `node`, its project included."""
    condition = conditions.of(search.where)
    return condition if search.project is None else f"{conditions.project(search.project)} AND {condition}"


def sorted_query(search: Search, order: Order) -> Query:
    """Return the query of a page in an order.

    Raises:
        InvalidInput: the cursor or the filter is not valid.

    """
    conditions = Conditions(search.kind)
    words = {"condition": whole_condition(conditions, search), "way": "DESC" if order.descending else "ASC"}
    binds: Row = _common(search, order.name) | {"missing": _missing(order), "limit": search.limit + 1}
    words["behind"] = "true"
    if search.cursor is not None:
        words["behind"] = _BEHIND.format(sign="<" if order.descending else ">")
        binds |= _place(order, search.cursor)
    query = Query()
    query.part("search_sorted", binds | conditions.binds, words=words)
    return query


def sorted_page(search: Search, order: Order, parts: Sequence[Sequence[Any]]) -> Page[Node]:
    """Return the page that the query's rows give."""
    (rows,) = parts
    nodes = [node_of(row["node"]) for row in rows[: search.limit]]
    if len(rows) <= len(nodes):
        return Page(nodes)
    last, node = rows[search.limit - 1], nodes[-1]
    rank = None
    if order.name != CREATED and last["rank"] != _missing(order):
        rank = rank_of_stored(RANKS[last["rank"]], last["value"])
    return Page(nodes, cursor_of(order, Position(rank, node.created, node.id.key)))


def facets_query(search: Search, names: Sequence[str], limit: int) -> Query:
    """Return the query of facets: how many nodes there are, then a part for each name."""
    query = Query()
    conditions = Conditions(search.kind)
    condition = whole_condition(conditions, search)
    same = {"@vertices": vertex_collection(search.kind), "kind": search.kind}
    query.part("facet_total", same | conditions.binds, words={"condition": condition})
    for name in names:
        binds = _common(search, name) | {"limit": limit + 1} | conditions.binds
        query.part("facet_values", binds, words={"condition": condition})
    return query


def facets_of(names: Sequence[str], limit: int, parts: Sequence[Sequence[Any]]) -> Facets:
    """Return the facets that the query's parts give."""
    (total,), *found = parts
    counters: list[Counter[Rank]] = [
        Counter({rank_of_stored(type_, value): count for type_, value, count in rows}) for rows in found
    ]
    return Facets(total, tuple(facet_of(name, one, limit) for name, one in zip(names, counters, strict=True)))


def _common(search: Search, name: str) -> Row:
    """Return the bind values that every such query has; by age no value is looked for."""
    stored = "" if name == CREATED else searchable_name(name)
    vertices = vertex_collection(search.kind)
    return {"@vertices": vertices, "kind": search.kind, "name": stored, "types": list(RANKS)}


def _missing(order: Order) -> int:
    """Return the rank of nodes without a value: behind all others, whichever way."""
    return -1 if order.descending else len(RANKS)


def _place(order: Order, cursor: str) -> Row:
    position = position_of(order, cursor)
    rank, value = position.rank or (_missing(order), None)
    stored = "" if value is None else _stored(value)
    return {"rank": rank, "value": stored, "created": position.created, "order": text_key(position.key)}


def _stored(value: str | float) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return text_key(value) if isinstance(value, str) else number_key(value)
