"""Pages over several kinds at once: each kind's pages are read as far as they are needed, and merged in order.

A cursor says where the page of each kind begins that was being read, and the last node that was answered: what is
not behind it is passed over, so nodes that come or go meanwhile make neither gaps nor repeats.
"""

import base64
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node, Page
from arangovis.domain.json import Document, decode, encode
from arangovis.domain.ordering import Order, Position, rank_of
from arangovis.domain.search import CREATED, Search, node_properties
from arangovis.stores.base import GraphStore
from arangovis_schema import VertexKind

NEWEST = Order(CREATED, descending=True)
SortKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A node, its place among all, and the cursor that its page was asked for with."""

    node: Node
    place: SortKey
    page: str | None


class Merged:
    """One question to several kinds."""

    def __init__(self, store: GraphStore, kinds: Mapping[str, VertexKind], searches: Sequence[Search]) -> None:
        self._store = store
        self._kinds = kinds
        self._searches = searches
        self._order = searches[0].order or NEWEST

    def page(self, limit: int, cursor: str | None) -> Page[Node]:
        """Return a page of all kinds together.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """
        begins, last = ({}, None) if cursor is None else _read(cursor)
        streams = [
            self._stream(replace(search, limit=limit, cursor=begins.get(search.kind))) for search in self._searches
        ]
        found: list[_Found] = []
        for item in heapq.merge(*streams, key=lambda item: item.place, reverse=self._order.descending):
            if last is not None and not self._is_behind(item.place, last):
                continue
            found.append(item)
            if len(found) > limit:
                break
        page = found[:limit]
        if len(found) <= limit:
            return Page([item.node for item in page])
        begins |= {item.node.id.kind: item.page for item in page if item.page is not None}
        return Page([item.node for item in page], _written(begins, page[-1].place))

    def _stream(self, search: Search) -> Iterator[_Found]:
        while True:
            page = self._store.search(search)
            yield from (_Found(node, self._place(node), search.cursor) for node in page.items)
            if page.next_cursor is None:
                return
            search = replace(search, cursor=page.next_cursor)

    def _place(self, node: Node) -> SortKey:
        rank = None
        if self._order.name != CREATED:
            rank = rank_of(self._order, node_properties(self._kinds[node.id.kind], node))
        position = Position(rank, node.created, node.id.key)
        return (*position.sort_key(descending=self._order.descending), node.id.kind)

    def _is_behind(self, place: SortKey, last: SortKey) -> bool:
        return place < last if self._order.descending else place > last


def _written(begins: Mapping[str, str | None], last: SortKey) -> str:
    missing, rank, created, key, kind = last
    document: Document = {"begins": dict(begins), "last": [missing, list(rank), created, key, kind]}
    return base64.urlsafe_b64encode(encode(document)).decode().rstrip("=")


def _read(cursor: str) -> tuple[dict[str, str | None], SortKey]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        document: Any = decode(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        begins = {str(kind): str(begin) for kind, begin in document["begins"].items()}
        missing, (place, value), created, key, kind = document["last"]
        _check_types(((missing, bool), (place, int), (created, int), (key, str), (kind, str)))
        _check_types(((float(value) if place == 0 else value, (float, str, bool)[place]),))
        return dict(begins), (missing, (place, value), created, key, kind)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with")) from error


def _check_types(given: Sequence[tuple[object, type]]) -> None:
    if any(type(value) is not wanted for value, wanted in given):
        raise TypeError
