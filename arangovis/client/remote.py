"""The service behind its REST API."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from arangovis.client.backend import POLL_MAX_S, PRODUCTION
from arangovis.client.documents import lineage_of, model_version_of, neighbour_of, origin_of, revision_of
from arangovis.client.logged import document
from arangovis.client.problems import json_of, raise_for
from arangovis.client.transport import IDEMPOTENCY_KEY, Transport
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node, Page
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.wire import node_of
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.services.lineage.lineage import LineageAnswer, LineageQuestion
from arangovis.services.lineage.origin import Origin
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun
from arangovis.services.search import NodeQuestion

API = "/api/v1"
VISUALIZATION = "/visualization"
_JSON = {"Content-Type": "application/json"}


class RemoteBackend:
    """Calls the REST API. `pause` lets workers get on for some seconds while a run is waited for."""

    def __init__(self, transport: Transport, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._transport = transport
        self._pause = pause

    def __str__(self) -> str:
        return str(self._transport)

    # --- registering ------------------------------------------------------------------------------------------

    def register_project(self, name: str) -> NodeId:
        """Register a project."""
        return _node(self._post(f"{API}/projects", {"name": name}))

    def register_model(self, project: str, name: str) -> NodeId:
        """Register a model."""
        return _node(self._post(f"{API}/models", {"project": project, "name": name}))

    def register_version(
        self, project: str, model: str, signature: Signature, version: str | None
    ) -> RegisteredVersion:
        """Register a model version."""
        body: dict[str, Any] = {"project": project, "model": model, "signature": signature.document()}
        if version is not None:
            body["version"] = version
        response = self._transport.send("POST", f"{API}/model-versions", body=_json(body), headers=_JSON)
        answer = json_of(response)
        return RegisteredVersion(_node(answer), answer["id"], answer["version"], created=response.status == 201)

    def store_rows(self, number: int, role: str, body: bytes, media_type: str, *, key: str | None) -> Stored:
        """Store training or production rows."""
        headers = {"Content-Type": media_type} | ({} if key is None else {IDEMPOTENCY_KEY: key})
        method = "POST" if role == PRODUCTION else "PUT"
        response = self._transport.send(method, f"{API}/model-versions/{number}/{role}", body=body, headers=headers)
        answer = json_of(response)
        return Stored(_node(answer), answer["rows"], created=response.status == 201)

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str) -> NodeId:
        """Register a monitoring metric."""
        body = {"name": name, "threshold": threshold, "operation": operation}
        return _node(self._post(f"{API}/model-versions/{number}/metric-specs", body))

    # --- projecting -------------------------------------------------------------------------------------------

    def params(self, number: int, method: str) -> Document:
        """Return the parameters in force."""
        found: Document = self._get(f"{VISUALIZATION}/params/{_segment(method)}?model_version_id={number}")
        return found

    def set_params(self, number: int, method: str, body: Mapping[str, JsonValue]) -> None:
        """Put parameters in force."""
        self._post(f"{VISUALIZATION}/params/{_segment(method)}", {**body, "model_version_id": number})

    def params_history(self, number: int, method: str) -> Sequence[Revision]:
        """Return every revision of the parameters."""
        answer = self._get(f"{API}/model-versions/{number}/params/{_segment(method)}/history")
        return [revision_of(item) for item in answer["items"]]

    def request_projection(self, number: int, method: str) -> NodeId:
        """Ask for a projection."""
        answer = self._post(f"{VISUALIZATION}/plottable_embeddings/{_segment(method)}", {"model_version_id": number})
        return NodeId.parse(answer["run"])

    def recompute_projection(self, number: int, method: str, *, refit: bool) -> NodeId:
        """Ask for a projection of fresh traffic."""
        body = {"model_version_id": number, "refit_transformer": refit}
        return NodeId.parse(self._post(f"{VISUALIZATION}/jobs/{_segment(method)}", body)["run"])

    def request_all_rows(self, number: int, method: str, sizes: Mapping[str, int]) -> NodeId:
        """Ask for a projection of all rows."""
        body = {"model_version": number, "method": method, "rows": "all", **sizes}
        return NodeId.parse(self._post(f"{API}/projections", body)["id"])

    def all_rows_result(self, plan: NodeId) -> NodeId:
        """Return the artifact that lists the parts of a projection of all rows."""
        result = self._get(f"{API}/projections/{plan.key}")["result"]
        if result is None:
            raise NotFound(f"{plan} has no result")
        return NodeId.parse(result)

    # --- runs -------------------------------------------------------------------------------------------------

    def wait_turn(self, run: NodeId, timeout_s: float) -> None:  # noqa: ARG002
        """Give the workers time."""
        self._pause(min(POLL_MAX_S, max(0.0, timeout_s)))

    def run(self, run: NodeId) -> Node:
        """Return a run."""
        return node_of(self._get(f"{API}/runs/{run.key}"))

    def cancel(self, run: NodeId) -> None:
        """Cancel a run."""
        self._post(f"{API}/runs/{run.key}/cancel", {})

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own. It has a key before it is sent, so that sending it again logs it once."""
        key = logged.key or time_ordered_id("run", time.time_ns() // 1000).key
        body = _json(document(replace(logged, key=key)))
        headers = {**_JSON, IDEMPOTENCY_KEY: key}
        return _node(json_of(self._transport.send("POST", f"{API}/runs", body=body, headers=headers)))

    # --- asking -----------------------------------------------------------------------------------------------

    def find(self, question: NodeQuestion) -> Page[Node]:
        """Find runs or artifacts."""
        answer = self._get(f"{API}/{question.kind}s?{_search_query(question)}")
        return Page([node_of(item) for item in answer["items"]], answer["next_cursor"])

    def model_versions(self, question: NodeQuestion) -> Page[ModelVersion]:
        """Find model versions."""
        answer = self._get(f"{API}/model-versions?{_search_query(question)}")
        return Page([model_version_of(item) for item in answer["items"]], answer["next_cursor"])

    def node(self, node: NodeId, *, at: int | None) -> Node:
        """Return a node."""
        return node_of(self._get(f"{API}/nodes/{node}?{_query(at=at)}"))

    def lineage(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage."""
        query = _query(
            direction=question.direction.value,
            depth=question.depth,
            limit=question.limit,
            kinds=",".join(sorted(question.kinds)) or None,
            edges=",".join(sorted(question.edges)),
            at=question.at,
        )
        return lineage_of(self._get(f"{API}/lineage/{question.start}?{query}"))

    def edges(self, question: EdgesQuestion) -> Page[Neighbour]:
        """Return a page of the edges of a node."""
        query = _query(
            direction=question.direction.value,
            edges=",".join(sorted(question.edges)),
            cursor=question.cursor,
            limit=question.limit,
            at=question.at,
        )
        answer = self._get(f"{API}/nodes/{question.node}/edges?{query}")
        return Page([neighbour_of(item) for item in answer["items"]], answer["next_cursor"])

    def origin(self, node: NodeId, *, at: int | None) -> Origin:
        """Return where a node comes from."""
        answer = self._get(f"{API}/origin/{node}?{_query(at=at)}")
        return origin_of(answer, self.node(node, at=at))

    def history(self, node: NodeId) -> Sequence[Node]:
        """Return every version of a node."""
        return [node_of(item) for item in self._get(f"{API}/history/{node}")["items"]]

    def content(self, artifact: NodeId) -> bytes:
        """Return the verified bytes of an artifact."""
        return raise_for(self._transport.send("GET", f"{API}/artifacts/{artifact.key}/content")).body

    def api(self) -> Transport:
        """Return what carries requests to the server."""
        return self._transport

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _get(self, path: str) -> Any:
        return json_of(self._transport.send("GET", path))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return json_of(self._transport.send("POST", path, body=_json(body), headers=_JSON))


def _node(answer: Mapping[str, Any]) -> NodeId:
    return NodeId.parse(answer["node"])


def _json(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise InvalidInput.of(Fault("body", f"is no JSON: {error}")) from error


def _segment(text: str) -> str:
    return quote(text, safe="") or "-"


def _search_query(question: NodeQuestion) -> str:
    filter_text, cursor = question.filter or None, question.cursor
    given = {"project": question.project, "limit": question.limit, "order": question.order}
    return _query(filter=filter_text, cursor=cursor, **given)


def _query(**given: object) -> str:
    return urlencode({name: value for name, value in given.items() if value is not None})
