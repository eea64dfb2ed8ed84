"""Projects, models, model versions and metric specs: what comes in and what goes out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from arangovis.domain.catalogue import Profile, Signature, SignatureField
from arangovis.domain.json import Document
from arangovis_api.schemas.base import (
    LIST_CURSOR_MAX,
    LoadedSchema,
    Name,
    Number,
    QuerySchema,
    cursor,
    ordered_by,
    page_limit,
)
from arangovis_schema.vertices import OPERATIONS

FIELDS_MAX = 10_000
DIMENSIONS_MAX = 16
SIZE_MAX = 2**31 - 1
TAGS_MAX = 100
DESCRIPTION_LENGTH_MAX = 10_000
_DTYPE = re.compile(r"[A-Za-z][A-Za-z0-9_\[\], ]{0,63}\Z")
_TENSORFLOW_DTYPES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_HALF": "float16",
    "DT_INT8": "int8",
    "DT_INT16": "int16",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_UINT8": "uint8",
    "DT_UINT16": "uint16",
    "DT_UINT32": "uint32",
    "DT_UINT64": "uint64",
    "DT_BOOL": "bool",
    "DT_STRING": "string",
    "DT_COMPLEX64": "complex64",
    "DT_COMPLEX128": "complex128",
}
"""Names that clients of other model servers send, and ours."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What people say about a thing."""

    description: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Document | None = None

    def document(self) -> Document:
        """Return what was said."""
        given: dict[str, Any] = {
            "description": self.description,
            "tags": list(self.tags),
            "attributes": self.attributes,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class ProjectBody:
    """A project to register."""

    name: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class ModelBody:
    """A model to register."""

    project: str
    name: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class ModelVersionBody:
    """A model version to register."""

    project: str
    model: str
    signature: Signature
    version: str | None = None


@dataclass(frozen=True, slots=True)
class MetricSpecBody:
    """A monitoring metric to register."""

    name: str
    threshold: float
    operation: str


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which page of a list."""

    filter: str = ""
    project: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: str | None = None


class ListSchema(QuerySchema):
    """Which page of a list."""

    target = ListQuery
    filter = fields.String(metadata={"description": "A condition of the filter language."})
    project = fields.String(metadata={"description": "The name of a project."})
    limit = page_limit()
    cursor = cursor(LIST_CURSOR_MAX)
    order = ordered_by()


class FactsSchema(LoadedSchema):
    """What people say about a thing."""

    description = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH_MAX))
    tags = fields.List(fields.String(validate=validate.Length(1, 256)), validate=validate.Length(max=TAGS_MAX))
    attributes = fields.Dict(keys=fields.String(validate=validate.Length(1, 256)))

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        given = {name: data.pop(name) for name in Facts.__dataclass_fields__ if name in data}
        if "tags" in given:
            given["tags"] = tuple(given["tags"])
        return self.target(**data, facts=Facts(**given))


class ProjectSchema(FactsSchema):
    """A project to register."""

    target = ProjectBody
    name = Name("The project's name.", required=True)


class ModelSchema(FactsSchema):
    """A model to register."""

    target = ModelBody
    project = Name("The name of its project.", required=True)
    name = Name("The model's name.", required=True)


class SignatureFieldSchema(LoadedSchema):
    """One input or output of a model."""

    target = SignatureField
    name = Name("The field's name.", required=True)
    shape = fields.List(
        fields.Integer(strict=True, validate=validate.Range(-1, SIZE_MAX)),
        load_default=(),
        validate=validate.Length(max=DIMENSIONS_MAX),
        metadata={"description": "Sizes; empty for a scalar, -1 for a free size."},
    )
    dtype = fields.String(
        required=True,
        validate=validate.Regexp(_DTYPE, error="Not the name of a data type."),
        metadata={"description": "Such as float32, int64 or string."},
    )
    profile = fields.String(
        load_default=Profile.NONE.value,
        validate=validate.OneOf([profile.value for profile in Profile]),
        metadata={"description": "What the field means; in any letter case."},
    )

    @pre_load
    def _in_our_words(self, data: Any, **_: object) -> Any:
        if not isinstance(data, Mapping):
            return data
        spelled = dict(data)
        if isinstance(spelled.get("profile"), str):
            spelled["profile"] = spelled["profile"].upper()
        if isinstance(spelled.get("dtype"), str):
            spelled["dtype"] = _TENSORFLOW_DTYPES.get(spelled["dtype"].upper(), spelled["dtype"])
        return spelled

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return SignatureField(data["name"], tuple(data["shape"]), data["dtype"], Profile(data["profile"]))


class SignatureSchema(LoadedSchema):
    """What a model version takes and gives."""

    inputs = fields.List(fields.Nested(SignatureFieldSchema), load_default=(), validate=validate.Length(max=FIELDS_MAX))
    outputs = fields.List(
        fields.Nested(SignatureFieldSchema), load_default=(), validate=validate.Length(max=FIELDS_MAX)
    )

    @validates_schema
    def _names_differ(self, data: Mapping[str, Any], **_: object) -> None:
        for side in ("inputs", "outputs"):
            names = [field.name for field in data[side]]
            if len(set(names)) < len(names):
                raise ValidationError("Two fields have the same name.", field_name=side)

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return Signature(tuple(data["inputs"]), tuple(data["outputs"]))


class ModelVersionSchema(LoadedSchema):
    """A model version to register."""

    target = ModelVersionBody
    project = Name("The name of the project.", required=True)
    model = Name("The name of the model.", required=True)
    version = Name("The version's name; left out, it is the next number, or the newest of the same signature.")
    signature = fields.Nested(SignatureSchema, required=True)


class MetricSpecSchema(LoadedSchema):
    """A monitoring metric: healthy if `value <operation> threshold`."""

    target = MetricSpecBody
    name = Name("The column of the production rows that holds its values.", required=True)
    threshold = Number(required=True)
    operation = fields.String(required=True, validate=validate.OneOf(OPERATIONS))
