"""Kinds of vertex and edge that users add while the service runs, and take away again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from arangovis.domain.errors import Fault, InUse, InvalidInput
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import DEPENDANTS_SHOWN_MAX, Transaction
from arangovis_schema import BUILT_IN, EdgeKind, Field, FieldType, Schema, VertexKind
from arangovis_schema.kinds import ANY_KIND

VERTEX, EDGE = "vertex", "edge"
REMOVED_BATCH = 500
"""So many nodes or edges of a kind are removed in one action."""
OWN_FIELDS = (
    Field("name", FieldType.TEXT, "The name people know it by.", searchable=True),
    Field("description", FieldType.TEXT, "What it is, in a sentence or two."),
    Field("tags", FieldType.TEXTS, "Words to find it by.", searchable=True),
    Field("attributes", FieldType.VALUES, "The user's own facts about it.", searchable=True),
)
"""What every vertex kind of a user's has, so that its nodes are found as the built-in ones are."""


@dataclass(frozen=True, slots=True)
class KindField:
    """A declared field of a kind."""

    name: str
    type: str
    description: str
    required: bool
    searchable: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of vertex or edge in force; `sources`, `targets` and `lineage` speak of edges."""

    name: str
    of: str
    description: str
    built_in: bool
    fields: tuple[KindField, ...]
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    lineage: bool = False


@dataclass(frozen=True, slots=True)
class RemovedKind:
    """A kind that nothing new may be of, and how many nodes or edges went with it."""

    name: str
    removed: int


class Kinds:
    """The kinds in force."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def schema(self) -> Schema:
        """Return the kinds in force: the built-in ones and the users'."""
        schema = self._store.schema()
        return Schema(
            tuple(kind for kind in schema.vertex_kinds if not kind.retired),
            tuple(kind for kind in schema.edge_kinds if not kind.retired),
        )

    def all(self) -> list[Kind]:
        """Return the kinds in force, vertex kinds first, each sort by name."""
        schema = self.schema()
        vertices = [_vertex_view(kind) for kind in schema.vertex_kinds]
        edges = [_edge_view(kind) for kind in schema.edge_kinds]
        return [*sorted(vertices, key=lambda kind: kind.name), *sorted(edges, key=lambda kind: kind.name)]

    def declare_vertex(self, kind: VertexKind, caller: Caller) -> bool:
        """Add a vertex kind, or fields to one that is there; return whether anything changed.

        Raises:
            AlreadyExists: it is built in, or fields of it would change.
            InvalidInput: the name is no name of a kind.

        """
        NodeId.of(kind.name, "x")
        named = {field.name for field in kind.fields}
        own = tuple(field for field in OWN_FIELDS if field.name not in named)
        whole = replace(kind, fields=(*own, *kind.fields), custom=True)
        return self._store.transact(lambda tx: tx.declare_vertex_kind(whole), caller)

    def declare_edge(self, kind: EdgeKind, caller: Caller) -> bool:
        """Add an edge kind, or fields to one that is there; return whether anything changed.

        Raises:
            AlreadyExists: it is built in, or what it joins or its fields would change.
            InvalidInput: the name is no name of a kind, or it joins kinds that are not declared; all are named.

        """
        NodeId.of(kind.name, "x")
        known = self.schema().vertices.keys() | {ANY_KIND}
        ends = (("from", kind.sources), ("to", kind.targets))
        strange = [(end, name) for end, names in ends for name in names if name not in known]
        if strange:
            raise InvalidInput.of(*(Fault(end, f"{name!r} is not a declared vertex kind") for end, name in strange))
        return self._store.transact(lambda tx: tx.declare_edge_kind(replace(kind, custom=True)), caller)

    def remove(self, group: str, name: str, caller: Caller, *, force: bool = False) -> RemovedKind:
        """Take back a user's `vertex` or `edge` kind; what was of it stays readable as history.

        Args:
            group: `vertex` or `edge`.
            name: of the kind.
            caller: who does it.
            force: remove what is of the kind too, instead of refusing.

        Raises:
            InvalidInput: there is no such kind of a user's.
            InUse: nodes or edges are of it, and `force` is false.

        """
        self._check_users(group, name)
        removed = 0
        while used := self._used(group, name):
            if not force:
                shown = tuple(str(_owner(item)) for item in used[:DEPENDANTS_SHOWN_MAX])
                raise InUse(f"the kind {name} is in use by {', '.join(shown[:5])}", shown)
            self._store.transact(lambda tx, used=used: _remove_all(tx, used), caller)  # type: ignore[misc]
            removed += len(used)
        self._store.transact(lambda tx: tx.retire_kind(group, name), caller)
        return RemovedKind(name, removed)

    def _check_users(self, group: str, name: str) -> None:
        schema = self.schema()
        users = schema.vertices.keys() - BUILT_IN.vertices.keys()
        if group == EDGE:
            users = schema.edges.keys() - BUILT_IN.edges.keys()
        if name not in users:
            raise InvalidInput.of(Fault("name", f"{name[:80]!r} is no {group} kind that a user declared"))

    def _used(self, group: str, name: str) -> list[NodeId] | list[EdgeId]:
        """Return some of what is of a kind."""
        if group == VERTEX:
            return [node.id for node in self._store.search(Search(name, limit=REMOVED_BATCH)).items]
        kind = self._store.schema().edges[name]
        names = self.schema().vertices if ANY_KIND in kind.sources else kind.sources
        for ids in (page for source in names for page in self._pages(source)):
            edges = self._store.edges_of(ids, Direction.DOWNSTREAM, (name,), limit=REMOVED_BATCH)
            if edges:
                return [edge.id for edge in edges]
        return []

    def _pages(self, kind: str) -> Iterator[list[NodeId]]:
        for nodes in self._store.all_pages(Search(kind, limit=PAGE_SIZE_MAX)):
            yield [node.id for node in nodes]


def _remove_all(transaction: Transaction, used: list[NodeId] | list[EdgeId]) -> None:
    for item in used:
        if isinstance(item, EdgeId):
            transaction.unlink(item)
        else:
            transaction.delete(item, force=True)


def _owner(item: NodeId | EdgeId) -> NodeId:
    return item.source if isinstance(item, EdgeId) else item


def _vertex_view(kind: VertexKind) -> Kind:
    return Kind(kind.name, VERTEX, kind.description, not kind.custom, _fields(kind.fields))


def _edge_view(kind: EdgeKind) -> Kind:
    joins = kind.sources, kind.targets, kind.lineage
    return Kind(kind.name, EDGE, kind.description, not kind.custom, _fields(kind.fields), *joins)


def _fields(declared: tuple[Field, ...]) -> tuple[KindField, ...]:
    return tuple(
        KindField(one.name, one.type.value, one.description, one.required, one.searchable, one.choices)
        for one in declared
    )
