"""Searches, saved ones, and the questions that are searches at heart: what comes in."""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from arangovis.domain.facets import NAMES_MAX, VALUES_MAX
from arangovis.domain.filter_grammar import LENGTH_MAX
from arangovis.domain.search import PAGE_SIZE_MAX
from arangovis.services.searching.conditions import TEXT_LENGTH_MAX
from arangovis.services.searching.failures import LIMIT_DEFAULT, RUNS_MAX
from arangovis.services.searching.searches import SearchQuestion
from arangovis_api.schemas.base import LoadedSchema, Moment, Name, QuerySchema, cursor, page_limit

KINDS_MAX = 100
NAME_LENGTH_MAX = 512
CURSOR_LENGTH_MAX = 200_000
"""A cursor carries the value that the page ended with, which may be a long text."""
_AT = {"description": "As of this time: microseconds since 1970, or ISO 8601."}


class Order(fields.Field[str]):
    """What to order by: `metrics.auc desc`, or `{"by": "metrics.auc", "descending": true}`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> str:
        if isinstance(value, dict) and value.keys() <= {"by", "descending"}:
            by, descending = value.get("by"), value.get("descending", False)
            if isinstance(by, str) and isinstance(descending, bool):
                return f"{by} {'desc' if descending else 'asc'}"
        if not isinstance(value, str):
            raise ValidationError("Not an order: a name, with asc or desc behind it.")
        return value


class _AskedSchema(LoadedSchema):
    """What is searched for; everything may be left out."""

    target = SearchQuestion
    kinds = fields.List(fields.String(), validate=validate.Length(max=KINDS_MAX))
    filter = fields.String(
        validate=validate.Length(max=LENGTH_MAX), metadata={"description": "A condition of the filter language."}
    )
    text = fields.String(
        validate=validate.Length(max=TEXT_LENGTH_MAX), metadata={"description": "Words to find anywhere in a node."}
    )
    order = Order(metadata={"description": "A searchable name, with asc or desc behind it; newest first if left out."})
    facets = fields.List(
        fields.String(validate=validate.Length(1, NAME_LENGTH_MAX)),
        validate=validate.Length(max=NAMES_MAX),
        metadata={"description": "Names whose values are counted."},
    )
    facet_limit = fields.Integer(strict=True, validate=validate.Range(1, VALUES_MAX))
    others = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Count facets without conditions on their own name."}
    )
    count = fields.Boolean(truthy={True}, falsy={False}, metadata={"description": "Say how many nodes there are."})
    limit = fields.Integer(strict=True, validate=validate.Range(0, PAGE_SIZE_MAX))

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        for name in ("kinds", "facets"):
            data[name] = tuple(dict.fromkeys(data.get(name, ())))
        return self.target(**data)


class SearchSchema(_AskedSchema):
    """A search."""

    kind = fields.String(metadata={"description": "The only kind that is searched."})
    project = fields.String(metadata={"description": "The name of a project."})
    cursor = cursor(CURSOR_LENGTH_MAX)
    at = Moment(metadata=_AT)

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        kind = data.pop("kind", None)
        if kind is not None:
            data["kinds"] = [kind, *data.get("kinds", ())]
        return super()._build(data, **given)


@dataclass(frozen=True, slots=True)
class SavedBody:
    """A search to save."""

    name: str
    project: str
    question: SearchQuestion
    description: str | None = None


class SavedSchema(_AskedSchema):
    """A search to save under a name."""

    name = Name("Its name, unique in its project.", required=True)
    project = fields.String(required=True, metadata={"description": "The name of a project."})
    description = fields.String(validate=validate.Length(max=1000))

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        names = {name: data.pop(name) for name in ("name", "project", "description") if name in data}
        return SavedBody(question=super()._build(data, **given), **names)


@dataclass(frozen=True, slots=True)
class ProjectQuery:
    """Whose."""

    project: str


class ProjectSchema(QuerySchema):
    """Whose."""

    target = ProjectQuery
    project = fields.String(required=True, metadata={"description": "The name of a project."})


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which page of a saved search."""

    project: str
    limit: int | None = None
    cursor: str | None = None
    at: int | None = None


class RunSchema(QuerySchema):
    """Which page of a saved search."""

    target = RunQuery
    project = fields.String(required=True, metadata={"description": "The name of a project."})
    limit = page_limit(PAGE_SIZE_MAX)
    cursor = cursor(CURSOR_LENGTH_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class KindQuery:
    """Of which kind."""

    kind: str


class KindSchema(QuerySchema):
    """Of which kind."""

    target = KindQuery
    kind = fields.String(required=True, metadata={"description": "A kind of vertex."})


@dataclass(frozen=True, slots=True)
class FailuresQuery:
    """How many failed runs, as of when."""

    limit: int = LIMIT_DEFAULT
    at: int | None = None


class FailuresSchema(QuerySchema):
    """How many failed runs, as of when."""

    target = FailuresQuery
    limit = page_limit(RUNS_MAX)
    at = Moment(metadata=_AT)


__all__ = [
    "FailuresQuery",
    "FailuresSchema",
    "KindQuery",
    "KindSchema",
    "ProjectQuery",
    "ProjectSchema",
    "RunQuery",
    "RunSchema",
    "SavedBody",
    "SavedSchema",
    "SearchSchema",
]
