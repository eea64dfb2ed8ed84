"""What the memory store holds: a networkx graph whose nodes and edges are lists of versions, and records.

Written for obviousness: every question is answered by looking at everything that could matter. No locks here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import TypeVar

from arangovis.domain.errors import MissingExtra
from arangovis.domain.graph import Action, Caller, Direction, Edge, EdgeId, Node, Record, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, decode, encode
from arangovis.stores.frozen import FrozenStore
from arangovis.stores.transaction import Draft, EdgeDraft, Transaction, WriteSet
from arangovis_schema import BUILT_IN, VertexKind
from arangovis_schema.declarations import vertex_kind_of

V = TypeVar("V", Node, Edge)


class Content:
    """Everything in one memory store."""

    def __init__(self) -> None:
        try:
            from networkx import MultiDiGraph
        except ImportError as error:
            raise MissingExtra("the memory store needs networkx: install arangovis[memory]") from error
        self._graph = MultiDiGraph()
        self._records: dict[tuple[str, str], Record] = {}
        self.last_time = 0
        self.change_number = 0

    # --- reading ----------------------------------------------------------------------------------------------

    def versions(self, node_id: NodeId) -> list[Node]:
        """Return all versions of a node, oldest first."""
        return list(self._graph.nodes[node_id]["versions"]) if node_id in self._graph else []

    def node(self, node_id: NodeId, at: int | None = None) -> Node | None:
        """Return the version of a node that was valid then, or is now."""
        return _valid(self.versions(node_id), at)

    def nodes(self) -> Iterator[Node]:
        """Yield the current version of every node."""
        for _, data in self._graph.nodes(data=True):
            yield data["versions"][-1]

    def edge(self, edge_id: EdgeId) -> Edge | None:
        """Return the current version of an edge, deleted or not."""
        data = self._graph.get_edge_data(edge_id.source, edge_id.target, (edge_id.kind, edge_id.role))
        return None if data is None else data["versions"][-1]

    def edges_at(self, node_id: NodeId, direction: Direction, at: int | None = None) -> Iterator[Edge]:
        """Yield the edges at a node that were not deleted then, or are not now; a loop may come twice."""
        if node_id not in self._graph:
            return
        if direction is not Direction.UPSTREAM:
            yield from _alive(self._graph.out_edges(node_id, data="versions"), at)
        if direction is not Direction.DOWNSTREAM:
            yield from _alive(self._graph.in_edges(node_id, data="versions"), at)

    def edge_versions(self, node_id: NodeId) -> Iterator[Edge]:
        """Yield every version of the edges at a node, edge by edge; a loop comes once."""
        if node_id not in self._graph:
            return
        for _, _, versions in self._graph.out_edges(node_id, data="versions"):
            yield from versions
        for source, _, versions in self._graph.in_edges(node_id, data="versions"):
            yield from versions if source != node_id else ()

    def record(self, kind: str, key: str) -> Record | None:
        """Return a record, or None."""
        return self._records.get((kind, key))

    def records(self, kind: str, group: str | None, due_max: int | None) -> list[Record]:
        """Return the records of a scan, in order."""
        chosen = [
            record
            for record in self._records.values()
            if record.kind == kind
            and (group is None or record.group == group)
            and (due_max is None or record.due <= due_max)
        ]
        return sorted(chosen, key=position)

    def vertex_kind(self, name: str) -> VertexKind | None:
        """Return a declared vertex kind, or None."""
        record = self.record("kind", f"vertex.{name}")
        return BUILT_IN.vertices.get(name) if record is None else vertex_kind_of(record.data)

    def frozen(self) -> "FrozenContent":
        """Return a copy that later actions do not change."""
        edges = (versions for _, _, versions in self._graph.edges(data="versions"))
        nodes = (versions for _, versions in self._graph.nodes(data="versions"))
        copied = [version for versions in (*nodes, *edges) for version in versions]
        return FrozenContent(self.last_time, copied, tuple(self._records.values()))

    # --- writing ----------------------------------------------------------------------------------------------

    def apply(self, writes: WriteSet, *, now: int, caller: Caller, action_id: str) -> None:
        """Write what an action wrote, as versions of one time.

        Raises:
            InvalidInput: something is not JSON; then nothing is written.

        """
        stored = {draft_id: _stored(draft.attributes) for draft_id, draft in (writes.nodes | writes.edges).items()}
        records = {key: record and replace(record, data=_stored(record.data)) for key, record in writes.records.items()}
        for key, record in records.items():
            self._records.pop(key, None)
            if record is not None:
                self._records[key] = record
        if not writes.touches_graph:
            return
        self.change_number += 1
        self.last_time = max(now, self.last_time + 1)
        version = Version(1, self.last_time, None, caller.actor, caller.request_id, action_id)
        for node in writes.nodes.values():
            self._write_node(node, stored[node.id], version)
        for edge in writes.edges.values():
            self._write_edge(edge, stored[edge.id], version)

    def _write_node(self, draft: Draft, attributes: Document, version: Version) -> None:
        versions = self._graph.nodes[draft.id]["versions"] if draft.id in self._graph else []
        created = versions[0].created if versions else version.valid_from
        self._graph.add_node(draft.id, versions=versions)
        _append(versions, Node(draft.id, draft.project, attributes, version._replace(deleted=draft.deleted), created))

    def _write_edge(self, draft: EdgeDraft, attributes: Document, version: Version) -> None:
        ends, key = (draft.id.source, draft.id.target), (draft.id.kind, draft.id.role)
        versions = (self._graph.get_edge_data(*ends, key) or {"versions": []})["versions"]
        self._graph.add_edge(*ends, key, versions=versions)
        _append(versions, Edge(draft.id, attributes, version._replace(deleted=draft.deleted)))


class FrozenContent(FrozenStore):
    """One state of a memory store: versions and records do not change, so to list them is to freeze them."""

    def __init__(self, at: int, versions: Sequence[Node | Edge], records: Sequence[Record]) -> None:
        self.at = at
        self._versions = versions
        self._records = records

    def actions(self, *, after: int = 0, until: int | None = None) -> Iterator[Action]:
        """Sort all versions by time and id, and cut them into actions."""
        chosen = [item for item in self._versions if after < item.version.valid_from <= _end(until, self.at)]
        for _, versions in groupby(sorted(chosen, key=_written), key=_time):
            yield _action(list(versions))

    def action_count(self, *, after: int = 0, until: int | None = None) -> int:
        """Count the times."""
        return len({_time(item) for item in self._versions if after < _time(item) <= _end(until, self.at)})

    def records(self, kind: str) -> Iterator[Record]:
        """Sort the records of a kind."""
        yield from sorted((record for record in self._records if record.kind == kind), key=position)


class MemoryTransaction(Transaction):
    """An action on the memory store, which runs alone."""

    def __init__(self, content: Content, *, now: int) -> None:
        super().__init__(now)
        self._content = content

    def _read_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Draft]:
        nodes = [node for node in map(self._content.node, ids) if node is not None]
        return {node.id: Draft(node.id, node.project, node.attributes, node.version.deleted) for node in nodes}

    def _read_edges(
        self, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None, *, limit: int | None = None
    ) -> Sequence[EdgeDraft]:
        edges = (edge for edge in self._content.edges_at(node_id, direction) if kinds is None or edge.id.kind in kinds)
        return [EdgeDraft(edge.id, edge.attributes) for edge in islice(edges, limit)]

    def _read_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        edge = self._content.edge(edge_id)
        return None if edge is None else EdgeDraft(edge.id, edge.attributes, edge.version.deleted)

    def _read_record(self, kind: str, key: str) -> Record | None:
        return self._content.record(kind, key)

    def _read_records(self, kind: str, group: str | None, due_max: int | None, limit: int) -> Sequence[Record]:
        return self._content.records(kind, group, due_max)[:limit]


def position(record: Record) -> tuple[str, int, str]:
    """Return what the records of a scan are ordered by."""
    return record.group, record.due, record.key


def _valid(versions: Sequence[V], at: int | None) -> V | None:
    """Return the version that was valid at a time: from its begin on, until before its end."""
    if at is None:
        return versions[-1] if versions else None
    begun = [version for version in versions if version.version.valid_from <= at]
    return begun[-1] if begun else None


def _time(item: Node | Edge) -> int:
    return item.version.valid_from


def _written(item: Node | Edge) -> tuple[int, NodeId | EdgeId]:
    return item.version.valid_from, item.id


def _end(until: int | None, at: int) -> int:
    return at if until is None else min(until, at)


def _action(versions: Sequence[Node | Edge]) -> Action:
    nodes = tuple(_open_ended(version) for version in versions if isinstance(version, Node))
    edges = tuple(_open_ended(version) for version in versions if isinstance(version, Edge))
    first = versions[0].version
    return Action(first.valid_from, first.action_id, first.actor, first.request_id, nodes, edges)


def _open_ended(item: V) -> V:
    return item._replace(version=item.version._replace(valid_to=None))


def _alive(found: Iterable[tuple[NodeId, NodeId, list[Edge]]], at: int | None) -> Iterator[Edge]:
    for _, _, versions in found:
        edge = _valid(versions, at)
        if edge is not None and not edge.version.deleted:
            yield edge


def _append(versions: list[V], new: V) -> None:
    """Add a version behind the last one, which ends where the new one begins."""
    if versions:
        last = versions[-1]
        versions[-1] = last._replace(version=last.version._replace(valid_to=new.version.valid_from))
    number = len(versions) + 1
    versions.append(new._replace(version=new.version._replace(number=number)))


def _stored(document: Document) -> Document:
    """Return a copy that is JSON and nobody else holds."""
    return decode(encode(document))
