"""Named graphs: which collections belong to one, and the rules for changing that (page "Named graphs")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.errors import error
from tests.arango_simulator.world import EdgeDefinition


@dataclass
class Graph:
    """A named graph; `revision` is new after every change."""

    name: str
    definitions: tuple[EdgeDefinition, ...]
    orphans: tuple[str, ...]
    revision: str

    def edge_collections(self) -> list[str]:
        """Return the edge collections."""
        return [definition.collection for definition in self.definitions]

    def vertex_collections(self) -> list[str]:
        """Return the vertex collections of all relations, and the orphans."""
        joined = [name for definition in self.definitions for name in (*definition.sources, *definition.targets)]
        return sorted({*joined, *self.orphans})

    def collections(self) -> set[str]:
        """Return all collections."""
        return {*self.edge_collections(), *self.vertex_collections()}

    def definition(self, collection: str) -> EdgeDefinition:
        """Return a relation; 1930 if the graph does not have it."""
        for definition in self.definitions:
            if definition.collection == collection:
                return definition
        raise error(1930)

    def check_vertex_collection(self, collection: str) -> None:
        """Raise 1949 unless the collection belongs to the graph (page "API changes in 3.12")."""
        if collection not in self.vertex_collections():
            raise error(1949)

    def described(self) -> dict[str, Any]:
        """Return the graph as it is sent."""
        return {
            "_key": self.name,
            "_id": f"_graphs/{self.name}",
            "_rev": self.revision,
            "name": self.name,
            "edgeDefinitions": [describe(definition) for definition in self.definitions],
            "orphanCollections": list(self.orphans),
            "numberOfShards": 1,
            "replicationFactor": 1,
            "writeConcern": 1,
            "isSmart": False,
            "isDisjoint": False,
            "isSatellite": False,
        }


def describe(definition: EdgeDefinition) -> dict[str, Any]:
    """Return a relation as it is sent."""
    return {
        "collection": definition.collection,
        "from": list(definition.sources),
        "to": list(definition.targets),
    }


def parse_definition(given: object) -> EdgeDefinition:
    """Return a relation from a request; 1923 if it is malformed."""
    if not isinstance(given, Mapping) or not isinstance(given.get("collection"), str):
        raise error(1923)
    return EdgeDefinition(given["collection"], _names(given.get("from")), _names(given.get("to")))


def _names(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise error(1923)
    return tuple(sorted(set(given)))


def check_definitions(definitions: Iterable[EdgeDefinition], others: Iterable[Graph]) -> None:
    """Raise 1920 if an edge collection is used twice, 1921 if another graph uses it with other ends."""
    seen: set[str] = set()
    elsewhere = {definition.collection: definition for graph in others for definition in graph.definitions}
    for definition in definitions:
        if definition.collection in seen:
            raise error(1920)
        seen.add(definition.collection)
        if elsewhere.get(definition.collection, definition) != definition:
            raise error(1921)
