"""Frames: what comes in and goes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields, validate

from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Name, Names, QuerySchema, cursor, page_limit

PAGE_ROWS_MAX = 10_000
PAGE_ROWS_DEFAULT = 100


@dataclass(frozen=True, slots=True)
class UploadQuery:
    """What to call an upload, and whose it is."""

    name: str
    project: str | None = None


@dataclass(frozen=True, slots=True)
class SetupBody:
    """Which file to look at, and what is known of it already."""

    source: str
    setup: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameBody:
    """Which file to parse, how, and what to call the frame; what is left out of the set-up is guessed."""

    source: str
    name: str | None = None
    setup: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A page of a list."""

    limit: int = LIMIT_DEFAULT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class FrameRowsQuery:
    """A page of rows of a frame."""

    limit: int = PAGE_ROWS_DEFAULT
    cursor: int = 0
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeleteQuery:
    """Whether to delete what something depends on."""

    force: bool = False


class UploadSchema(QuerySchema):
    """What to call an upload, and whose it is."""

    target = UploadQuery
    name = Name("The name people know the file by.", required=True)
    project = Name("The name of a project.")


class SetupSchema(LoadedSchema):
    """A file to look at; `setup` has what is known of it already: `separator`, `header`, `quote`, `encoding`."""

    target = SetupBody
    source = fields.String(required=True, metadata={"description": "`artifact/key` of the upload."})
    setup = fields.Dict(keys=fields.String())


class FrameSchema(LoadedSchema):
    """A file to parse."""

    target = FrameBody
    source = fields.String(required=True, metadata={"description": "`artifact/key` of the upload."})
    name = Name("The name people know the frame by; that of the upload if left out.")
    setup = fields.Dict(
        keys=fields.String(), metadata={"description": "How to read it, as the set-up answers; the rest is guessed."}
    )
    strict = fields.Boolean(
        truthy={True}, falsy={False}, metadata={"description": "Fail where something of the file would be lost."}
    )


class PageSchema(QuerySchema):
    """A page of a list."""

    target = PageQuery
    limit = page_limit()
    cursor = cursor()


class FrameRowsSchema(QuerySchema):
    """A page of rows of a frame."""

    target = FrameRowsQuery
    limit = page_limit(PAGE_ROWS_MAX)
    cursor = fields.Integer(
        validate=validate.Range(0, 2**53), metadata={"description": "`next_cursor` of the page before."}
    )
    columns = Names(metadata={"description": "Names of columns, separated by commas; all, if left out."})


class DeleteSchema(QuerySchema):
    """Whether to delete what something depends on."""

    target = DeleteQuery
    force = fields.Boolean(metadata={"description": "Delete it though something depends on it."})


class UploadAnswer(Schema):
    """An uploaded file."""

    node = fields.String(required=True)
    name = fields.String(required=True)
    digest = fields.String(required=True)
    bytes = fields.Integer(required=True)


class SetupAnswer(Schema):
    """How a file is best read, and its first rows."""

    format = fields.String(required=True)
    packing = fields.String(required=True)
    separator = fields.String(required=True)
    header = fields.Boolean(required=True)
    quote = fields.String(required=True)
    comment = fields.String(required=True)
    encoding = fields.String(required=True)
    columns = fields.List(fields.Dict(), required=True)
    warnings = fields.List(fields.Dict(), required=True)
    preview = fields.List(fields.List(fields.String()), required=True)


class FrameAnswer(Schema):
    """A frame: its columns with their figures, and what its reader should know."""

    node = fields.String(required=True)
    name = fields.String(required=True)
    project = fields.String(required=True, allow_none=True)
    digest = fields.String(required=True)
    rows = fields.Integer(required=True)
    columns = fields.List(fields.Dict(), required=True)
    warnings = fields.List(fields.Dict(), required=True)
    created = fields.Integer(required=True)


class FramePage(Schema):
    """A page of frames, newest first."""

    items = fields.List(fields.Nested(FrameAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class FrameRowPage(Schema):
    """A page of rows, in the order of the file."""

    items = fields.List(fields.Dict(), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
