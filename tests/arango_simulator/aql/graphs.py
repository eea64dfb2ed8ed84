"""What traversals and path searches have in common: where edges lead, vertices by id, weights, starts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.expressions import compile_collection, compile_value
from tests.arango_simulator.aql.failures import (
    BIND_TYPE,
    NEGATIVE_WEIGHT,
    PARSE,
    UNDECLARED_COLLECTION,
    ArangoError,
    failure,
)
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.values import array, is_number
from tests.arango_simulator.errors import error
from tests.arango_simulator.world import Document

BAD_PARAMETER = 10
NO_COLLECTION = 1203
NO_DOCUMENT = 1202
_REVERSED = {"OUTBOUND": "INBOUND", "INBOUND": "OUTBOUND", "ANY": "ANY"}


@dataclass(frozen=True, slots=True)
class Hop:
    """An edge and the vertex that it leads to."""

    edge: Document
    target: str


class Network:
    """The edges that a search may follow, with a direction for each collection."""

    def __init__(self, run: Run, directions: Mapping[str, str]) -> None:
        self._run = run
        self._directions = directions
        self._vertices: dict[str, Document | None] = {}

    def hops(self, vertex: str, *, backwards: bool = False) -> Iterator[Hop]:
        """Yield the edges of a vertex, in an order that means nothing."""
        for collection, direction in self._directions.items():
            way = _REVERSED[direction] if backwards else direction
            yield from self._run.shuffled(self._hops(collection, vertex, way))

    def _hops(self, collection: str, vertex: str, way: str) -> Iterator[Hop]:
        world = self._run.world
        if way != "INBOUND":
            for edge in world.edges(collection, vertex, "outbound"):
                self._run.step()
                yield Hop(edge, edge["_to"])
        if way != "OUTBOUND":
            for edge in world.edges(collection, vertex, "inbound"):
                self._run.step()
                if way == "INBOUND" or edge["_from"] != edge["_to"]:
                    yield Hop(edge, edge["_from"])

    def vertex(self, identifier: str) -> Document | None:
        """Return a vertex; null and a warning if an edge leads to nothing."""
        if identifier not in self._vertices:
            self._check_known(identifier.partition("/")[0])
            found = self._vertices[identifier] = self.lookup(identifier)
            if found is None:
                self._run.warn_text(NO_DOCUMENT, f"document not found: {identifier}")
        return self._vertices[identifier]

    def _check_known(self, collection: str) -> None:
        if self._run.known is not None and collection not in self._run.known:
            raise failure(UNDECLARED_COLLECTION, collection)

    def lookup(self, identifier: str) -> Document | None:
        """Return a vertex, None if it or its collection does not exist."""
        collection, _, key = identifier.partition("/")
        try:
            return self._run.world.get(collection, key)
        except ArangoError as refusal:
            if refusal.number != NO_COLLECTION:
                raise
            return None

    def restricted(self, collections: Any) -> "Network":
        """Return the part with some edge collections only; all for none."""
        names = array(collections)
        for name in names:
            self._run.world.collection_type(name)
        if not names:
            return self
        return Network(self._run, {name: way for name, way in self._directions.items() if name in names})


def compile_network(graph: nodes.GraphPart, direction: str, scope: Scope) -> Callable[[Run], Network]:
    """Return what gives the edges of a named graph or of edge collections."""
    scope.touch("walk")
    if graph.name is not None:
        scope.touch("graph", graph.name)
        name = compile_value(graph.name, scope)
        return lambda run: _of_graph(run, name(run, []), direction)
    ways = []
    for own, node in graph.edges:
        ways.append((compile_collection(node, scope), own or direction))
        scope.touch("read", node, "edges")

    def network(run: Run) -> Network:
        directions: dict[str, str] = {}
        for collection, way in ways:
            if directions.setdefault(collection(run), way) != way:
                raise failure(PARSE, f"conflicting directions specified for collection '{collection(run)}'")
        return Network(run, directions)

    return network


def _of_graph(run: Run, name: Any, direction: str) -> Network:
    if not isinstance(name, str):
        raise failure(BIND_TYPE, "graph name")
    return Network(run, {definition.collection: direction for definition in run.world.graph(name)})


def start_of(run: Run, value: Any) -> str | None:
    """Return the id of a start vertex, given as one or as a document; None and a warning for anything else."""
    identifier = value.get("_id") if isinstance(value, dict) else value
    if isinstance(identifier, str) and identifier.count("/") == 1:
        return identifier
    run.warn_text(BAD_PARAMETER, "Invalid input for traversal: only id strings or objects with _id are allowed")
    return None


def weigher(settings: Mapping[str, Any]) -> Callable[[Document], int | float]:
    """Return what weighs an edge; 1957 for a negative weight."""
    attribute, default = settings.get("weightAttribute"), settings.get("defaultWeight", 1)
    if not is_number(default) or default < 0:
        raise failure(NEGATIVE_WEIGHT)

    def weigh(edge: Document) -> Any:
        value: Any = edge.get(attribute) if isinstance(attribute, str) else None
        if not is_number(value):
            return default
        if value < 0:
            raise failure(NEGATIVE_WEIGHT)
        return value

    return weigh


def compile_depth(depth: nodes.Expression | None, scope: Scope) -> Callable[[Run, Frame], tuple[int, int]]:
    """Return what gives the least and the greatest depth; both are 1 if not given."""
    if depth is None:
        return lambda run, frame: (1, 1)
    ends = (depth.low, depth.high) if isinstance(depth, nodes.Range) else (depth, depth)
    low, high = compile_value(ends[0], scope), compile_value(ends[1], scope)

    def bounds(run: Run, frame: Frame) -> tuple[int, int]:
        least, most = _depth(low(run, frame)), _depth(high(run, frame))
        if least > most:
            raise failure(PARSE, f"invalid traversal depth {least}..{most}")
        return least, most

    return bounds


def _depth(value: Any) -> int:
    if not is_number(value) or value < 0:
        raise failure(PARSE, f"invalid traversal depth {value!r}")
    return int(value)


def path_document(vertices: Sequence[Any], edges: Sequence[Any], **more: Any) -> Document:
    """Return a path as AQL shows it."""
    return {"edges": list(edges), "vertices": list(vertices), **more}


def bad_option(text: str) -> ArangoError:
    """Return the refusal of an option of a traversal."""
    return error(BAD_PARAMETER, text)
