"""Saved views: what comes in."""

from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.services.searching.saved_views import ADDRESS_LENGTH_MAX, ViewChange, ViewWanted
from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Name, QuerySchema, cursor, page_limit

DESCRIPTION_LENGTH_MAX = 1000
CURSOR_LENGTH_MAX = 3000
_NAME = "Its name, unique in its project, or among the views that are shared."


def _address(*, required: bool = False) -> fields.String:
    text = "The view and its query as they stand behind `/ui/`, such as `live?run=run/1`."
    lengths = validate.Length(1, ADDRESS_LENGTH_MAX)
    return fields.String(required=required, validate=lengths, metadata={"description": text})


class ViewWantedSchema(LoadedSchema):
    """A view to save under a name."""

    target = ViewWanted
    name = Name(_NAME, required=True)
    address = _address(required=True)
    project = fields.String(metadata={"description": "The name of a project; left out, everybody has it."})
    description = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH_MAX))


class ViewChangeSchema(LoadedSchema):
    """What is to be otherwise about a saved view."""

    target = ViewChange
    name = Name(_NAME)
    address = _address()
    description = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH_MAX))


@dataclass(frozen=True, slots=True)
class ViewsQuery:
    """Which page of which saved views."""

    project: str | None = None
    view: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None


class ViewsSchema(QuerySchema):
    """Which page of which saved views."""

    target = ViewsQuery
    project = fields.String(metadata={"description": "Only those of this project, by its name."})
    view = fields.String(metadata={"description": "Only those of this view of the page, such as `live`."})
    limit = page_limit()
    cursor = cursor(CURSOR_LENGTH_MAX)


__all__ = ["ViewChangeSchema", "ViewWantedSchema", "ViewsQuery", "ViewsSchema"]
