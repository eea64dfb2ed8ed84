"""Deployments and how they perform."""

import falcon

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.anomaly.score_drift import ScoreDrift, Windows
from arangovis.services.catalogue.deployments import Deployment, Provision, StateChange
from arangovis.services.catalogue.performance import ServedPerformance
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.schemas.anomaly import ScoreDriftQuery, ScoreDriftSchema
from arangovis_api.schemas.answers import Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.graph import AtQuery, AtSchema
from arangovis_api.schemas.pipeline_life import (
    DeploymentsQuery,
    DeploymentsSchema,
    DeploymentStateSchema,
    ObservedBody,
    ObservedSchema,
    ProvisionSchema,
    ReasonBody,
    ReasonSchema,
    StateBody,
)

_DEPLOYMENT = answer_schema(Deployment)


class Deployments:
    """What is deployed, and was."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List deployments", query=DeploymentsSchema, answers={200: page_schema(Deployment), 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: DeploymentsQuery) -> None:
        """Answer a page, newest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        given = (("deployment_tag", query.tag), ("state", query.state))
        equal = tuple((name, value) for name, value in given if value is not None)
        question = NodeQuestion("deployment", query.filter, equal, query.project, query.limit, query.cursor)
        page = self._service.search.find(question)
        found = self._service.pipeline.deployments.views(page.items)
        send(resp, to_wire(Page(found, page.next_cursor)))

    @operation(
        "Provision a deployment from a tagged run", body=ProvisionSchema, answers={201: Registered, 200: Registered}
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: Provision) -> None:
        """Answer 201 with its node; 200 if the newest run of the tag is deployed already. A gate may refuse it: 409."""
        send_registered(resp, self._service.pipeline.deployments.provision(body, caller_of(req)))


class OneDeployment:
    """A deployment."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a deployment", query=AtSchema, answers={200: _DEPLOYMENT, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: AtQuery) -> None:
        """Answer it with all that it consists of, as it is or was."""
        if not graph_is_unchanged(self._service.store, req, resp):
            node = NodeId.of("deployment", key)
            send(resp, to_wire(self._service.pipeline.deployments.get(node, at=query.at)))

    @operation("Bring a deployment into a state", body=DeploymentStateSchema, answers={200: _DEPLOYMENT})
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: StateBody) -> None:
        """Answer it; one that becomes active archives the active one of its tag."""
        node, deployments = NodeId.of("deployment", key), self._service.pipeline.deployments
        send(resp, to_wire(deployments.change(node, body.state, caller_of(req), reason=body.reason)))

    @operation("Go back to the deployment before", body=Body(ReasonSchema, optional=True), answers={200: _DEPLOYMENT})
    def on_post_rollback(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: ReasonBody) -> None:
        """Answer the one that is active now: the one that this one had replaced."""
        node, deployments = NodeId.of("deployment", key), self._service.pipeline.deployments
        send(resp, to_wire(deployments.roll_back(node, caller_of(req), reason=body.reason)))

    @operation("Read how a deployment came to stand where it does", answers={200: page_schema(StateChange), 304: None})
    def on_get_history(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer every change of its state, oldest first."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(Page(self._service.pipeline.deployments.history(NodeId.of("deployment", key)))))

    @operation(
        "Compare serving with development",
        query=AtSchema,
        answers={200: answer_schema(ServedPerformance), 304: None},
    )
    def on_get_performance(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: AtQuery) -> None:
        """Answer every period in order of time, beside what its run measured."""
        if not graph_is_unchanged(self._service.store, req, resp):
            node = NodeId.of("deployment", key)
            send(resp, to_wire(self._service.pipeline.performance.compare(node, at=query.at)))

    @operation(
        "Compare scores with those that training held out",
        query=ScoreDriftSchema,
        answers={200: answer_schema(ScoreDrift), 304: None},
    )
    def on_get_score_drift(
        self, req: falcon.Request, resp: falcon.Response, *, key: str, query: ScoreDriftQuery
    ) -> None:
        """Answer the scores of every period in order of time, of each detector that is deployed or attached."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        windows = None if query.time_column is None else Windows(query.time_column, query.window_s)
        send(resp, to_wire(self._service.score_drifts.of(NodeId.of("deployment", key), windows)))


class ServingPerformance:
    """How deployments perform."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Log how a deployment performed in a period", body=ObservedSchema, answers={201: Registered, 200: Registered}
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ObservedBody) -> None:
        """Answer 201 with its node; 200 if the same was logged of this period."""
        pipeline = self._service.pipeline
        send_registered(resp, pipeline.performance.log(self._deployment(body), body.observed, caller_of(req)))

    def _deployment(self, body: ObservedBody) -> NodeId:
        if (body.deployment is None) == (body.tag is None):
            raise InvalidInput.of(Fault("deployment", "give either the deployment or its tag"))
        if body.deployment is not None:
            return NodeId.of("deployment", body.deployment.key)
        return self._service.pipeline.deployments.current(str(body.tag), project=body.project).node
