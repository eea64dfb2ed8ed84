"""Facets that were counted are kept until the graph changes: who turns a page, or looks again, counts nothing."""

import threading
from collections.abc import Sequence

from arangovis.domain.access import current_scope
from arangovis.domain.facets import Facets
from arangovis.domain.search import Search
from arangovis.stores.base import GraphStore

KEPT_MAX = 100
"""So many answers, the last ones."""


class KeptFacets:
    """Counts over a store. An answer is never older than the moment of its question."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._change = -1
        self._kept: dict[str, Facets] = {}
        self._lock = threading.Lock()

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """See `GraphStore.facets`."""
        asked = (current_scope().view, search.kind, search.where, search.project, tuple(names), limit)
        key = repr(asked)  # not equality: 1 is not True
        change = self._store.change_number()
        kept = self._at(change).get(key)
        if kept is None:
            kept = self._store.facets(search, names, limit)
            self._keep(change, key, kept)
        return kept

    def _at(self, change: int) -> dict[str, Facets]:
        """Return what was counted since a change, or at it."""
        with self._lock:
            if change > self._change:
                self._change, self._kept = change, {}
            return self._kept if change == self._change else {}

    def _keep(self, change: int, key: str, facets: Facets) -> None:
        with self._lock:
            if change != self._change:
                return
            self._kept[key] = facets
            if len(self._kept) > KEPT_MAX:
                del self._kept[next(iter(self._kept))]
