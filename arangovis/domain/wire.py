"""Answers as JSON documents and back: what a dataclass declares is all there is to say about its form.

The API writes with `to_wire`, the SDK reads with `from_wire`, and the OpenAPI document is made from the same type
hints (`arangovis_api.schemas.generated`). Node ids travel as `kind/key`, enumerations as their values, tuples as
lists, sets as sorted lists. An answer with a field `partial_reasons` also says `partial`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from arangovis.domain.graph import Edge, EdgeId, Node, Version, Visit
from arangovis.domain.ids import NodeId

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

PARTIAL_REASONS = "partial_reasons"


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
    """Return a node as JSON."""
    return {
        "id": str(node.id),
        "kind": node.id.kind,
        "project": node.project,
        "attributes": node.attributes or {},
        "version": to_wire(node.version),
        "created": node.created,
    }


def edge_document(edge: Edge) -> dict[str, Any]:
    """Return an edge as JSON; of its version only the beginning and the actor."""
    return {
        "kind": edge.id.kind,
        "from": str(edge.id.source),
        "to": str(edge.id.target),
        "role": edge.id.role,
        "attributes": edge.attributes or {},
        "since": edge.version.valid_from,
        "actor": edge.version.actor,
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
    Visit: lambda visit: {**node_document(visit.node), "depth": visit.depth},
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
