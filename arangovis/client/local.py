"""The service in this process, on the embedded store: no server needed. Runs are computed when they are waited for."""

import time
from collections.abc import Mapping, Sequence

from arangovis.client.backend import POLL_MAX_S, PRODUCTION
from arangovis.client.transport import Identity, Transport
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.errors import InvalidInput, NoData
from arangovis.domain.graph import Caller, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.views import optional_text
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.services.lineage.lineage import LineageAnswer, LineageQuestion
from arangovis.services.lineage.origin import Origin
from arangovis.services.params import Revision
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.run_log import LoggedRun
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis

REQUEST_ID = "in-process"


class LocalBackend:
    """Calls the services."""

    def __init__(self, service: Arangovis, actor: str) -> None:
        self._service = service
        self._caller = Caller(actor, REQUEST_ID)
        self._api: Transport | None = None

    def __str__(self) -> str:
        return f"in process, {self._service.settings.home}"

    # --- registering ------------------------------------------------------------------------------------------

    def register_project(self, name: str) -> NodeId:
        """Register a project."""
        return self._service.catalogue.register_project(name, self._caller).node

    def register_model(self, project: str, name: str) -> NodeId:
        """Register a model."""
        return self._service.catalogue.register_model(project, name, self._caller).node

    def register_version(
        self, project: str, model: str, signature: Signature, version: str | None
    ) -> RegisteredVersion:
        """Register a model version."""
        return self._service.catalogue.register_version(project, model, signature, self._caller, version=version)

    def store_rows(self, number: int, role: str, body: bytes, media_type: str, *, key: str | None) -> Stored:
        """Store training or production rows."""
        from arangovis.tabular import read_rows

        version = self._version(number)
        rows = read_rows(body, media_type, stable_ids=role != PRODUCTION)
        if role == PRODUCTION:
            return self._service.datasets.append_production(version, rows, self._caller, idempotency_key=key)
        return self._service.datasets.put_training(version, rows, self._caller)

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str) -> NodeId:
        """Register a monitoring metric."""
        catalogue = self._service.catalogue
        return catalogue.register_metric_spec(number, name, self._caller, threshold=threshold, operation=operation).node

    # --- projecting -------------------------------------------------------------------------------------------

    def params(self, number: int, method: str) -> Document:
        """Return the parameters in force."""
        params = self._service.projections.params(self._version(number), method)
        return {"parameters": dict(params.values), **params.options()}

    def set_params(self, number: int, method: str, body: Mapping[str, JsonValue]) -> None:
        """Put parameters in force."""
        self._service.projections.set_params(self._version(number), method, body, self._caller)

    def params_history(self, number: int, method: str) -> Sequence[Revision]:
        """Return every revision of the parameters."""
        return self._service.params.history(self._version(number), method)

    def request_projection(self, number: int, method: str) -> NodeId:
        """Ask for a projection."""
        return self._service.projections.plottable(self._version(number), method, self._caller).id

    def recompute_projection(self, number: int, method: str, *, refit: bool) -> NodeId:
        """Ask for a projection of fresh traffic."""
        return self._service.projections.recompute(self._version(number), method, self._caller, refit=refit).id

    def request_all_rows(self, number: int, method: str, sizes: Mapping[str, int]) -> NodeId:
        """Ask for a projection of all rows."""
        version, options = self._version(number), AllRowsOptions(**sizes)
        return self._service.all_rows.request(version, method, options, self._caller).id

    def all_rows_result(self, plan: NodeId) -> NodeId:
        """Return the artifact that lists the parts of a projection of all rows."""
        return self._service.all_rows.result(plan)

    # --- runs -------------------------------------------------------------------------------------------------

    def wait_turn(self, run: NodeId, timeout_s: float) -> None:  # noqa: ARG002
        """Compute whatever is due here and now, the run among it; if another process has it, give it time."""
        from arangovis.wiring import worker_context
        from arangovis.workers.inline import drain

        if not drain(worker_context(self._service)):
            time.sleep(min(POLL_MAX_S, max(0.0, timeout_s)))

    def run(self, run: NodeId) -> Node:
        """Return a run."""
        return self._service.store.get(run)

    def cancel(self, run: NodeId) -> None:
        """Cancel a run."""
        self._service.runs.cancel(run, self._caller)

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own."""
        return self._service.run_log.log(logged, self._caller).node

    # --- asking -----------------------------------------------------------------------------------------------

    def find(self, question: NodeQuestion) -> Page[Node]:
        """Find runs or artifacts."""
        return self._service.search.find(question)

    def model_versions(self, question: NodeQuestion) -> Page[ModelVersion]:
        """Find model versions."""
        page = self._service.search.find(question)
        return Page([ModelVersion.of(node) for node in page.items], page.next_cursor)

    def node(self, node: NodeId, *, at: int | None) -> Node:
        """Return a node."""
        return self._service.lineage.node(node, at=at)

    def lineage(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage."""
        return self._service.lineage.ask(question)

    def edges(self, question: EdgesQuestion) -> Page[Neighbour]:
        """Return a page of the edges of a node."""
        return self._service.lineage.edges(question)

    def origin(self, node: NodeId, *, at: int | None) -> Origin:
        """Return where a node comes from."""
        return self._service.origins.of(node, at=at)

    def history(self, node: NodeId) -> Sequence[Node]:
        """Return every version of a node."""
        return self._service.lineage.history(node)

    def content(self, artifact: NodeId) -> bytes:
        """Return the verified bytes of an artifact."""
        digest = optional_text(self._service.lineage.node(artifact).attributes, "digest")
        if digest is None or not self._is_kept(digest):
            raise NoData(f"the bytes of {artifact} are not kept here")
        return self._service.blobs.read(digest)

    @property
    def service(self) -> Arangovis:
        """The service itself."""
        return self._service

    def api(self) -> Transport:
        """Return what hands requests to the REST API in this process."""
        if self._api is None:
            from arangovis.client.app_transport import AppTransport, app_over

            identity = Identity(None, self._caller.actor)
            self._api = AppTransport(app_over(self._service), identity)
        return self._api

    def close(self) -> None:
        """Close the store."""
        self._service.close()

    def _version(self, number: int) -> ModelVersion:
        return self._service.catalogue.version(number)

    def _is_kept(self, digest: str) -> bool:
        try:
            return self._service.artifacts.exists(digest)
        except InvalidInput:  # a logged run may call anything a digest
            return False
