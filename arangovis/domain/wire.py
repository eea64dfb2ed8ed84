"""Answers as JSON documents and back: what a dataclass declares is all there is to say about its form.

The API writes with `to_wire`, the SDK reads with `from_wire`, and the OpenAPI document is made from the same type
hints (`arangovis_api.schemas.generated`). Node ids travel as `kind/key`, enumerations as their values, tuples as
lists, sets as sorted lists. An answer with a field `partial_reasons` also says `partial`.

Nodes and edges, of which one answer may hold very many, are written out name by name: a large lineage is five times as
quick so as by way of a library.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from arangovis.domain.access import is_redacted
from arangovis.domain.graph import Edge, EdgeId, Node, Version, Visit
from arangovis.domain.ids import NodeId

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

PARTIAL_REASONS = "partial_reasons"
_NO_ATTRIBUTES: dict[str, Any] = {}


def to_wire(value: object) -> Any:
    """Return a value as what JSON can hold; mappings of documents are left as they are."""
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    kind: Any = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        document = {name: to_wire(getattr(value, name)) for name in _names(kind)}
        if PARTIAL_REASONS in document:
            document["partial"] = bool(document[PARTIAL_REASONS])
        return document
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: to_wire(getattr(value, name)) for name in value._fields}
    if isinstance(value, Mapping):
        return {str(name): to_wire(member) for name, member in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(to_wire(member) for member in value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_wire(member) for member in value]
    return value


def from_wire(document: object, wanted: type[T]) -> T:
    """Read what `to_wire` wrote; names that the type does not have are left out.

    Raises:
        ValueError, KeyError, TypeError: it is of another form.

    """
    return _converter().structure(document, wanted)


def node_document(node: Node) -> dict[str, Any]:
    """Return a node as JSON; one that the caller may not read is its id and kind, in the same form."""
    document = {
        "id": str(node.id),
        "kind": node.id.kind,
        "project": node.project,
        "attributes": node.attributes or _NO_ATTRIBUTES,
        "version": version_document(node.version),
        "created": node.created,
    }
    return document | {"redacted": True} if is_redacted(node) else document


def visit_document(visit: Visit) -> dict[str, Any]:
    """Return a node that a walk reached as JSON."""
    document = node_document(visit.node)
    document["depth"] = visit.depth
    return document


def edge_document(edge: Edge) -> dict[str, Any]:
    """Return an edge as JSON; of its version only the beginning and the actor."""
    edge_id, version = edge.id, edge.version
    return {
        "kind": edge_id.kind,
        "from": f"{edge_id.source.kind}/{edge_id.source.key}",
        "to": f"{edge_id.target.kind}/{edge_id.target.key}",
        "role": edge_id.role,
        "attributes": edge.attributes or _NO_ATTRIBUTES,
        "since": version.valid_from,
        "actor": version.actor,
    }


def version_document(version: Version) -> dict[str, Any]:
    """Return a version as JSON."""
    return {
        "number": version.number,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "actor": version.actor,
        "request_id": version.request_id,
        "action_id": version.action_id,
        "deleted": version.deleted,
    }


def node_of(document: Mapping[str, Any]) -> Node:
    """Read a node."""
    version = Version(**document["version"])
    node_id = NodeId.parse(document["id"])
    return Node(node_id, document["project"], document["attributes"], version, document["created"])


def edge_of(document: Mapping[str, Any]) -> Edge:
    """Read an edge; its version is a first one of which only the beginning and the actor are known."""
    ends = NodeId.parse(document["from"]), NodeId.parse(document["to"])
    version = Version(1, document["since"], None, document["actor"], "", "")
    return Edge(EdgeId(document["kind"], *ends, document["role"]), document["attributes"], version)


_WRITERS: Mapping[type, Any] = {
    NodeId: str,
    Node: node_document,
    Edge: edge_document,
    Visit: visit_document,
    Version: version_document,
    str: str,
    int: int,
    float: float,
    bool: bool,
}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _converter() -> "Converter":
    from cattrs import Converter
    from cattrs.cols import is_namedtuple, namedtuple_dict_structure_factory

    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_func(_is_plain, lambda document, _: document)
    converter.register_structure_hook_factory(is_namedtuple, namedtuple_dict_structure_factory)
    for kind, read in _READERS.items():
        converter.register_structure_hook(kind, read)
    return converter


_READERS: Mapping[type, Callable[[Any, Any], object]] = {
    NodeId: lambda text, _: NodeId.parse(text),
    Node: lambda document, _: node_of(document),
    Edge: lambda document, _: edge_of(document),
    Visit: lambda document, _: Visit(node_of(document), document["depth"]),
}
_SIMPLE = frozenset({str, int, float, bool, type(None)})


def _is_plain(hint: Any) -> bool:
    """Say whether what JSON gives for a type is the value already: documents, scalars of several types."""
    if hint is Any or "JsonValue" in str(hint):
        return True
    arguments = get_args(hint)
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return arguments[0] is str and (arguments[1] in _SIMPLE or _is_plain(arguments[1]))
    return len(arguments) > 1 and get_origin(hint) in (Union, UnionType) and _SIMPLE.issuperset(arguments)
