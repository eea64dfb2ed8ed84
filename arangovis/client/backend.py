"""What a client needs of a service, wherever it runs: `local.py` calls the services, `remote.py` the REST API."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from arangovis.client.transport import Transport
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.graph import Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.services.lineage.lineage import LineageAnswer, LineageQuestion
from arangovis.services.lineage.origin import Origin
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun
from arangovis.services.search import NodeQuestion

TRAINING = "training-data"
PRODUCTION = "production-data"
POLL_MAX_S = 1.0
"""How long at most between two looks at a run that is waited for."""


class Backend(Protocol):
    """The verbs. All raise the errors of `arangovis.domain.errors`."""

    def register_project(self, name: str) -> NodeId:
        """Register a project."""

    def register_model(self, project: str, name: str) -> NodeId:
        """Register a model."""

    def register_version(
        self, project: str, model: str, signature: Signature, version: str | None
    ) -> RegisteredVersion:
        """Register a model version."""

    def store_rows(self, number: int, role: str, body: bytes, media_type: str, *, key: str | None) -> Stored:
        """Store training or production rows."""

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str) -> NodeId:
        """Register a monitoring metric."""

    def params(self, number: int, method: str) -> Document:
        """Return the parameters in force."""

    def set_params(self, number: int, method: str, body: Mapping[str, JsonValue]) -> None:
        """Put parameters in force."""

    def params_history(self, number: int, method: str) -> Sequence[Revision]:
        """Return every revision of the parameters."""

    def request_projection(self, number: int, method: str) -> NodeId:
        """Ask for a projection and return its run."""

    def recompute_projection(self, number: int, method: str, *, refit: bool) -> NodeId:
        """Ask for a projection of fresh traffic and return its run."""

    def request_all_rows(self, number: int, method: str, sizes: Mapping[str, int]) -> NodeId:
        """Ask for a projection of all rows and return its plan."""

    def all_rows_result(self, plan: NodeId) -> NodeId:
        """Return the artifact that lists the parts of a projection of all rows."""

    def wait_turn(self, run: NodeId, timeout_s: float) -> None:
        """Let the run make progress: compute it here, or give the workers time."""

    def run(self, run: NodeId) -> Node:
        """Return a run."""

    def cancel(self, run: NodeId) -> None:
        """Cancel a run."""

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own."""

    def find(self, question: NodeQuestion) -> Page[Node]:
        """Find runs or artifacts, newest first."""

    def model_versions(self, question: NodeQuestion) -> Page[ModelVersion]:
        """Find model versions, newest first."""

    def node(self, node: NodeId, *, at: int | None) -> Node:
        """Return a node."""

    def lineage(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage."""

    def edges(self, question: EdgesQuestion) -> Page[Neighbour]:
        """Return a page of the edges of a node."""

    def origin(self, node: NodeId, *, at: int | None) -> Origin:
        """Return where a node comes from."""

    def history(self, node: NodeId) -> Sequence[Node]:
        """Return every version of a node."""

    def content(self, artifact: NodeId) -> bytes:
        """Return the verified bytes of an artifact."""

    def api(self) -> Transport:
        """Return what carries requests to the REST API, of a server or in this process."""

    def close(self) -> None:
        """Release what is held."""
