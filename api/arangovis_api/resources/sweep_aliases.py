"""The five paths of BackwardCompatibilityML, for one sweep: the one that is named, or the one asked for last."""

import falcon

from arangovis.compatibility.losses import Dissonance
from arangovis.compatibility.sweep import TEST, TRAIN
from arangovis.domain.errors import NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.compatibility.instances import note_of
from arangovis.services.compatibility.sweeps import Sweep, datapoints
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.operation import Body, operation
from arangovis_api.pictures import send_picture
from arangovis_api.resources.compatibility import TAG, point_number, resumed
from arangovis_api.resources.compatibility_documents import metric_of
from arangovis_api.schemas.compatibility import LegacyQuery, LegacySchema
from arangovis_api.schemas.compatibility_answers import EvaluationRecord, SweepStatusAnswer, SweepSummaryAnswer
from arangovis_api.schemas.runs import Nothing, NothingSchema


class SweepAliases:
    """A sweep as clients of BackwardCompatibilityML know it."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Start a sweep",
        query=LegacySchema,
        body=Body(NothingSchema, optional=True),
        answers={200: SweepStatusAnswer},
        tag=TAG,
    )
    def on_post_start(self, req: falcon.Request, resp: falcon.Response, *, query: LegacyQuery, body: Nothing) -> None:
        """Answer how it stands; one that is running goes on, one that was stopped is resumed."""
        run = resumed(self._service, self._id(query), req)
        self._send_status(resp, self._service.sweeps.get(run.id))

    @operation("Watch a sweep", query=LegacySchema, answers={200: SweepStatusAnswer}, tag=TAG)
    def on_get_status(self, req: falcon.Request, resp: falcon.Response, *, query: LegacyQuery) -> None:
        """Answer whether it runs, and how far it is."""
        self._send_status(resp, self._sweep(query))

    @operation("List the points of a sweep", query=LegacySchema, answers={200: SweepSummaryAnswer}, tag=TAG)
    def on_get_summary(self, req: falcon.Request, resp: falcon.Response, *, query: LegacyQuery) -> None:
        """Answer the points that have succeeded, also before the sweep has ended."""
        sweep = self._sweep(query)
        found = [_data_point(sweep, number) for number in range(len(datapoints(sweep)))]
        document = {"h1_performance": sweep.h1_performance(TEST), "performance_metric": metric_of(sweep)}
        send(resp, {**document, "data": [item for item in found if item is not None]})

    @operation("Read a data point of a sweep", query=LegacySchema, answers={200: EvaluationRecord}, tag=TAG)
    def on_get_evaluation(self, req: falcon.Request, resp: falcon.Response, *, point: str, query: LegacyQuery) -> None:
        """Answer its evaluation record, rows included."""
        sweep, number = self._sweep(query), point_number(point)
        known = datapoints(sweep)
        if number >= len(known):
            raise NotFound(f"there is no data point {number}; they are 0 to {len(known) - 1}")
        index, _, split = known[number]
        evaluation, stored = (
            self._service.sweeps.evaluation(sweep, index, split),
            self._service.sweeps.split(sweep, split),
        )
        attached = self._service.instances.attachments.of(sweep.run.id)
        positions = {row: position for position, row in enumerate(stored.ids)}

        def note(row: str | int) -> str:
            return note_of(attached, stored, positions[row])

        own = {"lambda_c": sweep.points[index].point.lambda_c, "datapoint_index": number}
        kinds = {"training": split == TRAIN, "testing": split == TEST}
        send(resp, {**evaluation.record(note), **own, **kinds})

    @operation("See a row", query=LegacySchema, answers={200: "*/*"}, tag=TAG)
    def on_get_instance(self, req: falcon.Request, resp: falcon.Response, *, instance: str, query: LegacyQuery) -> None:
        """Answer its picture; blank if there is none."""
        send_picture(resp, self._service.instances.image(self._sweep(query), instance))

    def _id(self, query: LegacyQuery) -> NodeId:
        return self._service.sweeps.latest() if query.sweep is None else NodeId.of("run", query.sweep)

    def _sweep(self, query: LegacyQuery) -> Sweep:
        return self._service.sweeps.get(self._id(query))

    def _send_status(self, resp: falcon.Response, sweep: Sweep) -> None:
        run = sweep.run
        running = run.state is RunState.STARTED
        document = {"running": running, "percent_complete": sweep.progress, "sweep": str(run.id)}
        send(resp, {**document, "message": run.message})


def _data_point(sweep: Sweep, number: int) -> dict[str, object] | None:
    index, dissonance, split = datapoints(sweep)[number]
    point = sweep.points[index]
    if point.state is not RunState.SUCCESS:
        return None
    return {
        "datapoint_index": number,
        "lambda_c": point.point.lambda_c,
        "training": split == TRAIN,
        "testing": split == TEST,
        "new-error": dissonance is Dissonance.NEW_ERROR,
        "strict-imitation": dissonance is Dissonance.STRICT_IMITATION,
        "performance": point.metrics.get(f"{split}_performance"),
        "btc": point.metrics.get(f"{split}_btc"),
        "bec": point.metrics.get(f"{split}_bec"),
    }
