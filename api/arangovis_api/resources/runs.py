"""Runs: found, looked at, logged, cancelled."""

from typing import Any

import falcon

from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Lease
from arangovis.services.run_log import LoggedRun
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.external_runs import ExternalRun
from arangovis_api.resources.projects import send_registered
from arangovis_api.schemas.answers import NodePage, Registered, RunAnswer
from arangovis_api.schemas.reading import read_logged_run
from arangovis_api.schemas.runs import LoggedRunSchema, Nothing, NothingSchema, RunsQuery, RunsSchema


class Runs:
    """Everything that ran or waits to run."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Find runs", query=RunsSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: RunsQuery) -> None:
        """Answer a page, newest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        given = (("method", query.method), ("state", query.state))
        equal = tuple((name, value) for name, value in given if value is not None)
        question = NodeQuestion("run", query.filter, equal, query.project, query.limit, query.cursor, query.order)
        send(resp, page_document(self._service.search.find(question), node_document))

    @operation(
        "Log a run of your own process",
        body=Body(LoggedRunSchema, read=read_logged_run),
        answers={201: Registered, 200: Registered},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: LoggedRun) -> None:
        """Answer 201 with its node; 200 if a run of this key was logged with the same content."""
        send_registered(resp, self._service.run_log.log(body, caller_of(req)))


class OneRun(ExternalRun):
    """A run."""

    @operation("Read a run", answers={200: RunAnswer})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it; while it is open, with its progress."""
        run_id = NodeId.of("run", key)
        lease = self._service.runs.lease(run_id)
        send(resp, run_document(self._service.lineage.node(run_id), lease))

    @operation("Cancel a run", body=Body(NothingSchema, optional=True), answers={200: RunAnswer})
    def on_post_cancel(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Nothing) -> None:
        """Answer the cancelled run; one that has ended otherwise is a conflict."""
        run_id = NodeId.of("run", key)
        self._service.runs.cancel(run_id, caller_of(req))
        send(resp, run_document(self._service.lineage.node(run_id), None))

    @operation(
        "Ask again for a run that did not succeed",
        body=Body(NothingSchema, optional=True),
        answers={200: RunAnswer, 202: RunAnswer},
    )
    def on_post_retry(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: Nothing) -> None:
        """Answer the new run: 202 while it is to be computed, 200 if an equal one has succeeded meanwhile."""
        run = self._service.retries.retry(NodeId.of("run", key), caller_of(req))
        resp.location = f"/api/v1/runs/{run.id.key}"
        node, lease = self._service.lineage.node(run.id), self._service.runs.lease(run.id)
        send(resp, run_document(node, lease), 202 if run.state.is_open else 200)


def run_document(run: Node, lease: Lease | None) -> dict[str, Any]:
    """Return a run as JSON, with its lease while it has one."""
    return {**node_document(run), "lease": None if lease is None else _lease_document(lease)}


def _lease_document(lease: Lease) -> dict[str, Any]:
    return {
        "progress": lease.progress,
        "stage": lease.stage,
        "owner": lease.owner,
        "attempt": lease.attempt,
        "due": lease.due,
        "heartbeat": lease.heartbeat,
    }
