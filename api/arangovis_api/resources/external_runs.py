"""The life of runs that users' own processes log; every request may be sent again."""

from typing import BinaryIO, cast

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.external.values import Begin, End, Facts, Linked, LoggedFile, Standing
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.schemas.external_runs import (
    BYTES,
    Beat,
    BeatSchema,
    BeginSchema,
    DeleteQuery,
    DeleteSchema,
    EndSchema,
    FactsSchema,
    FileQuery,
    FileSchema,
    Links,
    LinksSchema,
    Tags,
    TagsSchema,
)
from arangovis_api.schemas.generated import answer_schema

_STANDING = answer_schema(Standing)
_FILE = answer_schema(LoggedFile)


class ExternalRun:
    """A run of a user's own process."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Begin, join, resume or replace a run", body=BeginSchema, answers={201: _STANDING, 200: _STANDING})
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Begin) -> None:
        """Answer 201 for a new run; 200 for one that was there, which the same session again leaves as it is."""
        begun = self._service.external_runs.begin(NodeId.of("run", key), body, caller_of(req))
        send(resp, to_wire(begun.standing), 201 if begun.created else 200)

    @operation("Change what is known of a run", body=FactsSchema, answers={200: _STANDING})
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Facts) -> None:
        """Answer how it stands; what was known before stays in its history."""
        send(resp, to_wire(self._service.external_runs.change(NodeId.of("run", key), body, caller_of(req))))

    @operation("Delete a run", query=DeleteSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: DeleteQuery) -> None:
        """Leave a tombstone; 204 again if it was deleted already."""
        self._service.external_runs.delete(NodeId.of("run", key), caller_of(req), force=query.force)
        resp.status = 204

    @operation("Give a sign of life of a run", body=BeatSchema, answers={200: _STANDING})
    def on_post_heartbeat(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Beat) -> None:
        """Answer how the run stands: one that was lost goes on."""
        runs, run_id = self._service.external_runs, NodeId.of("run", key)
        send(resp, to_wire(runs.beat(run_id, body.session, body.within_s, caller_of(req))))

    @operation("End a run", body=EndSchema, answers={200: _STANDING})
    def on_post_end(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: End) -> None:
        """End a session, and with the last one the run; also a run that counts as lost already."""
        send(resp, to_wire(self._service.external_runs.end(NodeId.of("run", key), body, caller_of(req))))

    @operation("Tag a run", body=TagsSchema, answers={200: _STANDING})
    def on_post_tags(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Tags) -> None:
        """Add tags, each once, and remove others."""
        run_id = NodeId.of("run", key)
        send(resp, to_wire(self._service.external_runs.tag(run_id, body.add, body.remove, caller_of(req))))

    @operation("Link what a run read and made", body=LinksSchema, answers={200: answer_schema(Linked)})
    def on_post_links(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Links) -> None:
        """Answer the nodes, in order: those named, or found or made for a digest."""
        runs, run_id = self._service.external_runs, NodeId.of("run", key)
        send(resp, to_wire(runs.link(run_id, body.inputs, body.outputs, caller_of(req))))

    @operation(
        "Log a file of a run",
        query=FileSchema,
        body=Body(media_types=(BYTES,)),
        answers={201: _FILE, 200: _FILE},
    )
    def on_post_artifacts(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: FileQuery) -> None:
        """Answer 201 with its node; 200 if the same bytes were logged under this name and role already."""
        runs, run_id = self._service.external_runs, NodeId.of("run", key)
        logged, created = runs.log_file(run_id, cast("BinaryIO", req.bounded_stream), query.about(), caller_of(req))
        resp.location = f"/api/v1/nodes/{logged.node}"
        send(resp, to_wire(logged), 201 if created else 200)
