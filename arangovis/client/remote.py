"""The service behind its REST API."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from arangovis.client.documents import lineage_of, node_of, revision_of
from arangovis.client.transport import HttpTransport, raise_for
from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage import LineageAnswer, LineageQuestion
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun, Output

JSON = "application/json"
POLL_MAX_S = 1.0


class RemoteBackend:
    """Calls the REST API."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    def register_project(self, name: str) -> NodeId:
        """Register a project."""
        return NodeId.parse(self._post("/api/v1/projects", {"name": name})["node"])

    def register_model(self, project: str, name: str) -> NodeId:
        """Register a model."""
        return NodeId.parse(self._post("/api/v1/models", {"project": project, "name": name})["node"])

    def register_version(
        self, project: str, model: str, signature: Signature, version: str | None
    ) -> RegisteredVersion:
        """Register a model version."""
        body: dict[str, Any] = {"project": project, "model": model, "signature": signature.document()}
        if version is not None:
            body["version"] = version
        status, answer = self._send("POST", "/api/v1/model-versions", body)
        return RegisteredVersion(NodeId.parse(answer["node"]), answer["id"], answer["version"], created=status == 201)

    def store_rows(self, number: int, role: str, body: bytes, media_type: str, *, key: str | None) -> Stored:
        """Store training or production rows."""
        headers = {"Content-Type": media_type} | ({} if key is None else {"Idempotency-Key": key})
        method = "PUT" if role == "training-data" else "POST"
        path = f"/api/v1/model-versions/{number}/{role}"
        response = raise_for(self._transport.send(method, path, body=body, headers=headers))
        answer = orjson.loads(response.body)
        return Stored(NodeId.parse(answer["node"]), answer["rows"], created=response.status == 201)

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str) -> NodeId:
        """Register a monitoring metric."""
        body = {"name": name, "threshold": threshold, "operation": operation}
        return NodeId.parse(self._post(f"/api/v1/model-versions/{number}/metric-specs", body)["node"])

    def params(self, number: int, method: str) -> Document:
        """Return the parameters in force."""
        document: Document = self._get(f"/visualization/params/{quote(method)}?model_version_id={number}")
        return document

    def set_params(self, number: int, method: str, body: Mapping[str, JsonValue]) -> None:
        """Put parameters in force."""
        self._post(f"/visualization/params/{quote(method)}", {**body, "model_version_id": number})

    def params_history(self, number: int, method: str) -> Sequence[Revision]:
        """Return every revision of the parameters."""
        answer = self._get(f"/api/v1/model-versions/{number}/params/{quote(method)}/history")
        return [revision_of(item) for item in answer["items"]]

    def request_projection(self, number: int, method: str) -> NodeId:
        """Ask for a projection."""
        answer = self._post(f"/visualization/plottable_embeddings/{quote(method)}", {"model_version_id": number})
        return NodeId("run", answer["task_id"])

    def recompute_projection(self, number: int, method: str, *, refit: bool) -> NodeId:
        """Ask for a projection of fresh traffic."""
        body = {"model_version_id": number, "refit_transformer": refit}
        return NodeId("run", self._post(f"/visualization/jobs/{quote(method)}", body)["task_id"])

    def wait_turn(self, run: NodeId, timeout_s: float) -> None:  # noqa: ARG002
        """Give the workers time."""
        time.sleep(min(POLL_MAX_S, max(0.0, timeout_s)))

    def run(self, run: NodeId) -> Node:
        """Return a run."""
        return node_of(self._get(f"/api/v1/runs/{run.key}"))

    def cancel(self, run: NodeId) -> None:
        """Cancel a run."""
        self._post(f"/api/v1/runs/{run.key}/cancel", {})

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own."""
        return NodeId.parse(self._post("/api/v1/runs", _logged_document(logged))["node"])

    def search_runs(self, where: str | None, *, limit: int, cursor: str | None) -> Page[Node]:
        """Find runs."""
        answer = self._get("/api/v1/runs?" + _query(filter=where, limit=limit, cursor=cursor))
        return Page([node_of(item) for item in answer["items"]], answer["next_cursor"])

    def node(self, node: NodeId, *, at: int | None) -> Node:
        """Return a node."""
        return node_of(self._get(f"/api/v1/nodes/{node}?{_query(at=at)}"))

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
        return lineage_of(self._get(f"/api/v1/lineage/{question.start}?{query}"))

    def history(self, node: NodeId) -> Sequence[Node]:
        """Return every version of a node."""
        return [node_of(item) for item in self._get(f"/api/v1/history/{node}")["items"]]

    def content(self, artifact: NodeId) -> bytes:
        """Return the verified bytes of an artifact."""
        return raise_for(self._transport.send("GET", f"/api/v1/artifacts/{artifact.key}/content")).body

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _get(self, path: str) -> Any:
        return orjson.loads(raise_for(self._transport.send("GET", path)).body)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._send("POST", path, body)[1]

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        data = orjson.dumps(body)
        response = raise_for(self._transport.send(method, path, body=data, headers={"Content-Type": JSON}))
        return response.status, orjson.loads(response.body)


def _query(**given: object) -> str:
    return urlencode({name: value for name, value in given.items() if value is not None})


def _logged_document(logged: LoggedRun) -> dict[str, Any]:
    document: dict[str, Any] = {
        "method": logged.method,
        "project": logged.project,
        "key": logged.key,
        "name": logged.name,
        "state": logged.state.value,
        "params": dict(logged.params),
        "metrics": dict(logged.metrics),
        "tags": list(logged.tags),
        "attributes": dict(logged.attributes),
        "inputs": [{"node": str(item.node), "role": item.role} for item in logged.inputs],
        "outputs": [_output_document(output) for output in logged.outputs],
        "started": logged.started,
        "ended": logged.ended,
    }
    return {name: value for name, value in document.items() if value is not None}


def _output_document(output: Output) -> dict[str, Any]:
    if output.node is not None:
        return {"role": output.role, "node": str(output.node)}
    return {"role": output.role, "kind": output.kind, "attributes": dict(output.attributes)}
