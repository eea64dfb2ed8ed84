"""Schemas of answers, made from the dataclasses that are answered; see `arangovis.domain.wire`.

They document: OpenAPI is generated from them, and tests check samples against them. Nothing is dumped through them.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from marshmallow import Schema, fields, validate

from arangovis.domain.graph import Edge, Node, Visit
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import PARTIAL_REASONS
from arangovis_api.schemas.answers import EdgeAnswer, NodeAnswer, VisitAnswer

_NESTED: Mapping[type, type[Schema]] = {Node: NodeAnswer, Edge: EdgeAnswer, Visit: VisitAnswer}
_SIMPLE: Mapping[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
    NodeId: fields.String,
}


@cache
def answer_schema(answer: Any) -> type[Schema]:
    """Return the schema of a dataclass or named tuple that is answered, called `<its name>Answer`."""
    members: dict[str, Any] = {name: _field(hint) for name, hint in answer.__annotations__.items()}
    if PARTIAL_REASONS in members:
        members["partial"] = fields.Boolean(required=True)
    name = answer.__name__.removesuffix("Answer") + "Answer"
    return type(name, (Schema,), {**members, "__doc__": answer.__doc__, "__module__": answer.__module__})


@cache
def page_schema(item: Any) -> type[Schema]:
    """Return the schema of a page of such answers."""
    nested = _NESTED.get(item) or answer_schema(item)
    members = {
        "items": fields.List(fields.Nested(nested), required=True),
        "next_cursor": fields.String(required=True, allow_none=True),
    }
    return type(f"{item.__name__}Page", (Schema,), {**members, "__module__": item.__module__})


def _field(hint: Any, *, none: bool = False) -> fields.Field[Any]:
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        members = [argument for argument in arguments if argument is not type(None)]
        may_be_none = none or len(members) < len(arguments)
        return _field(members[0], none=may_be_none) if len(members) == 1 else _any(may_be_none)
    if hint in _SIMPLE:
        return _SIMPLE[hint](required=True, allow_none=none)
    if hint in _NESTED:
        return fields.Nested(_NESTED[hint], required=True, allow_none=none)
    if isinstance(hint, type):
        return _of_class(hint, none=none)
    return _of_generic(get_origin(hint), arguments, none=none)


def _of_class(kind: Any, *, none: bool) -> fields.Field[Any]:
    if issubclass(kind, Enum):
        values = [member.value for member in kind]
        return fields.String(required=True, allow_none=none, validate=validate.OneOf(values))
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return fields.Nested(answer_schema(kind), required=True, allow_none=none)
    return _any(none)


def _of_generic(origin: Any, arguments: tuple[Any, ...], *, none: bool) -> fields.Field[Any]:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        value = _any(none=True) if "JsonValue" in str(arguments[1]) else _field(arguments[1])
        return fields.Dict(values=value, required=True, allow_none=none)
    if isinstance(origin, type) and issubclass(origin, Sequence | AbstractSet):
        return fields.List(_field(arguments[0]), required=True, allow_none=none)
    return _any(none)


def _any(none: bool) -> fields.Field[Any]:
    return fields.Raw(required=True, allow_none=none)
