"""The service in this process, on the embedded store: no server needed. Runs are computed when they are waited for."""

from collections.abc import Mapping, Sequence

from arangovis.client.backend import PRODUCTION
from arangovis.domain.catalogue import Signature
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Caller, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.search import EVERYTHING, Search
from arangovis.domain.views import text
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage import LineageAnswer, LineageQuestion
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun
from arangovis.wiring import Arangovis


class LocalBackend:
    """Calls the services."""

    def __init__(self, service: Arangovis, actor: str) -> None:
        self._service = service
        self._caller = Caller(actor, "in-process")

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

        version = self._service.catalogue.version(number)
        rows = read_rows(body, media_type)
        if role == PRODUCTION:
            return self._service.datasets.append_production(version, rows, self._caller, idempotency_key=key)
        return self._service.datasets.put_training(version, rows, self._caller)

    def register_metric_spec(self, number: int, name: str, *, threshold: float, operation: str) -> NodeId:
        """Register a monitoring metric."""
        catalogue = self._service.catalogue
        return catalogue.register_metric_spec(number, name, self._caller, threshold=threshold, operation=operation).node

    def params(self, number: int, method: str) -> Document:
        """Return the parameters in force."""
        params = self._service.projections.params(self._service.catalogue.version(number), method)
        return {"parameters": dict(params.values), **params.options()}

    def set_params(self, number: int, method: str, body: Mapping[str, JsonValue]) -> None:
        """Put parameters in force."""
        version = self._service.catalogue.version(number)
        self._service.projections.set_params(version, method, body, self._caller)

    def params_history(self, number: int, method: str) -> Sequence[Revision]:
        """Return every revision of the parameters."""
        return self._service.params.history(self._service.catalogue.version(number), method)

    def request_projection(self, number: int, method: str) -> NodeId:
        """Ask for a projection."""
        version = self._service.catalogue.version(number)
        return self._service.projections.plottable(version, method, self._caller).id

    def recompute_projection(self, number: int, method: str, *, refit: bool) -> NodeId:
        """Ask for a projection of fresh traffic."""
        version = self._service.catalogue.version(number)
        return self._service.projections.recompute(version, method, self._caller, refit=refit).id

    def wait_turn(self, run: NodeId, timeout_s: float) -> None:  # noqa: ARG002
        """Compute whatever is due here and now, the run among it."""
        from arangovis.wiring import worker_context
        from arangovis.workers.inline import drain

        drain(worker_context(self._service))

    def run(self, run: NodeId) -> Node:
        """Return a run."""
        return self._service.store.get(run)

    def cancel(self, run: NodeId) -> None:
        """Cancel a run."""
        self._service.runs.cancel(run, self._caller)

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own."""
        return self._service.run_log.log(logged, self._caller).node

    def search_runs(self, where: str | None, *, limit: int, cursor: str | None) -> Page[Node]:
        """Find runs."""
        condition = EVERYTHING if where is None else parse(where)
        return self._service.store.search(Search("run", condition, limit=limit, cursor=cursor))

    def node(self, node: NodeId, *, at: int | None) -> Node:
        """Return a node."""
        return self._service.lineage.node(node, at=at)

    def lineage(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage."""
        return self._service.lineage.ask(question)

    def history(self, node: NodeId) -> Sequence[Node]:
        """Return every version of a node."""
        return self._service.lineage.history(node)

    def content(self, artifact: NodeId) -> bytes:
        """Return the verified bytes of an artifact."""
        return self._service.blobs.read(text(self._service.store.get(artifact).attributes, "digest"))

    def close(self) -> None:
        """Close the store."""
        self._service.close()
