"""Asking for projections of all rows, and reading them.

Unlike a plot, which shows a sample, such a projection places every row that carries no error. It is a plan: any number
of workers place its partitions at once, and none of them holds more than one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, ModelVersion, ProjectionParams
from arangovis.domain.errors import Conflict, Fault, Gone, IntegrityError, InvalidInput, NoData, NotFound
from arangovis.domain.graph import Caller, Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, digest_of
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import integer, mapping, text
from arangovis.domain.work import Input, RunRequest
from arangovis.projections.base import Projector
from arangovis.projections.registry import projector
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.embedders import Embedders
from arangovis.services.params import ParamsHistory
from arangovis.services.plans import Plans
from arangovis.services.projections.all_rows_colours import NO_COLOURS, Colours
from arangovis.services.projections.all_rows_plan import (
    ASSEMBLE_STEP,
    METHOD,
    RESULT,
    AllRowsAsk,
    AllRowsOptions,
    keys_of,
    partitions,
    plan_of,
)
from arangovis.services.projections.all_rows_result import (
    Manifest,
    PartFile,
    PlacedRows,
    part_columns,
    placed_columns,
    read_manifest,
    sound_bytes,
)
from arangovis.services.projections.parameters import check_rows_measurable, default_params
from arangovis.services.projections.support import Support, support_of
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular import EMBEDDING
from arangovis.tabular.arrow_stream import arrow_pieces
from arangovis.tabular.types import vector_length


@dataclass(frozen=True, slots=True)
class AllRowsJob:
    """A projection of all rows as a poll sees it: how many of its steps are done, and its result once it is there."""

    plan: Run
    steps: int
    steps_done: int
    result: NodeId | None = None
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class _InForce:
    """The parameters to project with; `node` is None if nobody set any yet."""

    params: ProjectionParams
    node: NodeId | None


class AllRows:
    """Projections of all rows of model versions."""

    def __init__(
        self,
        store: GraphStore,
        blobs: Blobs,
        *,
        data: tuple[Datasets, Snapshots],
        params: ParamsHistory,
        plans: Plans,
        embedders: Embedders,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets, self._snapshots = data
        self._params = params
        self._plans = plans
        self._embedders = embedders

    # --- asking -----------------------------------------------------------------------------------------------

    def request(self, version: ModelVersion, method: str, options: AllRowsOptions, caller: Caller) -> Run:
        """Return the plan that projects all rows there are now: one that succeeded, one under way, or a new one.

        Steps that succeeded before, for this plan or another, are not computed again.

        Raises:
            InvalidInput: there is no such method, there would be too many partitions, or the metric in force cannot
                measure rows of such dimensions.

        """
        engine = projector(method)
        try:
            return self._request(version, engine, options, caller)
        except Conflict:  # parameters were set for the first time in the midst of it; now they are in force
            return self._request(version, engine, options, caller)

    def _request(self, version: ModelVersion, engine: Projector, options: AllRowsOptions, caller: Caller) -> Run:
        production, training = self._datasets.production(version), self._datasets.training(version)
        embedder = self._embedders.needed(version, production)
        support = support_of(version, production=production, training=training, embedder=embedder is not None)
        if production is None or not support.supported:
            return self._refuse(version, engine, support, caller)
        try:
            frozen = self._snapshots.freeze_all(production)
        except NoData as error:
            return self._refuse(version, engine, Support(False, error.detail, RunState.NO_DATA), caller)
        force = self._in_force(version, engine)
        check_rows_measurable(force.params.values, version.signature.embedding_dimension)
        ask = self._ask((version, engine, force.params, options), frozen, training)
        return self._answer(ask, frozen, force, caller)

    def _refuse(self, version: ModelVersion, engine: Projector, support: Support, caller: Caller) -> Run:
        inputs = (Input(version.id, "model"),)
        wanted = RunRequest(METHOD, version.project, inputs, {}, options={"method": engine.name})
        refuse = self._plans.runs.refuse
        return self._store.transact(lambda tx: refuse(tx, wanted, support.state, message=support.message), caller)

    def _in_force(self, version: ModelVersion, engine: Projector) -> _InForce:
        node = self._params.in_force(version, engine.name)
        if node is None:
            return _InForce(default_params(engine), None)
        return _InForce(ProjectionParams.of(self._store.get(node).attributes), node)

    def _ask(
        self,
        wanted: tuple[ModelVersion, Projector, ProjectionParams, AllRowsOptions],
        frozen: FrozenSample,
        training: Dataset | None,
    ) -> AllRowsAsk:
        version, engine, params, options = wanted
        rows = Dataset.of(frozen.node, frozen.project, frozen.attributes)
        embedder = self._embedders.needed(version, self._datasets.find(frozen.source))
        fitted_on, count, columns = rows, rows.rows, self._columns(frozen.source)
        is_vague = version.signature.embedding_dimension is None or embedder is not None
        if training is not None and (is_vague or EMBEDDING in self._columns(training.id)):
            fitted_on, count, columns = training, self._snapshots.count(training), self._columns(training.id)
        classes = next((name for name in version.signature.class_outputs if name in columns), None)
        dimension = None if embedder is not None else vector_length(str(columns.get(EMBEDDING)))
        return AllRowsAsk(version, engine, params, rows, fitted_on, count, options, classes, dimension, embedder)

    def _columns(self, dataset: NodeId) -> Mapping[str, JsonValue]:
        return mapping(self._store.get(dataset).attributes, "columns")

    # --- the plan ---------------------------------------------------------------------------------------------

    def _answer(self, ask: AllRowsAsk, frozen: FrozenSample, force: _InForce, caller: Caller) -> Run:
        cut = partitions(ask.rows.rows, ask.options.partition_rows)
        found = self._found(keys_of(ask, cut).plan)
        if found is not None:
            return found
        keys = keys_of(ask, cut, self._sound_key)

        def action(transaction: Transaction) -> Run:
            params = force.node
            if params is None:
                params = self._params.write_first(transaction, ask.version, ask.engine.name, ask.params)
            self._snapshots.write(transaction, frozen)
            wanted, steps = plan_of(ask, params, cut, keys)
            return self._plans.request(transaction, wanted, steps)[0]

        return self._store.transact(action, caller)

    def _found(self, run_key: str) -> Run | None:
        """Return the plan of this key that succeeded or is under way, unless what it made is damaged."""
        holder = self._store.reserved("run-key", run_key)
        plan = None if holder is None else self._plans.runs.get(holder)
        if plan is None or not plan.state.is_shareable:
            return None
        return plan if plan.state.is_open or self._is_intact(plan) else None

    def _is_intact(self, plan: Run) -> bool:
        """Say whether everything that a plan made is there; what was found damaged by a reader is not."""
        try:
            manifest = self.manifest(plan.id)
        except (NotFound, IntegrityError):
            return False
        return all(self._blobs.exists(part.digest) for part in manifest.parts)

    def _sound_key(self, key: str) -> str:
        """Return the key of a step; if what was made under it is gone, a key of its own for making it again."""
        holder = self._store.reserved("run-key", key)
        run = None if holder is None else self._plans.runs.get(holder)
        if run is None or run.state is not RunState.SUCCESS or self._is_kept(run):
            return key
        return self._sound_key(digest_of([key, "in place of", str(run.id)]))

    def _is_kept(self, run: Run) -> bool:
        made = self._made(run.id).values()
        return all(not node.version.deleted and self._blobs.exists(text(node.attributes, "digest")) for node in made)

    def _made(self, run_id: NodeId) -> Mapping[str, Node]:
        edges = list(self._store.all_edges(run_id, Direction.DOWNSTREAM, "generated"))
        nodes = self._store.get_many([edge.id.target for edge in edges])
        return {edge.id.role: nodes[edge.id.target] for edge in edges}

    # --- answers ----------------------------------------------------------------------------------------------

    def job(self, plan_id: NodeId) -> AllRowsJob:
        """Return what a poll shows.

        Raises:
            NotFound: there is no such projection of all rows.
            IntegrityError: it succeeded, and its manifest is damaged or gone.

        """
        plan = self._plan(plan_id)
        steps = self._plans.steps(plan_id).values()
        done = sum(step.state is RunState.SUCCESS for step in steps)
        total = integer(plan.options, "parts", 0) + 2
        if plan.state is not RunState.SUCCESS:
            return AllRowsJob(plan, total, done)
        result = self._result(plan)
        return AllRowsJob(plan, total, done, result.id, self._read(result))

    def result(self, plan_id: NodeId) -> NodeId:
        """Return the artifact that lists the parts.

        Raises:
            NotFound: there is none, or it has not succeeded; Gone: what it made was deleted or erased.

        """
        return self._result(self._plan(plan_id)).id

    def manifest(self, plan_id: NodeId) -> Manifest:
        """Return the parts of a projection of all rows, and its quality.

        Raises:
            NotFound: there is none, or it has not succeeded; Gone: what it made was deleted or erased.
            IntegrityError: it is damaged or gone.

        """
        return self._read(self._result(self._plan(plan_id)))

    def rows(self, manifest: Manifest, start: int, stop: int) -> Iterator[PlacedRows]:
        """Return the rows `start` to `stop`, the last one not included, part by part.

        Raises:
            InvalidInput: there are no such rows.
            IntegrityError: a part is damaged or gone; asking for the projection again computes it anew.

        """
        if not 0 <= start < stop <= manifest.rows:
            problem = f"rows {start} to {stop} are not among the {manifest.rows} rows"
            raise InvalidInput.of(Fault("start", problem))
        return (self._placed(part, start, stop) for part in manifest.within(start, stop))

    def arrow(self, manifest: Manifest, start: int, stop: int, colours: Colours = NO_COLOURS) -> Iterator[bytes]:
        """Return the rows as the pieces of one Arrow stream, a record batch a part; see `rows`.

        Its metadata say which data set the rows are of, and what each column of `colours` is.
        """
        tables = (
            {**placed_columns(part.ids, part.coordinates), **colours.of(part)}
            for part in self.rows(manifest, start, stop)
        )
        return arrow_pieces(tables, colours.metadata(manifest, start, stop))

    def _placed(self, part: PartFile, start: int, stop: int) -> PlacedRows:
        return PlacedRows(part.start, *part_columns(sound_bytes(self._blobs, part.digest))).between(start, stop)

    def _plan(self, plan_id: NodeId) -> Run:
        plan = self._plans.runs.get(plan_id)
        if plan.method != METHOD:
            raise NotFound(f"{plan_id} is not a projection of all rows")
        return plan

    def _result(self, plan: Run) -> Node:
        spawned = self._store.all_edges(plan.id, Direction.DOWNSTREAM, "spawned")
        assemble = next((edge.id.target for edge in spawned if edge.id.role == ASSEMBLE_STEP), None)
        found = None if assemble is None else self._made(assemble).get(RESULT)
        if found is None:
            raise NotFound(f"{plan.id} has no result: it is {plan.state.value}")
        if found.version.deleted:
            raise Gone(f"what {plan.id} made was deleted, or erased with rows that it held; ask for it again")
        return found

    def _read(self, result: Node) -> Manifest:
        return read_manifest(sound_bytes(self._blobs, text(result.attributes, "digest")))
