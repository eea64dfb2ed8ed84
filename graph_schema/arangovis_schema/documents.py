"""Marshmallow schemas of vertices and edges, generated from the declarations."""

from collections.abc import Iterable
from functools import lru_cache

from marshmallow import RAISE, Schema, fields, validate

from arangovis_schema.fields import Field, FieldType
from arangovis_schema.kinds import EdgeKind, VertexKind


@lru_cache(maxsize=512)
def document_schema(kind: VertexKind | EdgeKind) -> Schema:
    """Return the schema that an attribute document of this kind is validated with; unknown names are errors."""
    return Schema.from_dict(_schema_fields(kind.fields), name=_class_name(kind.name))(unknown=RAISE)


def _schema_fields(declared: Iterable[Field]) -> dict[str, fields.Field[object]]:
    return {field.name: _marshmallow_field(field) for field in declared}


def _marshmallow_field(field: Field) -> fields.Field[object]:
    validator = validate.OneOf(field.choices) if field.choices else None
    common = {
        "required": field.required,
        "allow_none": not field.required,
        "metadata": {"description": field.description},
    }
    if field.type is FieldType.TEXTS:
        return fields.List(fields.String(), **common)  # type: ignore[arg-type,return-value]
    return _SIMPLE[field.type](validate=validator, **common)  # type: ignore[arg-type]


_SIMPLE: dict[FieldType, type[fields.Field[object]]] = {
    FieldType.TEXT: fields.String,  # type: ignore[dict-item]
    FieldType.INTEGER: fields.Integer,  # type: ignore[dict-item]
    FieldType.NUMBER: fields.Float,  # type: ignore[dict-item]
    FieldType.BOOLEAN: fields.Boolean,  # type: ignore[dict-item]
    FieldType.VALUES: fields.Dict,  # type: ignore[dict-item]
    FieldType.DOCUMENT: fields.Raw,
}


def _class_name(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("_"))
