"""Imports of arangopipe's graphs: what comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from arangovis.exchange.arangopipe.graph import Bundle, Held
from arangovis.exchange.arangopipe.names import GRAPH_NAME
from arangovis.services.exchange.arangopipe import BUNDLES_MAX
from arangovis_api.schemas.base import LoadedSchema, Name

PARTS_MAX = 100_000
KEY_LENGTH_MAX = 254


@dataclass(frozen=True, slots=True)
class ArangopipeBody:
    """Pieces of a graph."""

    bundles: tuple[Bundle, ...]
    graph: str = GRAPH_NAME


class _Document(fields.Field[dict[str, Any]]):
    """A document with its key."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> dict[str, Any]:
        key = value.get("_key") if isinstance(value, Mapping) else None
        if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH_MAX:
            raise ValidationError(f"Not a document with a _key of 1 to {KEY_LENGTH_MAX} characters.")
        return dict(value)


class HeldSchema(LoadedSchema):
    """A document and its collection."""

    target = Held
    collection = Name("The name of the collection.", required=True)
    document = _Document(required=True, metadata={"description": "The document, with `_key`.", "type": "object"})


class HeldEdgeSchema(HeldSchema):
    """An edge and its collection."""

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> Held:
        ends = [data["document"].get(end) for end in ("_from", "_to")]
        if not all(isinstance(end, str) and "/" in end for end in ends):
            raise ValidationError("Not an edge: its _from and _to are not of the form collection/key.", "document")
        return Held(**data)


class BundleSchema(LoadedSchema):
    """What is written whole or not at all."""

    target = Bundle
    documents = fields.List(fields.Nested(HeldSchema), validate=validate.Length(max=PARTS_MAX))
    edges = fields.List(fields.Nested(HeldEdgeSchema), validate=validate.Length(max=PARTS_MAX))
    links = fields.List(
        fields.Tuple((fields.String(), fields.String())),
        validate=validate.Length(max=PARTS_MAX),
        metadata={"description": "Pairs of ids that a text `related_...` joins."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> Bundle:
        return Bundle(**{name: tuple(members) for name, members in data.items()})


class ArangopipeSchema(LoadedSchema):
    """Pieces of a graph of arangopipe, each after all that it refers to."""

    target = ArangopipeBody
    graph = Name(f"The name of the graph; {GRAPH_NAME} if left out.")
    bundles = fields.List(fields.Nested(BundleSchema), required=True, validate=validate.Length(1, BUNDLES_MAX))
