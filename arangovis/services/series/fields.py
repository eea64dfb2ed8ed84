"""Fields: named, typed quantities. A name is unique in its project; renaming keeps the field and all its data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from arangovis.domain.errors import AlreadyExists, Conflict, Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Page
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.search import Search
from arangovis.domain.series import FieldKind, SeriesField
from arangovis.services.catalogue import check_name, project_id
from arangovis.services.catalogue.names import project_key
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction, record_key

READER = Caller("reader")


@dataclass(frozen=True, slots=True)
class FieldMade:
    """A field, and whether it is new."""

    field: SeriesField
    created: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What to change of a field; None leaves it."""

    name: str | None = None
    description: str | None = None
    kind: FieldKind | None = None


class Fields:
    """The fields of all projects."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def create(
        self, project: str, name: str, kind: FieldKind, caller: Caller, *, description: str | None = None
    ) -> FieldMade:
        """Create a field in a project; the same field again is found, described in any way if `description` is None.

        Raises:
            AlreadyExists: there is a field of this name with another kind or description.
            InvalidInput: it has no proper name.
            NotFound: there is no such project.

        """
        check_name("name", name)

        def action(transaction: Transaction) -> FieldMade:
            home = project_id(transaction, project).key
            present = field_named(transaction, home, name)
            if present is None:
                wanted = SeriesField(new_id(transaction, "field", home, name), home, name, kind, description or "")
                return FieldMade(add_field(transaction, wanted), created=True)
            if present.kind is not kind or description not in (None, present.description):
                raise AlreadyExists(_other(present, kind))
            return FieldMade(present, created=False)

        return self._store.transact(action, caller)

    def change(self, node_id: NodeId, change: FieldChange, caller: Caller) -> SeriesField:
        """Rename or describe a field, or give it another kind while it is not in use.

        Raises:
            AlreadyExists: another field has the name.
            Conflict: values of its kind were logged.
            InvalidInput: it is no proper name.
            NotFound: there is no such field.

        """
        if change.name is not None:
            check_name("name", change.name)
        return self._store.transact(lambda tx: _changed(tx, node_id, change), caller)

    def get(self, node_id: NodeId) -> SeriesField:
        """Return a field.

        Raises:
            NotFound: there is none.

        """
        return self.get_many((node_id,))[0]

    def get_many(self, ids: Sequence[NodeId]) -> tuple[SeriesField, ...]:
        """Return fields, in order.

        Raises:
            NotFound: one does not exist.

        """
        found = self._store.get_many(ids)
        for node_id in ids:
            if node_id.kind != "field" or node_id not in found or found[node_id].version.deleted:
                raise NotFound(f"there is no {node_id}")
        return tuple(SeriesField.of(node.id, node.project, node.attributes) for node in map(found.__getitem__, ids))

    def named(self, project: str | None, names: Iterable[str]) -> Mapping[str, SeriesField]:
        """Return the fields of these names in a project, given by its key; names that are no field's are left out."""
        ids = self._holders(namespace_of("field", project), list(names))
        nodes = self._store.get_many([node_id for node_id in ids.values() if node_id is not None])
        found = {name: nodes.get(node_id) for name, node_id in ids.items() if node_id is not None}
        return {
            name: SeriesField.of(node.id, node.project, node.attributes)
            for name, node in found.items()
            if node is not None and not node.version.deleted
        }

    def _holders(self, namespace: str, names: Sequence[str]) -> Mapping[str, NodeId | None]:
        """Return who holds some names: from a store that is far away, in one call."""
        if self._store.actions_take_turns:
            return {name: self._store.reserved(namespace, name) for name in names}
        return self._store.transact(lambda tx: _reserved(tx, namespace, names), READER)

    def list(self, project: str | None = None, *, limit: int = 100, cursor: str | None = None) -> Page[SeriesField]:
        """Return a page of the fields of a project, given by its name, or of all; newest first.

        Raises:
            NotFound: there is no such project.

        """
        home = project_key(self._store, project)
        page = self._store.search(Search("field", project=home, limit=limit, cursor=cursor))
        return Page([SeriesField.of(node.id, node.project, node.attributes) for node in page.items], page.next_cursor)


def namespace_of(kind: str, project: str | None) -> str:
    """Return the namespace of names in a project, given by its key."""
    return f"{kind} {project or ''}"


def new_id(transaction: Transaction, kind: str, project: str | None, name: str) -> NodeId:
    """Return an id for a new named thing: that of its name, or if one that was renamed has it, a further one."""
    node_id, number = named_id(kind, project, name), 1
    while transaction.find_many((node_id,)):
        number += 1
        node_id = named_id(kind, project, name, str(number))
    return node_id


def field_named(transaction: Transaction, project: str | None, name: str) -> SeriesField | None:
    """Return the field of a name in a project, inside an action."""
    holder = transaction.reserved(namespace_of("field", project), name)
    draft = None if holder is None else transaction.find(holder)
    return None if draft is None else SeriesField.of(draft.id, draft.project, draft.attributes)


def add_field(transaction: Transaction, field: SeriesField) -> SeriesField:
    """Write a new field, whose name is free."""
    transaction.create(field.node, field.project, field.document())
    transaction.move_reservation(namespace_of("field", field.project), field.name, field.node)
    return field


def mark_in_use(transaction: Transaction, fields: Iterable[SeriesField]) -> None:
    """Note inside an action that values of some fields are logged, which fixes their kinds.

    Raises:
        Conflict: one was given another kind since it was read.

    """
    for field in fields:
        draft = transaction.get(field.node)
        now = SeriesField.of(draft.id, draft.project, draft.attributes)
        if now.kind is not field.kind:
            raise Conflict(f"field {now.name!r} was just made a {now.kind.value}; send it again")
        if not now.in_use:
            transaction.update(field.node, {**draft.attributes, "in_use": True})


def unknown(names: Iterable[str]) -> InvalidInput:
    """Return the error that lists names which are no field's."""
    return InvalidInput.of(*(Fault(name[:80], "is not a field of this project") for name in names))


def _reserved(transaction: Transaction, namespace: str, names: Sequence[str]) -> Mapping[str, NodeId | None]:
    transaction.expect(records=[("reservation", record_key(namespace, name)) for name in names])
    return {name: transaction.reserved(namespace, name) for name in names}


def _changed(transaction: Transaction, node_id: NodeId, change: FieldChange) -> SeriesField:
    if node_id.kind != "field":
        raise NotFound(f"there is no field {node_id}")
    draft = transaction.get(node_id)
    before = SeriesField.of(draft.id, draft.project, draft.attributes)
    wanted = {name: getattr(change, name) for name in ("name", "description", "kind")}
    after = replace(before, **{name: value for name, value in wanted.items() if value is not None})
    if after.kind is not before.kind and before.in_use:
        raise Conflict(f"field {before.name!r} has values of kind {before.kind.value}; its kind is fixed")
    if after.name != before.name:
        transaction.rename(namespace_of("field", before.project), before.name, after.name, node_id)
    # What is left out of the document, an empty description, is to go.
    rest = {name: value for name, value in draft.attributes.items() if name != "description"}
    transaction.update(node_id, {**rest, **after.document()})
    return after


def _other(present: SeriesField, kind: FieldKind) -> str:
    if present.kind is not kind:
        return f"field {present.name!r} exists already as {present.kind.value}, not {kind.value}"
    return f"field {present.name!r} exists already with another description; change it instead"
