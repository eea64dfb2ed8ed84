"""Sweeps for backward compatibility: asked for, watched, stopped, and their points read."""

from typing import Any

import falcon

from arangovis.compatibility.methods import SWEEP
from arangovis.domain.errors import NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.services.compatibility.recorded_sweeps import RecordedPoint
from arangovis.services.compatibility.sweeps import Sweep, SweepWanted
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.pictures import send_picture
from arangovis_api.resources.compatibility_documents import (
    instance_page,
    point_document,
    points_document,
    sweep_document,
    whole_point_document,
)
from arangovis_api.schemas.answers import NodePage
from arangovis_api.schemas.catalogue import ListQuery, ListSchema
from arangovis_api.schemas.compatibility import (
    InstancesQuery,
    InstancesSchema,
    RecordedBody,
    RecordedPointSchema,
    SweepSchema,
    SweepToRecordSchema,
)
from arangovis_api.schemas.compatibility_answers import (
    InstancePage,
    OneInstanceAnswer,
    PointAnswer,
    PointPage,
    SweepAnswer,
    WeightsAnswer,
    WholePointAnswer,
)
from arangovis_api.schemas.runs import Nothing, NothingSchema

TAG = "compatibility"
BYTES = "application/octet-stream"
_NOTHING = Body(NothingSchema, optional=True)


class Weights:
    """Weights in the safetensors format."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Set the weights of a model version",
        body=Body(media_types=(BYTES,)),
        answers={201: WeightsAnswer, 200: WeightsAnswer},
        tag=TAG,
    )
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer 201 with their artifact; 200 if these were its weights already."""
        version, data = self._service.catalogue.version(version_number(number)), req.bounded_stream.read()
        made = self._service.sweeps.weights.put(version, data, caller_of(req))
        document = {"digest": made.digest, "bytes": len(data), "artifact": str(made.artifact)}
        send(resp, document, 201 if made.created else 200)

    @operation(
        "Send weights that a sweep is about to name",
        body=Body(media_types=(BYTES,)),
        answers={201: WeightsAnswer},
        tag=TAG,
    )
    def on_post_staged(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer their digest; they are kept for a day, and for good once they are named."""
        blob = self._service.sweeps.weights.stage(req.bounded_stream.read(), caller_of(req))
        send(resp, {"digest": blob.digest, "bytes": blob.bytes, "artifact": None}, 201)


class Sweeps:
    """All sweeps."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List sweeps", query=ListSchema, answers={200: NodePage, 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page of their runs, newest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = NodeQuestion(
            "run", query.filter, (("method", SWEEP),), query.project, query.limit, query.cursor, query.order
        )
        send(resp, page_document(self._service.search.find(question), node_document))

    @operation(
        "Have a sweep trained by workers", body=SweepSchema, answers={202: SweepAnswer, 200: SweepAnswer}, tag=TAG
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: SweepWanted) -> None:
        """Answer 202 while it is to be trained; the same sweep again is the same run, 200 if it has succeeded."""
        self._send(resp, self._service.sweeps.request(body, caller_of(req)))

    @operation(
        "Record a sweep that your own process trains",
        body=SweepToRecordSchema,
        answers={202: SweepAnswer, 200: SweepAnswer},
        tag=TAG,
    )
    def on_post_recorded(self, req: falcon.Request, resp: falcon.Response, *, body: RecordedBody) -> None:
        """Answer 202 while points are missing; the same sweep again is the same run, 200 if it has succeeded."""
        self._send(resp, self._service.recorded_sweeps.open(body.wanted, caller_of(req), started=body.started))

    def _send(self, resp: falcon.Response, run: Run) -> None:
        resp.location = f"/api/v1/compatibility/sweeps/{run.id.key}"
        send(resp, sweep_document(self._service.sweeps.get(run.id)), 202 if run.state.is_open else 200)


class OneSweep:
    """A sweep."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Watch a sweep", answers={200: SweepAnswer}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer how it stands."""
        send(resp, sweep_document(self._sweep(key)))

    @operation("Cancel a sweep", body=_NOTHING, answers={200: SweepAnswer}, tag=TAG)
    def on_post_cancel(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Nothing) -> None:
        """Answer it cancelled, with the points that were finished; one that has ended otherwise is a conflict."""
        self._service.sweeps.cancel(NodeId.of("run", key), caller_of(req))
        send(resp, sweep_document(self._sweep(key)))

    @operation("Resume a sweep", body=_NOTHING, answers={202: SweepAnswer, 200: SweepAnswer}, tag=TAG)
    def on_post_resume(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Nothing) -> None:
        """Answer the sweep that trains what this one did not: itself if it is open or succeeded, else a new one."""
        run = resumed(self._service, NodeId.of("run", key), req)
        resp.location = f"/api/v1/compatibility/sweeps/{run.id.key}"
        send(resp, sweep_document(self._service.sweeps.get(run.id)), 202 if run.state.is_open else 200)

    @operation("End a sweep whose points were recorded", body=_NOTHING, answers={200: SweepAnswer}, tag=TAG)
    def on_post_end(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Nothing) -> None:
        """Answer it ended, as a failure if a point failed; while points are missing it is a conflict."""
        self._service.recorded_sweeps.end(NodeId.of("run", key), caller_of(req))
        send(resp, sweep_document(self._sweep(key)))

    @operation("List the points of a sweep", answers={200: PointPage}, tag=TAG)
    def on_get_points(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer all of them, whether trained or not."""
        send(resp, points_document(self._sweep(key)))

    def _sweep(self, key: str) -> Sweep:
        return self._service.sweeps.get(NodeId.of("run", key))


class OnePoint:
    """A point of a sweep."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a point of a sweep", answers={200: WholePointAnswer}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str, point: str) -> None:
        """Answer its scores, classes and circles by data set; the rows are read apart."""
        send(resp, whole_point_document(self._service.sweeps, self._sweep(key), point_number(point)))

    @operation("Record a point of a sweep", body=RecordedPointSchema, answers={200: PointAnswer}, tag=TAG)
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, key: str, point: str, body: RecordedPoint) -> None:
        """Answer it as it is now; one that was recorded with success stays as it is."""
        number = point_number(point)
        recorded = self._service.recorded_sweeps.record(NodeId.of("run", key), number, body, caller_of(req))
        send(resp, point_document(recorded))

    @operation("Read the rows on which a model errs", query=InstancesSchema, answers={200: InstancePage}, tag=TAG)
    def on_get_instances(
        self, req: falcon.Request, resp: falcon.Response, *, key: str, point: str, query: InstancesQuery
    ) -> None:
        """Answer a page, in the order of the data."""
        sweep, sweeps = self._sweep(key), self._service.sweeps
        evaluation = sweeps.evaluation(sweep, point_number(point), query.split)
        attached = self._service.instances.attachments.of(sweep.run.id)
        send(resp, instance_page(evaluation.instances, sweeps.split(sweep, query.split), attached, query))

    def _sweep(self, key: str) -> Sweep:
        return self._service.sweeps.get(NodeId.of("run", key))


class OneInstance:
    """A row of a sweep, by its id."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read what a row is", answers={200: OneInstanceAnswer}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str, instance: str) -> None:
        """Answer its data set, its position and the text about it."""
        sweep, instances = self._service.sweeps.get(NodeId.of("run", key)), self._service.instances
        split, position = instances.find(sweep, instance)
        row = self._service.sweeps.split(sweep, split).ids[position]
        document: dict[str, Any] = {"id": row, "split": split, "position": position}
        send(resp, {**document, "metadata": instances.metadata(sweep, instance)})

    @operation("See a row", answers={200: "*/*"}, tag=TAG)
    def on_get_image(self, req: falcon.Request, resp: falcon.Response, *, key: str, instance: str) -> None:
        """Answer its picture; blank if there is none."""
        sweep = self._service.sweeps.get(NodeId.of("run", key))
        send_picture(resp, self._service.instances.image(sweep, instance))


def resumed(service: Arangovis, sweep_id: NodeId, req: falcon.Request) -> Run:
    """Begin or resume a sweep, by what is attached to it if its user's own process trains it."""
    start = service.instances.attachments.of(sweep_id).start
    run = service.runs.get(sweep_id)
    if start is None or run.state is RunState.SUCCESS:
        return service.sweeps.resume(sweep_id, caller_of(req))
    start()
    return service.runs.get(sweep_id)


def point_number(given: str) -> int:
    """Return the number of a point.

    Raises:
        NotFound: it is no number that a point has.

    """
    if not given.isascii() or not given.isdecimal() or len(given) > 9:
        raise NotFound(f"there is no point {given[:80]!r}")
    return int(given)
