"""Data known by metadata, nodes and links by their ids, and users' kinds: what comes in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from marshmallow import ValidationError, fields, post_load, validate

from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document
from arangovis.services.catalogue.data import (
    ColumnLineage,
    Derivation,
    DescribedDataset,
    DescribedFeatureset,
    Feature,
)
from arangovis.services.catalogue.entities import LINKED, NewNode
from arangovis.services.catalogue.kinds import EDGE, VERTEX
from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Name, QuerySchema, cursor, page_limit
from arangovis_api.schemas.catalogue import FIELDS_MAX, FactsSchema
from arangovis_schema import EdgeKind, Field, FieldType, KeyRule, VertexKind

LABEL_LENGTH_MAX = 256
_DIGEST = validate.Regexp(r"[0-9a-f]{64}\Z", error="Not SHA-256 as 64 hex digits in lower case.")
_ID = {"description": "`kind/key`"}


class Id(fields.Field[NodeId]):
    """The id of a node."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> NodeId:
        if not isinstance(value, str):
            raise ValidationError("Not of the form kind/key.")
        try:
            return NodeId.parse(value)
        except ValueError as error:
            raise ValidationError("Not of the form kind/key.") from error


@dataclass(frozen=True, slots=True)
class DatasetBody:
    """A data set to register."""

    project: str
    dataset: DescribedDataset


@dataclass(frozen=True, slots=True)
class FeaturesetBody:
    """A feature set to register."""

    project: str
    featureset: DescribedFeatureset


@dataclass(frozen=True, slots=True)
class FindQuery:
    """Which nodes of a kind."""

    name: str | None = None
    tag: str | None = None
    attribute: str | None = None
    value: str | None = None
    filter: str = ""
    project: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None

    @property
    def wanted(self) -> str | float | bool | None:
        """The value: JSON where it is a number, a boolean or a quoted text, else the text itself."""
        if self.value is None:
            return None
        try:
            read = orjson.loads(self.value)
        except orjson.JSONDecodeError:
            return self.value
        return read if isinstance(read, str | int | float | bool) else self.value


@dataclass(frozen=True, slots=True)
class ChangeBody:
    """Attributes to change; null removes one."""

    attributes: Document


@dataclass(frozen=True, slots=True)
class ForceQuery:
    """Whether what depends on it matters."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class LinkBody:
    """A link to make or to take away."""

    source: NodeId
    target: NodeId
    label: str = ""
    kind: str = LINKED
    attributes: Document = field(default_factory=lambda: EMPTY)

    @property
    def edge(self) -> EdgeId:
        """The edge that it is."""
        return EdgeId(self.kind, self.source, self.target, self.label)


@dataclass(frozen=True, slots=True)
class KindQuery:
    """Which sort of kind to take back, and whether what is of it goes with it."""

    of: str = VERTEX
    force: bool = False


class DescribedDatasetSchema(FactsSchema):
    """A data set that is known by metadata: its rows are kept elsewhere."""

    target = DatasetBody
    project = Name("The name of its project.", required=True)
    name = Name("The data set's name.", required=True)
    version = Name("Which state of it; a new one succeeds the one before.")
    digest = fields.String(validate=_DIGEST, metadata={"description": "SHA-256 of its content, 64 hex digits."})
    url = fields.String(
        validate=validate.Length(1, 4096), metadata={"description": "Where its rows are; it is never opened."}
    )
    rows = fields.Integer(strict=True, validate=validate.Range(0), metadata={"description": "How many rows it has."})
    columns = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 256)),
        values=fields.String(),
        validate=validate.Length(max=FIELDS_MAX),
        metadata={"description": "The type of each column by name."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        project, facts = data.pop("project"), facts_of(data)
        return DatasetBody(project, DescribedDataset(**data, facts=facts))


class FeatureSchema(LoadedSchema):
    """One feature."""

    target = Feature
    name = Name("The feature's name.", required=True)
    dtype = fields.String(required=True, validate=validate.Length(1, 64))
    transformation = fields.String(metadata={"description": "What made it of the columns."})


class ColumnLineageSchema(LoadedSchema):
    """Which columns of the source a column was made of."""

    target = ColumnLineage
    to = Name("The column or feature.", required=True)
    sources = fields.List(fields.String(), required=True, data_key="from")
    transform = fields.String()

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return ColumnLineage(data["to"], tuple(data["sources"]), data.get("transform"))


class DerivationSchema(LoadedSchema):
    """What something was derived from."""

    target = Derivation
    source = Id(required=True, metadata=_ID)
    transformation = fields.String(metadata={"description": "What was done."})
    columns = fields.List(fields.Nested(ColumnLineageSchema), validate=validate.Length(max=FIELDS_MAX))

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return Derivation(data["source"], data.get("transformation"), tuple(data.get("columns", ())))


class DescribedFeaturesetSchema(FactsSchema):
    """A feature set, and what it was derived from."""

    target = FeaturesetBody
    project = Name("The name of its project.", required=True)
    name = Name("The feature set's name.", required=True)
    version = Name("Which state of it; a new one succeeds the one before.")
    features = fields.List(fields.Nested(FeatureSchema), required=True, validate=validate.Length(min=1, max=FIELDS_MAX))
    derived_from = fields.List(fields.Nested(DerivationSchema), validate=validate.Length(max=1000))

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        project, facts = data.pop("project"), facts_of(data)
        data["features"], data["derived_from"] = tuple(data["features"]), tuple(data.get("derived_from", ()))
        return FeaturesetBody(project, DescribedFeatureset(**data, facts=facts))


class FindSchema(QuerySchema):
    """Which nodes of a kind; all conditions hold together."""

    target = FindQuery
    name = fields.String(metadata={"description": "Its name."})
    tag = fields.String(metadata={"description": "One of its tags."})
    attribute = fields.String(
        metadata={"description": "A searchable field, `params.x`, `metrics.x`, or an attribute of the user's own."}
    )
    value = fields.String(
        metadata={"description": 'What the attribute equals: a number, true, false, or a text; `"5"` is a text.'}
    )
    filter = fields.String(metadata={"description": "A condition of the filter language."})
    project = fields.String(metadata={"description": "The name of a project."})
    limit = page_limit()
    cursor = cursor()


class NewNodeSchema(LoadedSchema):
    """A node of a user's kind."""

    target = NewNode
    project = Name("The name of its project.")
    name = Name("Its name: under one name there is one node.")
    key = fields.String(metadata={"description": "A key of your own."})
    attributes = fields.Dict(keys=fields.String())

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return NewNode("", **data)


class ChangeSchema(LoadedSchema):
    """Attributes to change."""

    target = ChangeBody
    attributes = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "Those to change; null removes one."}
    )


class ForceSchema(QuerySchema):
    """Whether what depends on it matters."""

    target = ForceQuery
    force = fields.Boolean(metadata={"description": "Do it though something depends on it."})


class NewLinkSchema(LoadedSchema):
    """A link between two nodes."""

    target = LinkBody
    source = Id(required=True, data_key="from", metadata=_ID)
    to = Id(required=True, attribute="target", metadata=_ID)
    label = fields.String(validate=validate.Length(max=LABEL_LENGTH_MAX))
    kind = fields.String(metadata={"description": "The kind of edge; `linked` if left out."})
    attributes = fields.Dict(keys=fields.String(), metadata={"description": "As the kind of edge declares them."})


class OldLinkSchema(QuerySchema):
    """The link to take away."""

    target = LinkBody
    source = Id(required=True, data_key="from", metadata=_ID)
    to = Id(required=True, attribute="target", metadata=_ID)
    label = fields.String()
    kind = fields.String(metadata={"description": "The kind of edge; `linked` if left out."})


class KindFieldSchema(LoadedSchema):
    """A field of a kind."""

    target = Field
    name = Name("The field's name.", required=True)
    type = fields.String(required=True, validate=validate.OneOf([one.value for one in FieldType]))
    description = fields.String(load_default="")
    required = fields.Boolean()
    searchable = fields.Boolean()
    choices = fields.List(fields.String())

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        data["type"], data["choices"] = FieldType(data["type"]), tuple(data.get("choices", ()))
        return Field(**data)


class NewKindSchema(LoadedSchema):
    """A kind of vertex or edge to declare; declared again, it may gain fields."""

    target = VertexKind
    name = Name("Lower-case letters, digits and _.", required=True)
    of = fields.String(load_default=VERTEX, validate=validate.OneOf((VERTEX, EDGE)))
    description = fields.String(load_default="")
    declared = fields.List(fields.Nested(KindFieldSchema), data_key="fields", load_default=())
    sources = fields.List(fields.String(), metadata={"description": "Edge: kinds that it leaves; `*` for any."})
    targets = fields.List(fields.String(), metadata={"description": "Edge: kinds that it enters; `*` for any."})
    lineage = fields.Boolean(metadata={"description": "Edge: whether questions of lineage follow it."})

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        declared = tuple(data["declared"])
        if data["of"] == EDGE:
            ends = tuple(data.get("sources", ("*",))), tuple(data.get("targets", ("*",)))
            return EdgeKind(data["name"], data["description"], *ends, bool(data.get("lineage")), declared, custom=True)
        return VertexKind(data["name"], data["description"], KeyRule.NAMED, declared, custom=True)


class KindSchema(QuerySchema):
    """Which sort of kind, and whether what is of it goes with it."""

    target = KindQuery
    of = fields.String(validate=validate.OneOf((VERTEX, EDGE)))
    force = fields.Boolean(metadata={"description": "Remove what is of the kind too."})


def node_of_kind(kind: str, wanted: NewNode) -> NewNode:
    """Return the node to make, of the kind that the path names."""
    return replace(wanted, kind=kind)


def facts_of(data: dict[str, Any]) -> Mapping[str, Any]:
    """Take description, tags and attributes out of loaded data."""
    given = {name: data.pop(name) for name in ("description", "tags", "attributes") if name in data}
    return {name: value for name, value in given.items() if value}
