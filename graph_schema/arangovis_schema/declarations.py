"""Declarations of kinds as JSON documents, so that users can add kinds at run time."""

from collections.abc import Mapping
from typing import Any

from arangovis_schema.fields import Field, FieldType
from arangovis_schema.kinds import EdgeKind, KeyRule, VertexKind

RETIRED = "retired"
"""The mark in a declaration that was taken back; it stays, so that what was of the kind can be read."""


def vertex_kind_document(kind: VertexKind) -> dict[str, Any]:
    """Return the declaration of a vertex kind as JSON."""
    return {
        "name": kind.name,
        "description": kind.description,
        "key_rule": kind.key_rule.value,
        "fields": [_field_document(field) for field in kind.fields],
    }


def edge_kind_document(kind: EdgeKind) -> dict[str, Any]:
    """Return the declaration of an edge kind as JSON."""
    return {
        "name": kind.name,
        "description": kind.description,
        "sources": list(kind.sources),
        "targets": list(kind.targets),
        "lineage": kind.lineage,
        "fields": [_field_document(field) for field in kind.fields],
    }


def vertex_kind_of(document: Mapping[str, Any]) -> VertexKind:
    """Read what `vertex_kind_document` wrote, as a user's kind."""
    fields = tuple(_field_of(field) for field in document["fields"])
    rule, retired = KeyRule(document["key_rule"]), bool(document.get(RETIRED))
    return VertexKind(document["name"], document["description"], rule, fields, custom=True, retired=retired)


def edge_kind_of(document: Mapping[str, Any]) -> EdgeKind:
    """Read what `edge_kind_document` wrote, as a user's kind."""
    return EdgeKind(
        document["name"],
        document["description"],
        tuple(document["sources"]),
        tuple(document["targets"]),
        document["lineage"],
        tuple(_field_of(field) for field in document["fields"]),
        custom=True,
        retired=bool(document.get(RETIRED)),
    )


def _field_document(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.type.value,
        "description": field.description,
        "required": field.required,
        "searchable": field.searchable,
        "choices": list(field.choices),
    }


def _field_of(document: Mapping[str, Any]) -> Field:
    return Field(
        document["name"],
        FieldType(document["type"]),
        document["description"],
        document["required"],
        document["searchable"],
        tuple(document["choices"]),
    )
