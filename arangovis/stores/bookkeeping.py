"""The half of a transaction that rests on records: reservations, sequences, and kinds that users declare."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import AlreadyExists, Conflict, Fault, InvalidInput
from arangovis.domain.graph import EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, digest_of
from arangovis.stores.drafts import WriteSet
from arangovis_schema import BUILT_IN, EdgeKind, VertexKind
from arangovis_schema.declarations import (
    RETIRED,
    edge_kind_document,
    edge_kind_of,
    vertex_kind_document,
    vertex_kind_of,
)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of records that an action is about to make."""

    kind: str
    group: str | None = None
    due_max: int | None = None
    limit: int = 1000
    about: str | None = None
    """The first record's key is also that of a node of this kind, which will be read."""


class Bookkeeping(ABC):
    """Records as an action sees them, and what is made of records."""

    def __init__(self, now: int) -> None:
        self.now = now
        """The store's clock when the action began, microseconds since 1970."""
        self.writes = WriteSet()

    # --- what a backend gives ---------------------------------------------------------------------------------

    @abstractmethod
    def _read_record(self, kind: str, key: str) -> Record | None:
        """Return a record."""

    @abstractmethod
    def _read_records(self, kind: str, group: str | None, due_max: int | None, limit: int) -> Sequence[Record]:
        """Return records as `GraphStore.records` does."""

    # --- reading ahead ----------------------------------------------------------------------------------------

    def expect(  # noqa: B027  most stores ignore it
        self,
        *,
        nodes: Iterable[NodeId] = (),
        edges: Iterable[EdgeId] = (),
        records: Iterable[tuple[str, str]] = (),
        scans: Sequence[Scan] = (),
    ) -> None:
        """Say what the action is about to read; nothing depends on it but time.

        A store that is far away reads all of it in one call; one that is near ignores it.

        Args:
            nodes: existing or not.
            edges: existing or not.
            records: kind and key of each, existing or not.
            scans: scans of records.

        """

    # --- records ----------------------------------------------------------------------------------------------

    def record(self, kind: str, key: str) -> Record | None:
        """Return a record as the action sees it."""
        if (kind, key) in self.writes.records:
            return self.writes.records[kind, key]
        return self._read_record(kind, key)

    def stored_record(self, kind: str, key: str) -> Record | None:
        """Return a record as it was before this action."""
        return self._read_record(kind, key)

    def records(
        self, kind: str, group: str | None = None, *, due_max: int | None = None, limit: int = 1000
    ) -> tuple[Record, ...]:
        """Return records as `GraphStore.records` does, with the action's own writes."""
        own = {key: record for (own_kind, key), record in self.writes.records.items() if own_kind == kind}
        stored = self._read_records(kind, group, due_max, limit + len(own))
        merged = {record.key: record for record in stored} | own
        chosen = [r for r in merged.values() if r is not None and _in_scan(r, group, due_max)]
        return tuple(sorted(chosen, key=lambda r: (r.group, r.due, r.key))[:limit])

    def put_record(self, record: Record) -> None:
        """Write a record, new or over the one of its key."""
        self.writes.records[record.kind, record.key] = record

    def remove_record(self, kind: str, key: str) -> None:
        """Remove a record; one that is not there stays not there."""
        self.writes.records[kind, key] = None

    # --- names and numbers ------------------------------------------------------------------------------------

    def reserve(self, namespace: str, name: str, node_id: NodeId) -> NodeId:
        """Take a name for a node and return who holds it now: this node, or the one that was first."""
        key = record_key(namespace, name)
        present = self.record("reservation", key)
        if present is not None:
            return NodeId.parse(str(present.data["node"]))
        self._put_reservation(namespace, name, node_id)
        return node_id

    def reserved(self, namespace: str, name: str) -> NodeId | None:
        """Return who holds a name, or None."""
        present = self.record("reservation", record_key(namespace, name))
        return None if present is None else NodeId.parse(str(present.data["node"]))

    def move_reservation(self, namespace: str, name: str, node_id: NodeId) -> None:
        """Give a name to a node, whoever held it before."""
        self._put_reservation(namespace, name, node_id)

    def release(self, namespace: str, name: str) -> None:
        """Free a name."""
        self.remove_record("reservation", record_key(namespace, name))

    def rename(self, namespace: str, old: str, new: str, node_id: NodeId) -> None:
        """Swap the name of a node; the node keeps its id.

        Raises:
            Conflict: the old name is not this node's, or the new one is another's.

        """
        if self.reserved(namespace, old) != node_id:
            raise Conflict(f"{old!r} is not the name of {node_id}")
        if self.reserved(namespace, new) not in (None, node_id):
            raise AlreadyExists(f"the name {new!r} is taken")
        self.release(namespace, old)
        self._put_reservation(namespace, new, node_id)

    def next_number(self, sequence: str) -> int:
        """Return the next integer of a sequence: 1, 2, ... without gaps, since it commits with the action."""
        key = record_key("sequence", sequence)
        present = self.record("sequence", key)
        number = 1 + (0 if present is None else int(str(present.data["last"])))
        self.put_record(Record("sequence", key, data={"sequence": sequence, "last": number}))
        return number

    def _put_reservation(self, namespace: str, name: str, node_id: NodeId) -> None:
        data: Document = {"namespace": namespace, "name": name, "node": str(node_id)}
        self.put_record(Record("reservation", record_key(namespace, name), group=namespace, data=data))

    # --- kinds ------------------------------------------------------------------------------------------------

    def declare_vertex_kind(self, kind: VertexKind) -> bool:
        """Add a vertex kind, or fields to one added before. Return whether anything changed.

        Raises:
            AlreadyExists: the kind is built in, or the declaration drops or changes a field.

        """
        if kind.name in BUILT_IN.vertices:
            raise AlreadyExists(f"{kind.name} is a built-in vertex kind")
        return self._declare(f"vertex.{kind.name}", "vertex", vertex_kind_document(kind))

    def declare_edge_kind(self, kind: EdgeKind) -> bool:
        """Add an edge kind, or fields to one added before. Return whether anything changed.

        Raises:
            AlreadyExists: the kind is built in, or the declaration drops or changes a field.

        """
        if kind.name in BUILT_IN.edges:
            raise AlreadyExists(f"{kind.name} is a built-in edge kind")
        return self._declare(f"edge.{kind.name}", "edge", edge_kind_document(kind))

    def _declare(self, key: str, group: str, document: Document) -> bool:
        present = self.record("kind", key)
        if present is not None and present.data == document:
            return False
        retired = present is not None and present.data.get(RETIRED)
        if present is not None and not retired and not _grows(present.data, document):
            raise AlreadyExists(f"{document['name']} is declared already; a declaration may only gain fields")
        self.put_record(Record("kind", key, group=group, data=document))
        return True

    def retire_kind(self, group: str, name: str) -> None:
        """Take back the declaration of a user's `vertex` or `edge` kind: nothing new may be of it.

        Raises:
            InvalidInput: it is not declared.

        """
        declared = self._declared(group, name)
        record = Record("kind", f"{group}.{name}", group=group, data={**declared, RETIRED: True})
        self.put_record(record)

    def vertex_kind(self, name: str, *, retired: bool = False) -> VertexKind:
        """Return a declared vertex kind, read from the store if it is a user's; a retired one only if asked for.

        Raises:
            InvalidInput: it is not declared.

        """
        return BUILT_IN.vertices.get(name) or vertex_kind_of(self._declared("vertex", name, retired=retired))

    def edge_kind(self, name: str, *, retired: bool = False) -> EdgeKind:
        """Return a declared edge kind, read from the store if it is a user's; a retired one only if asked for.

        Raises:
            InvalidInput: it is not declared.

        """
        return BUILT_IN.edges.get(name) or edge_kind_of(self._declared("edge", name, retired=retired))

    def _declared(self, group: str, name: str, *, retired: bool = False) -> Document:
        record = self.record("kind", f"{group}.{name}")
        if record is None or (record.data.get(RETIRED) and not retired):
            raise InvalidInput.of(Fault("kind", f"{name!r} is not a declared {group} kind"))
        return record.data


def record_key(*parts: str) -> str:
    """Return a key that is safe on every store for names with any characters."""
    return digest_of(list(parts))[:40]


def _grows(old: Document, new: Document) -> bool:
    old_fields, new_fields = old["fields"], new["fields"]
    same_rest = {**old, "fields": None} == {**new, "fields": None}
    return (
        same_rest
        and isinstance(old_fields, list)
        and isinstance(new_fields, list)
        and new_fields[: len(old_fields)] == old_fields
    )


def _in_scan(record: Record, group: str | None, due_max: int | None) -> bool:
    return (group is None or record.group == group) and (due_max is None or record.due <= due_max)
