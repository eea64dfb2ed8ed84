"""Fields and series: made, listed, changed."""

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.series import FieldKind, Series, SeriesField
from arangovis.domain.wire import to_wire
from arangovis.services.series.fields import FieldChange
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.series import (
    FieldBody,
    FieldChangeBody,
    FieldChangeSchema,
    FieldSchema,
    ProjectPageQuery,
    ProjectPageSchema,
    SeriesBody,
    SeriesSchema,
)

_FIELD, _SERIES = answer_schema(SeriesField), answer_schema(Series)


class FieldList:
    """The fields of projects."""

    def __init__(self, service: Arangovis) -> None:
        self._fields = service.series.fields

    @operation("List fields", query=ProjectPageSchema, answers={200: page_schema(SeriesField)})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ProjectPageQuery) -> None:
        """Answer a page, newest first."""
        send(resp, to_wire(self._fields.list(query.project, limit=query.limit, cursor=query.cursor)))

    @operation("Create a field", body=FieldSchema, answers={201: _FIELD, 200: _FIELD})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: FieldBody) -> None:
        """Answer 201 with the field; 200 if there was one of this name, kind and description already."""
        kind = FieldKind.of(body.kind)
        made = self._fields.create(body.project, body.name, kind, caller_of(req), description=body.description)
        resp.location = f"/api/v1/fields/{made.field.node.key}"
        send(resp, to_wire(made.field), 201 if made.created else 200)


class OneField:
    """A field."""

    def __init__(self, service: Arangovis) -> None:
        self._fields = service.series.fields

    @operation("Read a field", answers={200: _FIELD})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer its name, kind and description."""
        send(resp, to_wire(self._fields.get(NodeId.of("field", key))))

    @operation("Change a field", body=FieldChangeSchema, answers={200: _FIELD})
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: FieldChangeBody) -> None:
        """Rename or describe it; what was logged stays its own. Its kind is fixed once a value was logged."""
        kind = None if body.kind is None else FieldKind.of(body.kind)
        change = FieldChange(body.name, body.description, kind)
        send(resp, to_wire(self._fields.change(NodeId.of("field", key), change, caller_of(req))))


class SeriesList:
    """The series of projects."""

    def __init__(self, service: Arangovis) -> None:
        self._definitions = service.series.definitions

    @operation("List series", query=ProjectPageSchema, answers={200: page_schema(Series)})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ProjectPageQuery) -> None:
        """Answer a page, newest first; implicit ones have no name."""
        send(resp, to_wire(self._definitions.list(query.project, limit=query.limit, cursor=query.cursor)))

    @operation("Create a series", body=SeriesSchema, answers={201: _SERIES, 200: _SERIES})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: SeriesBody) -> None:
        """Answer 201 with the series; 200 if there was one of this name and these fields already."""
        made = self._definitions.create(
            body.project, body.name, body.names, caller_of(req), description=body.description
        )
        resp.location = f"/api/v1/series/{made.series.node.key}"
        send(resp, to_wire(made.series), 201 if made.created else 200)


class OneSeries:
    """A series."""

    def __init__(self, service: Arangovis) -> None:
        self._definitions = service.series.definitions

    @operation("Read a series", answers={200: _SERIES})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer its fields, as they are called now."""
        send(resp, to_wire(self._definitions.get(NodeId.of("series", key))))

    @operation("Delete a series", answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Delete a series that nothing was logged to."""
        self._definitions.delete(NodeId.of("series", key), caller_of(req))
        resp.status = falcon.HTTP_204
