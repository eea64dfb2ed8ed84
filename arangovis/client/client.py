"""The Python SDK's face: the same calls in this process or against a server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from arangovis.client.access import Access
from arangovis.client.anomaly import Anomaly
from arangovis.client.backend import PRODUCTION, TRAINING, Backend
from arangovis.client.catalogue import Cataloguing
from arangovis.client.compatibility import Compatibility
from arangovis.client.deploying import Deploying
from arangovis.client.drift import Drifting
from arangovis.client.embedding import Embedding
from arangovis.client.erasing import Erasing
from arangovis.client.exchanging import Exchanging
from arangovis.client.importing import Importing
from arangovis.client.importing_arangopipe import ArangopipeExchange
from arangovis.client.logged import sound
from arangovis.client.operations import Operating
from arangovis.client.plotting import Plotting
from arangovis.client.projected import ProjectedRows
from arangovis.client.projecting import Projecting
from arangovis.client.questions import Questions
from arangovis.client.reading_series import SeriesReading
from arangovis.client.run_editing import RunEditing
from arangovis.client.searching import Searching
from arangovis.client.series import SeriesDefining
from arangovis.client.stewardship import Stewarding
from arangovis.client.tables import Table, table_bytes
from arangovis.client.transport import closed
from arangovis.client.trials import TrialQuestions
from arangovis.client.values import (
    AnyTime,
    AnyVersion,
    Projection,
    changed_params,
    choice,
    microseconds,
    node_id,
    sound_key,
    version_number,
)
from arangovis.client.waiting import succeeded
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Direction, Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.datasets import Stored
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, LineageAnswer, LineageQuestion
from arangovis.services.lineage.origin import Origin
from arangovis.services.params import Revision
from arangovis.services.run_log import LoggedRun
from arangovis.services.search import NodeQuestion
from arangovis.stores.base import EDGE_PAGE_MAX
from arangovis_schema import LINEAGE_EDGE_KINDS

WAIT_DEFAULT_S = 600.0


class Client(
    Access,
    ArangopipeExchange,
    Cataloguing,
    Deploying,
    Drifting,
    Embedding,
    Erasing,
    Importing,
    Exchanging,
    Operating,
    Projecting,
    Plotting,
    Questions,
    RunEditing,
    Searching,
    Stewarding,
    TrialQuestions,
    SeriesDefining,
    SeriesReading,
):
    """A connection to arangovis; made by `arangovis.connect`. Use it in a `with`, or `close` it.

    Any number of threads may share one. Nodes are named by `NodeId` or text (`run/0190…`), model versions by their
    integer id or by what registering them answered. All calls raise the errors of `arangovis.domain.errors`.
    """

    def __init__(self, backend: Backend) -> None:
        self._open_backend: Backend | None = backend
        self._shown = str(backend)

    def __repr__(self) -> str:
        return f"Client({self._shown}{'' if self._open_backend else ', closed'})"

    @property
    def backend(self) -> Backend:
        """What answers the calls: the service in this process, or a server.

        Raises:
            Conflict: the client is closed.

        """
        return self._backend

    @property
    def _backend(self) -> Backend:
        if self._open_backend is None:
            raise closed()
        return self._open_backend

    # --- registering ------------------------------------------------------------------------------------------

    def register_project(self, name: str, **facts: JsonValue) -> NodeId:
        """Register a project, or find it; `facts` are its `description`, `tags` and `attributes`.

        Raises:
            AlreadyExists: it is there with other facts.

        """
        return self._register("/projects", {"name": name, **facts}) if facts else self._backend.register_project(name)

    def register_model(self, project: str, name: str, **facts: JsonValue) -> NodeId:
        """Register a model, or find it; `facts` are its `description`, `tags` and `attributes`.

        Raises:
            NotFound: there is no such project.
            AlreadyExists: it is there with other facts.

        """
        if facts:
            return self._register("/models", {"project": project, "name": name, **facts})
        return self._backend.register_model(project, name)

    def register_model_version(
        self, project: str, model: str, signature: Signature, *, version: str | None = None
    ) -> RegisteredVersion:
        """Register a model version, or find it; other calls take the answer, or its integer `number`.

        Without `version` it is the model's newest version if the signature is the same, else the next number.

        Raises:
            AlreadyExists: the version has another signature.

        """
        return self._backend.register_version(project, model, signature, version)

    def register_metric_spec(
        self, version: AnyVersion, name: str, *, threshold: float, operation: str = "LessEq"
    ) -> NodeId:
        """Register a monitoring metric: a column of the production rows, healthy if `value <operation> threshold`."""
        number = version_number(version)
        return self._backend.register_metric_spec(number, name, threshold=float(threshold), operation=operation)

    def put_training_data(self, version: AnyVersion, rows: Table) -> Stored:
        """Make these rows the training data of a model version; the same rows again change nothing."""
        number, (body, media_type) = version_number(version), table_bytes(rows)
        return self._backend.store_rows(number, TRAINING, body, media_type, key=None)

    def append_production_data(self, version: AnyVersion, rows: Table, *, idempotency_key: str | None = None) -> Stored:
        """Append rows to the production stream of a model version.

        Rows of the same `idempotency_key`, or without one the very same rows, are appended once.

        Raises:
            Conflict: the key was used for other rows.

        """
        number, key = version_number(version), sound_key(idempotency_key)
        body, media_type = table_bytes(rows)
        return self._backend.store_rows(number, PRODUCTION, body, media_type, key=key)

    # --- projecting -------------------------------------------------------------------------------------------

    def params(self, version: AnyVersion, method: str = "umap") -> Document:
        """Return the parameters in force: `parameters` of the method, sample sizes, and metrics to measure."""
        return self._backend.params(version_number(version), method)

    def set_params(
        self,
        version: AnyVersion,
        method: str = "umap",
        *,
        parameters: Mapping[str, Scalar] | None = None,
        **options: JsonValue,
    ) -> None:
        """Put parameters in force: those given over those in force now.

        Args:
            version: the model version.
            method: the method of projection.
            parameters: of the method, such as `{"n_neighbours": 30}`.
            options: `production_data_sample_size`, `training_data_sample_size`, `visualization_metrics`.

        Raises:
            InvalidInput: a value is outside its limits, or there is no such parameter; nothing is stored.

        """
        number = version_number(version)
        now = self._backend.params(number, method)
        self._backend.set_params(number, method, changed_params(now, parameters or {}, options))

    def params_history(self, version: AnyVersion, method: str = "umap") -> Sequence[Revision]:
        """Return every revision of the parameters, oldest first: when, by whom, and which runs used it."""
        return self._backend.params_history(version_number(version), method)

    def project(self, version: AnyVersion, method: str = "umap", *, timeout_s: float = WAIT_DEFAULT_S) -> Projection:
        """Return the projection for the parameters in force, computed only if there is none yet.

        Raises:
            ArangovisError: as `wait`.

        """
        run = self._backend.request_projection(version_number(version), method)
        return self.wait_projection(run, timeout_s=timeout_s)

    def recompute(
        self, version: AnyVersion, method: str = "umap", *, refit: bool = True, timeout_s: float = WAIT_DEFAULT_S
    ) -> Projection:
        """Project a fresh sample of the traffic; without `refit` into the projection fitted before."""
        run = self._backend.recompute_projection(version_number(version), method, refit=refit)
        return self.wait_projection(run, timeout_s=timeout_s)

    def wait_projection(self, run: NodeId | str, *, timeout_s: float = WAIT_DEFAULT_S) -> Projection:
        """Wait for a projection run.

        Raises:
            ArangovisError: as `wait`.
            NotFound: it is no projection: it made no plot.

        """
        done = self.wait(run, timeout_s=timeout_s).id
        made = self.outputs(done)
        if "plot" not in made or "result" not in made:
            raise NotFound(f"{done} made no plot")
        return Projection.of(done, made["plot"], self._backend.content(made["result"]))

    def project_all(
        self,
        version: AnyVersion,
        method: str = "umap",
        *,
        fit_rows: int | None = None,
        partition_rows: int | None = None,
        timeout_s: float = WAIT_DEFAULT_S,
    ) -> ProjectedRows:
        """Place every production row without an error, by the parameters in force; what was done before is found.

        Above `fit_rows` rows the method is fitted on a sample of so many. The rest is placed in partitions of
        `partition_rows`, by all workers at once; how they are cut does not change the picture.

        Raises:
            ArangovisError: as `wait`.
            InvalidInput: a size is outside its limits.

        """
        sizes = {"fit_rows": fit_rows, "partition_rows": partition_rows}
        given = {name: int(size) for name, size in sizes.items() if size is not None}
        plan = self._backend.request_all_rows(version_number(version), method, given)
        return self.wait_all(plan, timeout_s=timeout_s)

    def wait_all(self, run: NodeId | str, *, timeout_s: float = WAIT_DEFAULT_S) -> ProjectedRows:
        """Wait for a projection of all rows.

        Raises:
            ArangovisError: as `wait`.
            NotFound: the run is none.

        """
        plan = self.wait(run, timeout_s=timeout_s).id
        backend = self._backend
        return ProjectedRows(plan, backend.content(backend.all_rows_result(plan)), self.content)

    # --- runs -------------------------------------------------------------------------------------------------

    def log_run(self, logged: LoggedRun) -> NodeId:
        """Log a run of one's own with its inputs, parameters, metrics and outputs: all of it or nothing.

        Raises:
            AlreadyExists: a run of this key has other content.
            NotFound: an input, an output or the project does not exist.
            InvalidInput: a value does not fit; the faults name it.

        """
        return self._backend.log_run(sound(logged))

    def run(self, run: NodeId | str) -> Node:
        """Return a run."""
        return self._backend.run(node_id(run, "run"))

    def wait(self, run: NodeId | str, *, timeout_s: float = WAIT_DEFAULT_S) -> Node:
        """Wait until a run has succeeded, and return it. In process, this is what computes it.

        Raises:
            NoData: there was nothing to compute on.
            NotSupported: what was asked makes no sense for the data.
            MissingExtra: a library that computes it is not installed where it was computed.
            Cancelled: somebody cancelled it.
            ComputeFailed: it failed otherwise, or is not done in time.

        """
        return succeeded(self._backend, node_id(run, "run"), timeout_s=timeout_s)

    def cancel(self, run: NodeId | str) -> None:
        """Cancel an open run.

        Raises:
            Conflict: it has ended already.

        """
        self._backend.cancel(node_id(run, "run"))

    def outputs(self, run: NodeId | str) -> Mapping[str, NodeId]:
        """Return what a run made, by role; of several of one role, one."""
        answer = self.lineage(node_id(run, "run"), direction="downstream", depth=1)
        return {e.id.role: e.id.target for e in answer.edges if e.id.kind == "generated"}

    # --- finding ----------------------------------------------------------------------------------------------

    def runs(
        self,
        where: str = "",
        *,
        project: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        order: str | None = None,
    ) -> Page[Node]:
        """Find runs, newest first, with the filter language: `params.n_neighbours >= 15 and state = 'SUCCESS'`.

        In another `order`, such as `metrics.auc desc`, those without a value come last.

        Raises:
            InvalidFilter: the filter cannot be read.

        """
        return self._backend.find(NodeQuestion("run", where, (), project, limit, cursor, order))

    def artifacts(
        self,
        where: str = "",
        *,
        project: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        order: str | None = None,
    ) -> Page[Node]:
        """Find artifacts, newest first or in an order such as `name`: `role = 'plot'`."""
        return self._backend.find(NodeQuestion("artifact", where, (), project, limit, cursor, order))

    def model_versions(
        self,
        where: str = "",
        *,
        project: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        order: str | None = None,
    ) -> Page[ModelVersion]:
        """Find model versions, newest first or in an order such as `name`: `name = 'digits'`."""
        return self._backend.model_versions(NodeQuestion("model_version", where, (), project, limit, cursor, order))

    # --- lineage ----------------------------------------------------------------------------------------------

    def origin(self, node: NodeId | str, *, at: AnyTime | None = None) -> Origin:
        """Return which run made a node, from which data, with which parameters, set by whom."""
        return self._backend.origin(node_id(node), at=microseconds(at))

    def lineage(
        self,
        node: NodeId | str,
        *,
        direction: str = "upstream",
        depth: int = DEPTH_DEFAULT,
        kinds: Sequence[str] = (),
        edges: Sequence[str] = LINEAGE_EDGE_KINDS,
        at: AnyTime | None = None,
    ) -> LineageAnswer:
        """Return what is upstream, downstream or both ways of a node, now or as of a time; 10,000 nodes at most.

        Args:
            node: where to begin.
            direction: `upstream` (where it comes from), `downstream` (what came of it) or `both`.
            depth: edges away at most.
            kinds: kinds of node to show; all are walked through.
            edges: kinds of edge to follow.
            at: as of this time.

        """
        question = LineageQuestion(
            start=node_id(node),
            direction=choice(Direction, "direction", direction),
            depth=depth,
            kinds=_names(kinds),
            edges=_names(edges),
            at=microseconds(at),
        )
        return self.ask(question)

    def ask(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage in all its detail, such as how many nodes at most.

        Raises:
            NotFound: the start does not exist, or not yet at that time.
            InvalidInput: depth, limit, or a kind is out of range.

        """
        return self._backend.lineage(question)

    def edges(
        self,
        node: NodeId | str,
        *,
        direction: str = "upstream",
        edges: Sequence[str] = LINEAGE_EDGE_KINDS,
        at: AnyTime | None = None,
        page_size: int = EDGE_PAGE_MAX,
    ) -> Iterator[Neighbour]:
        """Yield the edges of a node, each with the node at its other end, however many there are: they come in pages.

        Args:
            node: whose edges.
            direction: `upstream` (those that enter it) or `downstream` (those that leave it).
            edges: kinds of edge; one comes after the other, in order of their names.
            at: as of this time.
            page_size: so many are asked for at once; the first now, the others when they are come to.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: direction, page size, or a kind is out of range.

        """
        question = EdgesQuestion(
            node=node_id(node),
            direction=choice(Direction, "direction", direction),
            edges=_names(edges),
            limit=page_size,
            at=microseconds(at),
        )
        return self._from_page(question, self._backend.edges(question))

    def _from_page(self, question: EdgesQuestion, page: Page[Neighbour]) -> Iterator[Neighbour]:
        yield from page.items
        while page.next_cursor is not None:
            page = self._backend.edges(replace(question, cursor=page.next_cursor))
            yield from page.items

    def node(self, node: NodeId | str, *, at: AnyTime | None = None) -> Node:
        """Return a node as it is, or was; a deleted one is its tombstone."""
        return self._backend.node(node_id(node), at=microseconds(at))

    def history(self, node: NodeId | str) -> Sequence[Node]:
        """Return every version of a node, oldest first."""
        return self._backend.history(node_id(node))

    def content(self, artifact: NodeId | str) -> bytes:
        """Return the verified bytes of an artifact.

        Raises:
            NoData: its bytes are not kept here.
            IntegrityError: they are damaged.

        """
        return self._backend.content(node_id(artifact, "artifact"))

    # --- anomalies --------------------------------------------------------------------------------------------

    @property
    def anomaly(self) -> Anomaly:
        """Frames, and detectors of anomalies that learn from them."""
        backend = self._backend
        return Anomaly(backend.api(), backend.wait_turn)

    # --- compatibility ----------------------------------------------------------------------------------------

    @property
    def compatibility(self) -> Compatibility:
        """Sweeps and comparisons, for whether the new model breaks what the old one got right."""
        backend = self._backend
        return Compatibility(backend.api(), backend.wait_turn)

    # --- life -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Release what is held; every call after this raises Conflict. Closing again changes nothing."""
        backend, self._open_backend = self._open_backend, None
        if backend is not None:
            backend.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _names(given: Sequence[str]) -> frozenset[str]:
    return frozenset((given,) if isinstance(given, str) else given)
