"""The Python SDK's face: the same calls in this process or against a server."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.client.backend import PRODUCTION, TRAINING, Backend
from arangovis.client.tables import Table, table_bytes
from arangovis.domain.catalogue import Profile, Signature, SignatureField
from arangovis.domain.errors import ComputeFailed, NotFound
from arangovis.domain.graph import Direction, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.domain.runs import RunState
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT, LineageAnswer, LineageQuestion
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun
from arangovis_schema import LINEAGE_EDGE_KINDS

WAIT_DEFAULT_S = 600.0
_FIRST_TURN_S = 0.1


@dataclass(frozen=True, slots=True)
class Projection:
    """A finished projection: its run, its plot, and its answer as the REST API gives it."""

    run: NodeId
    plot: NodeId
    result: Mapping[str, Any]

    @property
    def coordinates(self) -> npt.NDArray[np.float32]:
        """The projected production rows, float32 (rows, components)."""
        return np.asarray(self.result["data"], dtype=np.float32)

    @property
    def metrics(self) -> Mapping[str, float | str]:
        """How faithful the plot is, by the name of the metric."""
        found: Mapping[str, float | str] = self.result["visualization_metrics"]
        return found


class Client:
    """A connection to arangovis; made by `arangovis.connect`. Use it as a context manager, or `close` it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    # --- registering ------------------------------------------------------------------------------------------

    def register_project(self, name: str) -> NodeId:
        """Register a project, or find it."""
        return self._backend.register_project(name)

    def register_model(self, project: str, name: str) -> NodeId:
        """Register a model, or find it."""
        return self._backend.register_model(project, name)

    def register_model_version(
        self, project: str, model: str, signature: Signature, *, version: str | None = None
    ) -> RegisteredVersion:
        """Register a model version; its `number` is what the other calls want."""
        return self._backend.register_version(project, model, signature, version)

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str = "LessEq") -> NodeId:
        """Register a monitoring metric: a column of the production rows, healthy if `value <operation> threshold`."""
        return self._backend.register_metric_spec(number, name, threshold=threshold, operation=operation)

    def put_training_data(self, number: int, rows: Table) -> Stored:
        """Make these rows the training data of a model version."""
        body, media_type = table_bytes(rows)
        return self._backend.store_rows(number, TRAINING, body, media_type, key=None)

    def append_production_data(self, number: int, rows: Table, *, idempotency_key: str | None = None) -> Stored:
        """Append rows to the production stream of a model version."""
        body, media_type = table_bytes(rows)
        return self._backend.store_rows(number, PRODUCTION, body, media_type, key=idempotency_key)

    # --- projecting -------------------------------------------------------------------------------------------

    def params(self, number: int, method: str = "umap") -> Document:
        """Return the parameters in force."""
        return self._backend.params(number, method)

    def set_params(
        self, number: int, method: str = "umap", *, parameters: Mapping[str, Scalar], **options: JsonValue
    ) -> None:
        """Put parameters in force: those given over those in force now."""
        now = self._backend.params(number, method)
        current = now["parameters"]
        merged = {**(current if isinstance(current, Mapping) else {}), **parameters}
        self._backend.set_params(number, method, {**now, **options, "parameters": merged})

    def params_history(self, number: int, method: str = "umap") -> Sequence[Revision]:
        """Return every revision of the parameters: when, by whom, and which runs used it."""
        return self._backend.params_history(number, method)

    def project(self, number: int, method: str = "umap", *, timeout_s: float = WAIT_DEFAULT_S) -> Projection:
        """Return the projection for the parameters in force, computed only if there is none yet."""
        return self.wait_projection(self._backend.request_projection(number, method), timeout_s=timeout_s)

    def recompute(
        self, number: int, method: str = "umap", *, refit: bool = True, timeout_s: float = WAIT_DEFAULT_S
    ) -> Projection:
        """Project a fresh sample of the traffic; without `refit` into the projection fitted before."""
        run = self._backend.recompute_projection(number, method, refit=refit)
        return self.wait_projection(run, timeout_s=timeout_s)

    def wait_projection(self, run: NodeId, *, timeout_s: float = WAIT_DEFAULT_S) -> Projection:
        """Wait for a projection run.

        Raises:
            ComputeFailed: it ended without success; the text says how.

        """
        self.wait(run, timeout_s=timeout_s)
        made = self.outputs(run)
        if "plot" not in made or "result" not in made:
            raise NotFound(f"{run} made no plot")
        return Projection(run, made["plot"], orjson.loads(self._backend.content(made["result"])))

    # --- runs -------------------------------------------------------------------------------------------------

    def run(self, run: NodeId | str) -> Node:
        """Return a run."""
        return self._backend.run(_id(run))

    def wait(self, run: NodeId | str, *, timeout_s: float = WAIT_DEFAULT_S) -> Node:
        """Wait until a run has succeeded.

        Raises:
            ComputeFailed: it ended without success, or not in time.

        """
        node_id, deadline, turn_s = _id(run), time.monotonic() + timeout_s, _FIRST_TURN_S
        while True:
            node = self._backend.run(node_id)
            state = RunState(str(node.attributes["state"]))
            if state is RunState.SUCCESS:
                return node
            if not state.is_open:
                raise ComputeFailed(f"{node_id} ended as {state.value}: {node.attributes.get('message', '')}")
            if time.monotonic() >= deadline:
                raise ComputeFailed(f"{node_id} is still {state.value} after {timeout_s:g} s")
            self._backend.wait_turn(node_id, turn_s)
            turn_s *= 1.5

    def cancel(self, run: NodeId | str) -> None:
        """Cancel an open run."""
        self._backend.cancel(_id(run))

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own with its inputs, parameters, metrics and outputs: all of it or nothing."""
        return self._backend.log_run(logged)

    def runs(self, where: str | None = None, *, limit: int = 100, cursor: str | None = None) -> Page[Node]:
        """Find runs, newest first, with the filter language: `params.n_neighbours >= 15 and state = 'SUCCESS'`."""
        return self._backend.search_runs(where, limit=limit, cursor=cursor)

    def outputs(self, run: NodeId | str) -> Mapping[str, NodeId]:
        """Return what a run made, by role."""
        answer = self.lineage(run, direction="downstream", depth=1)
        return {e.id.role: e.id.target for e in answer.edges if e.id.kind == "generated"}

    # --- lineage ----------------------------------------------------------------------------------------------

    def lineage(
        self,
        node: NodeId | str,
        *,
        direction: str = "upstream",
        depth: int = DEPTH_DEFAULT,
        limit: int = NODE_LIMIT_DEFAULT,
        kinds: Sequence[str] = (),
        edges: Sequence[str] = LINEAGE_EDGE_KINDS,
        at: int | None = None,
    ) -> LineageAnswer:
        """Return what is upstream, downstream or both ways of a node, now or as of a time (microseconds)."""
        question = LineageQuestion(
            start=_id(node),
            direction=Direction(direction),
            depth=depth,
            limit=limit,
            kinds=frozenset(kinds),
            edges=frozenset(edges),
            at=at,
        )
        return self._backend.lineage(question)

    def node(self, node: NodeId | str, *, at: int | None = None) -> Node:
        """Return a node as it is, or was."""
        return self._backend.node(_id(node), at=at)

    def history(self, node: NodeId | str) -> Sequence[Node]:
        """Return every version of a node, oldest first."""
        return self._backend.history(_id(node))

    def content(self, artifact: NodeId | str) -> bytes:
        """Return the verified bytes of an artifact."""
        return self._backend.content(_id(artifact))

    # --- life -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Release what is held."""
        self._backend.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def signature_field(name: str, dtype: str, profile: str = "NONE", shape: Sequence[int] = ()) -> SignatureField:
    """Return one field of a signature; an embedding of N numbers has the shape [1, N]."""
    return SignatureField(name, tuple(shape), dtype, Profile(profile.upper()))


def _id(node: NodeId | str) -> NodeId:
    return NodeId.parse(node) if isinstance(node, str) else node
