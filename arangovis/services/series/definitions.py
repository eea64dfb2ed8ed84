"""Series: fixed sets of fields. A named one is a contract; an implicit one is made when its fields are first logged
together, once however many loggers do so at the same time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import AlreadyExists, Fault, InUse, InvalidInput, NotFound, TooLarge
from arangovis.domain.graph import Caller, Direction, EdgeId, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, digest_of
from arangovis.domain.search import Search
from arangovis.domain.series import FIELDS_MAX, Series, SeriesField
from arangovis.domain.views import items, optional_text
from arangovis.services.catalogue import check_name, project_id
from arangovis.services.catalogue.names import project_key
from arangovis.services.series.fields import Fields, field_named, namespace_of, new_id, unknown
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Draft, Transaction

SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class SeriesMade:
    """A series, and whether it is new."""

    series: Series
    created: bool


class SeriesDefinitions:
    """The series of all projects."""

    def __init__(self, store: GraphStore, fields: Fields) -> None:
        self._store = store
        self._fields = fields

    def create(
        self, project: str, name: str, fields: Sequence[str], caller: Caller, *, description: str = ""
    ) -> SeriesMade:
        """Create a series of existing fields, given by name; the same series again is found.

        Raises:
            AlreadyExists: there is a series of this name with other fields.
            InvalidInput: fields are unknown (all of them are listed), named twice, or none.
            NotFound: there is no such project.
            TooLarge: there are too many fields.

        """
        check_name("name", name)
        _check_fields(fields)

        def action(transaction: Transaction) -> SeriesMade:
            home = project_id(transaction, project).key
            chosen = _fields_named(transaction, home, fields)
            holder = transaction.reserved(namespace_of("series", home), name)
            if holder is not None:
                return SeriesMade(_same(transaction, holder, chosen, name), created=False)
            node = new_id(transaction, "series", home, name)
            series = Series(node, home, name, tuple(chosen), description=description)
            transaction.move_reservation(namespace_of("series", home), name, node)
            return SeriesMade(_write(transaction, series), created=True)

        return self._store.transact(action, caller)

    def delete(self, node_id: NodeId, caller: Caller) -> None:
        """Delete a series that nothing was logged to.

        Raises:
            InUse: something was; the series data are its dependants.
            NotFound: there is no such series.

        """
        if node_id.kind != "series":
            raise NotFound(f"there is no series {node_id}")
        self._store.transact(lambda tx: _delete(tx, node_id), caller)

    def get(self, node_id: NodeId) -> Series:
        """Return a series.

        Raises:
            NotFound: there is none.

        """
        node = self._store.find(node_id) if node_id.kind == "series" else None
        if node is None or node.version.deleted:
            raise NotFound(f"there is no {node_id}")
        return self.of_nodes((node,))[0]

    def named(self, project: str | None, name: str) -> Series:
        """Return the series of a name in a project, given by its key.

        Raises:
            NotFound: there is none.

        """
        holder = self._store.reserved(namespace_of("series", project), name)
        if holder is None:
            raise NotFound(f"there is no series {name!r} in this project")
        return self.get(holder)

    def implicit(self, fields: Iterable[SeriesField]) -> NodeId | None:
        """Return the implicit series of exactly these fields, or None if they were never logged together."""
        chosen = list(fields)
        project = chosen[0].project if chosen else None
        return self._store.reserved(namespace_of("implicit-series", project), _set_name(chosen))

    def list(self, project: str | None = None, *, limit: int = 100, cursor: str | None = None) -> Page[Series]:
        """Return a page of the series of a project, given by its name, or of all; newest first.

        Raises:
            NotFound: there is no such project.

        """
        home = project_key(self._store, project)
        page = self._store.search(Search("series", project=home, limit=limit, cursor=cursor))
        return Page(self.of_nodes(page.items), page.next_cursor)

    def of_nodes(self, nodes: Sequence[Node]) -> tuple[Series, ...]:
        """Return the series of some nodes, with their fields as they are called now."""
        keys = dict.fromkeys(key for node in nodes for key in field_keys(node.attributes))
        read = self._fields.get_many([NodeId("field", key) for key in keys])
        found = {field.node.key: field for field in read}
        return tuple(
            _series(node.id, node.project, node.attributes, [found[key] for key in field_keys(node.attributes)])
            for node in nodes
        )


def field_keys(attributes: Document) -> tuple[str, ...]:
    """Return the keys of a series' fields, in order."""
    return tuple(map(str, items(attributes, "fields")))


def ensure_implicit(transaction: Transaction, fields: Sequence[SeriesField]) -> NodeId:
    """Return the implicit series of exactly these fields, made if nobody did before, inside an action."""
    project = fields[0].project
    namespace, name = namespace_of("implicit-series", project), _set_name(fields)
    holder = transaction.reserved(namespace, name)
    if holder is not None and transaction.find(holder) is not None:
        return holder
    node = new_id(transaction, "series", project, f"fields {name}")
    ordered = tuple(sorted(fields, key=lambda field: field.name))
    transaction.move_reservation(namespace, name, node)
    return _write(transaction, Series(node, project, None, ordered, implicit=True)).node


def _set_name(fields: Iterable[SeriesField]) -> str:
    """Return a name that all orders of the same fields share."""
    return digest_of(sorted(field.node.key for field in fields))


def _write(transaction: Transaction, series: Series) -> Series:
    attributes: dict[str, object] = {"fields": [field.node.key for field in series.fields]}
    if series.name is not None:
        attributes["name"] = series.name
    if series.implicit:
        attributes["implicit"] = True
    if series.description:
        attributes["description"] = series.description
    transaction.create(series.node, series.project, attributes)  # type: ignore[arg-type]
    for field in series.fields:
        transaction.link(EdgeId("contains", series.node, field.node, "field"))
    return series


def _series(node_id: NodeId, project: str | None, attributes: Document, fields: Sequence[SeriesField]) -> Series:
    return Series(
        node=node_id,
        project=project,
        name=optional_text(attributes, "name"),
        fields=tuple(fields),
        implicit=attributes.get("implicit") is True,
        description=optional_text(attributes, "description") or "",
    )


def _check_fields(names: Sequence[str]) -> None:
    if not names:
        raise InvalidInput.of(Fault("fields", "a series has at least one field"))
    if len(names) > FIELDS_MAX:
        raise TooLarge(f"a series of {len(names)} fields is asked for; at most {FIELDS_MAX} are allowed")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput.of(*(Fault("fields", f"{name[:80]!r} is named twice") for name in twice))


def _fields_named(transaction: Transaction, project: str, names: Sequence[str]) -> list[SeriesField]:
    found = {name: field_named(transaction, project, name) for name in names}
    missing = [name for name, field in found.items() if field is None]
    if missing:
        raise unknown(missing)
    return [field for field in found.values() if field is not None]


def _same(transaction: Transaction, node_id: NodeId, fields: Sequence[SeriesField], name: str) -> Series:
    draft: Draft = transaction.get(node_id)
    if set(field_keys(draft.attributes)) != {field.node.key for field in fields}:
        raise AlreadyExists(f"series {name!r} exists already with other fields; its fields are fixed")
    by_key = {field.node.key: field for field in fields}
    return _series(node_id, draft.project, draft.attributes, [by_key[key] for key in field_keys(draft.attributes)])


def _delete(transaction: Transaction, node_id: NodeId) -> None:
    draft = transaction.get(node_id)
    edges = transaction.edges_of(node_id, Direction.DOWNSTREAM, ("contains",))
    logged = [edge.id.target for edge in edges if edge.id.target.kind == "series_data"]
    live = sorted(str(end) for end in logged if transaction.find(end) is not None)
    if live:
        raise InUse(f"series {node_id.key} is not empty: {len(live)} runs logged to it", tuple(live[:SHOWN_MAX]))
    name = optional_text(draft.attributes, "name")
    if name is not None:
        transaction.release(namespace_of("series", draft.project), name)
    transaction.delete(node_id, force=True)
