"""A graph of arangopipe as it was exported: its documents, and the pieces that are written at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from arangovis.exchange.arangopipe.names import COLLECTIONS, EDGE_COLLECTIONS, GRAPH_NAME, RELATED

Seed: TypeAlias = Mapping[str, Any]


class Held(NamedTuple):
    """A document or an edge, and the collection that it is in."""

    collection: str
    document: Seed

    @property
    def id(self) -> str:
        """Its id, `collection/key`."""
        return f"{self.collection}/{self.document['_key']}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is written whole or not at all.

    Args:
        documents: a run comes with its parameters and its performance, everything else alone.
        edges: those that were written with them.
        links: pairs of ids, from the texts `related_…`.

    """

    documents: tuple[Held, ...] = ()
    edges: tuple[Held, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SeedGraph:
    """The documents of all collections, by collection; edges have `_from` and `_to`."""

    vertices: Mapping[str, Sequence[Seed]] = field(default_factory=dict)
    edges: Mapping[str, Sequence[Seed]] = field(default_factory=dict)
    name: str = GRAPH_NAME

    @property
    def own_vertices(self) -> tuple[str, ...]:
        """Collections of vertices that a user added."""
        return tuple(sorted(name for name in self.vertices if name not in COLLECTIONS))

    @property
    def own_edges(self) -> tuple[str, ...]:
        """Collections of edges that a user added."""
        return tuple(sorted(name for name in self.edges if name not in EDGE_COLLECTIONS))

    def bundles(self) -> Iterator[Bundle]:
        """Yield the pieces, each after all that it refers to; links come last."""
        owned = self._owned_edges()
        with_runs = self._of_runs()
        taken = {held.id for group in with_runs.values() for held in group}
        for collection in (*COLLECTIONS, *self.own_vertices):
            for document in self.vertices.get(collection, ()):
                whole = Held(collection, document)
                if whole.id in taken:
                    continue
                group = (whole, *with_runs.get(whole.id, ()))
                yield Bundle(group, tuple(edge for held in group for edge in owned.pop(held.id, ())))
        left = (edge for edges in owned.values() for edge in edges)
        yield from (Bundle(edges=(edge,)) for edge in left)
        yield from self._links()

    def _owned_edges(self) -> dict[str, list[Held]]:
        """Return the edges by the end that was written last; those of users by the id that nobody has."""
        known = {Held(name, document).id for name, documents in self.vertices.items() for document in documents}
        found: dict[str, list[Held]] = {}
        for collection, documents in self.edges.items():
            spec = EDGE_COLLECTIONS.get(collection)
            for document in documents:
                ends = ["_from", "_to"] if spec is None else [spec.owner, *{"_from", "_to"} - {spec.owner}]
                own = "" if spec is None else next((str(document[end]) for end in ends if document[end] in known), "")
                found.setdefault(own, []).append(Held(collection, document))
        return found

    def _of_runs(self) -> dict[str, tuple[Held, ...]]:
        """Return the parameters and the performance of each run; what is of two runs is the first one's."""
        parts = {
            Held(name, document).id: Held(name, document)
            for name in ("modelparams", "devperf")
            for document in self.vertices.get(name, ())
        }
        runs = {Held("run", document).id for document in self.vertices.get("run", ())}
        found: dict[str, tuple[Held, ...]] = {}
        for collection in ("run_modelparams", "run_devperf"):
            for edge in self.edges.get(collection, ()):
                part = parts.pop(str(edge["_to"]), None) if edge["_from"] in runs else None
                if part is not None:
                    found[str(edge["_from"])] = (*found.get(str(edge["_from"]), ()), part)
        return found

    def _links(self) -> Iterator[Bundle]:
        for collection, documents in self.vertices.items():
            for document in documents:
                links = tuple((Held(collection, document).id, target) for target in related_ids(document))
                if links:
                    yield Bundle(links=links)


def related_ids(document: Seed) -> list[str]:
    """Return the ids in the texts `related_…` of a document, each once."""
    texts = (value for name, value in document.items() if name.startswith(f"{RELATED}_") and isinstance(value, str))
    return list(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))


def related_texts(document: Seed, ids: Sequence[str]) -> dict[str, str]:
    """Return the texts `related_…` with more ids; those that are there already stay as they were written."""
    known = set(related_ids(document))
    added: dict[str, list[str]] = {}
    for one in dict.fromkeys(ids):
        if one not in known:
            added.setdefault(f"{RELATED}_{one.partition('/')[0]}", []).append(one)
    before = {name: [str(document[name])] if document.get(name) else [] for name in added}
    return {name: ",".join([*before[name], *more]) for name, more in added.items()}
