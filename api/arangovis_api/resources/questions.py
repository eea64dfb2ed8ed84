"""Questions to the whole graph, each in one call."""

from collections.abc import Sequence

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.lineage.common import CommonAncestors
from arangovis.services.lineage.differences import RunDiff
from arangovis.services.lineage.fields import FieldHistory, FieldQuestion
from arangovis.services.lineage.impact import Impact, ImpactQuestion
from arangovis.services.lineage.jobs import JobLineage, JobQuestion
from arangovis.services.lineage.leakage import LeakageQuestion, LeakageReport
from arangovis.services.lineage.paths import Chain, PathQuestion
from arangovis.services.lineage.running import RunningWork
from arangovis.services.lineage.staleness import Staleness, StaleNodes, StaleQuestion
from arangovis.services.lineage.timeline import Timeline
from arangovis.services.recomputing.recompute import Recomputation, RecomputeQuestion
from arangovis.services.recomputing.reproduce import Reproducibility
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.runs import run_document
from arangovis_api.routes import Route
from arangovis_api.schemas.answers import RunAnswer
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.questions import (
    BudgetQuery,
    DryRunQuery,
    DryRunSchema,
    FieldQuery,
    FieldSchema,
    ImpactQuery,
    ImpactSchema,
    JobQuery,
    JobSchema,
    LeakageQuery,
    LeakageSchema,
    PairQuery,
    PairSchema,
    PathQuery,
    PathSchema,
    RecomputeBody,
    RecomputeSchema,
    RunningQuery,
    RunningSchema,
    StaleQuery,
    StaleSchema,
    TimelineQuery,
    TimelineSchema,
    WhySchema,
)

ROOT = "/api/v1"
TAG = "questions"


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of the questions."""
    node = "{kind}/{key}"
    impact, stale, reproduce, pairs, graph = (
        resource(service) for resource in (Impacts, Stale, Reproductions, Pairs, Graph)
    )
    return (
        Route(f"{ROOT}/impact/{node}", impact),
        Route(f"{ROOT}/impact/{node}/recompute", impact, "recompute"),
        Route(f"{ROOT}/history/{node}/field", graph, "field"),
        Route(f"{ROOT}/diff", pairs, "diff"),
        Route(f"{ROOT}/paths", pairs, "path"),
        Route(f"{ROOT}/lineage/common", pairs, "common"),
        Route(f"{ROOT}/stale", stale),
        Route(f"{ROOT}/stale/{node}", stale, "node"),
        Route(f"{ROOT}/policies/leakage", graph, "leakage"),
        Route(f"{ROOT}/timeline/{node}", graph, "timeline"),
        Route(f"{ROOT}/reproduce/{node}", reproduce),
        Route(f"{ROOT}/running", graph, "running"),
        Route(f"{ROOT}/jobs/lineage", graph, "job"),
    )


class _Resource:
    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._questions = service.questions


class Impacts(_Resource):
    """What must be redone if a node is wrong."""

    @operation(
        "Read what rests on a node", query=ImpactSchema, answers={200: answer_schema(Impact), 304: None}, tag=TAG
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: ImpactQuery) -> None:
        """Answer all that is downstream, nearest first, with active deployments marked."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = ImpactQuestion(NodeId.of(kind, key), query.kinds, query.project, query.budget, query.at)
        send(resp, to_wire(self._questions.impacts.of(asked)))

    @operation(
        "Do again what rests on a node",
        query=DryRunSchema,
        body=Body(RecomputeSchema, optional=True),
        answers={200: answer_schema(Recomputation), 202: answer_schema(Recomputation)},
        tag=TAG,
    )
    def on_post_recompute(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        *,
        kind: str,
        key: str,
        query: DryRunQuery,
        body: RecomputeBody,
    ) -> None:
        """Answer the runs in order, and start the plans that do them: 202, or 200 if there is nothing to start."""
        budget = BudgetQuery(body.depth, body.limit).budget
        asked = RecomputeQuestion(NodeId.of(kind, key), body.replace, body.project, budget)
        recomputing = self._questions.recomputing
        answer = recomputing.plan(asked) if query.dry_run else recomputing.start(asked, caller_of(req))
        send(resp, to_wire(answer), 202 if answer.plans else 200)


class Pairs(_Resource):
    """Questions about two nodes."""

    @operation("Compare two runs", query=PairSchema, answers={200: answer_schema(RunDiff), 304: None}, tag=TAG)
    def on_get_diff(self, req: falcon.Request, resp: falcon.Response, *, query: PairQuery) -> None:
        """Answer what differs in parameters, metrics, inputs, code, environment and all that is upstream."""
        if not graph_is_unchanged(self._service.store, req, resp):
            found = self._questions.differences.between(query.a, query.b, query.budget, at=query.at)
            send(resp, to_wire(found))

    @operation("Find the shortest chain", query=PathSchema, answers={200: answer_schema(Chain), 304: None}, tag=TAG)
    def on_get_path(self, req: falcon.Request, resp: falcon.Response, *, query: PathQuery) -> None:
        """Answer the nodes and edges between two nodes; `found` says whether there is a chain."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = PathQuestion(query.source, query.target, query.direction, query.edges, query.budget, query.at)
        send(resp, to_wire(self._questions.paths.between(asked)))

    @operation(
        "Find common ancestors", query=PairSchema, answers={200: answer_schema(CommonAncestors), 304: None}, tag=TAG
    )
    def on_get_common(self, req: falcon.Request, resp: falcon.Response, *, query: PairQuery) -> None:
        """Answer what is upstream of both, the nearest first, and the rows that both were made from."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.common.of(query.a, query.b, query.budget, at=query.at)))


class Stale(_Resource):
    """What rests on inputs of which there is a newer version."""

    @operation("List what is stale", query=StaleSchema, answers={200: answer_schema(StaleNodes), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: StaleQuery) -> None:
        """Answer every stale node of a project, or of all, with its outdated inputs."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = StaleQuestion(query.project, query.kinds, query.why, query.budget, query.at)
        send(resp, to_wire(self._questions.stale.under(asked)))

    @operation(
        "Say whether a node is stale", query=WhySchema, answers={200: answer_schema(Staleness), 304: None}, tag=TAG
    )
    def on_get_node(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: StaleQuery
    ) -> None:
        """Answer its outdated inputs, nearest first."""
        if not graph_is_unchanged(self._service.store, req, resp):
            found = self._questions.stale.of(NodeId.of(kind, key), query.budget, why=query.why, at=query.at)
            send(resp, to_wire(found))


class Reproductions(_Resource):
    """Whether what was made can be made again."""

    @operation("Check whether a run can be reproduced", answers={200: answer_schema(Reproducibility)}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str) -> None:
        """Answer what it needs, whether what it made is intact, and what came out when it was done again."""
        send(resp, to_wire(self._questions.reproducing.check(NodeId.of(kind, key))))

    @operation("Do a run again to compare", answers={202: RunAnswer}, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str) -> None:
        """Answer the new run, which makes everything itself; asking for the check again compares the two."""
        run = self._questions.reproducing.start(NodeId.of(kind, key), caller_of(req))
        resp.location = f"{ROOT}/runs/{run.key}"
        send(resp, run_document(self._service.lineage.node(run), self._service.runs.lease(run)), 202)


class Graph(_Resource):
    """Questions about a model, a job, a field, or what runs now."""

    @operation(
        "Read how a field changed", query=FieldSchema, answers={200: answer_schema(FieldHistory), 304: None}, tag=TAG
    )
    def on_get_field(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: FieldQuery
    ) -> None:
        """Answer each value: since when, by whom, and the runs and plots that used it."""
        if not graph_is_unchanged(self._service.store, req, resp):
            asked = FieldQuestion(NodeId.of(kind, key), query.name, query.method, query.at)
            send(resp, to_wire(self._questions.fields.of(asked)))

    @operation(
        "Check that no test data were trained on",
        query=LeakageSchema,
        answers={200: answer_schema(LeakageReport), 304: None},
        tag=TAG,
    )
    def on_get_leakage(self, req: falcon.Request, resp: falcon.Response, *, query: LeakageQuery) -> None:
        """Answer each leak with why the data are test data, and the chain to the training run."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = LeakageQuestion(query.model, query.roles, query.tags, query.strict, query.budget, query.at)
        send(resp, to_wire(self._questions.leakage.of(asked)))

    @operation(
        "Read how a metric moved", query=TimelineSchema, answers={200: answer_schema(Timeline), 304: None}, tag=TAG
    )
    def on_get_timeline(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: TimelineQuery
    ) -> None:
        """Answer the metric of each version of a model, and what first differs from the version before."""
        if not graph_is_unchanged(self._service.store, req, resp):
            found = self._questions.timelines.of(NodeId.of(kind, key), query.metric, query.budget, at=query.at)
            send(resp, to_wire(found))

    @operation("Read what runs now", query=RunningSchema, answers={200: answer_schema(RunningWork)}, tag=TAG)
    def on_get_running(self, req: falcon.Request, resp: falcon.Response, *, query: RunningQuery) -> None:
        """Answer the open runs: on which worker, since when, what they read, and what waits for them."""
        send(resp, to_wire(self._questions.running.now(query.project, limit=query.limit)))

    @operation(
        "Read the lineage of a job", query=JobSchema, answers={200: answer_schema(JobLineage), 304: None}, tag=TAG
    )
    def on_get_job(self, req: falcon.Request, resp: falcon.Response, *, query: JobQuery) -> None:
        """Answer what all runs of a method, or of a method and a name, read and made, put together."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = JobQuestion(
            method=query.method,
            name=query.name,
            project=query.project,
            direction=query.direction,
            by_name=query.by_name,
            budget=query.budget,
            at=query.at,
        )
        send(resp, to_wire(self._questions.jobs.lineage(asked)))
