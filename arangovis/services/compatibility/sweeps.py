"""Sweeps for backward compatibility: asked for, watched, and their points read.

A sweep is a run with a child run for each training. On workers it is a plan; in the user's own process it is logged
(`arangovis.services.compatibility.recorded_sweeps`). Both are read here, since both have the same shape in the graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from arangovis.compatibility.evaluation import Evaluation
from arangovis.compatibility.factories import allowed_factories, check_factory
from arangovis.compatibility.losses import Dissonance
from arangovis.compatibility.methods import SWEEP
from arangovis.compatibility.sweep import SPLITS, Point, SweepOptions
from arangovis.domain.catalogue import Dataset, DatasetForm
from arangovis.domain.errors import Conflict, Fault, InvalidInput, NoData, NotFound
from arangovis.domain.graph import Caller, Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.views import mapping, text
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.compatibility.sweep_ask import (
    H1,
    DataUse,
    ModelUse,
    SweepAsk,
    plan_of,
    point_step,
    read_options,
    reference_step,
    sweep_points,
)
from arangovis.services.compatibility.sweep_files import (
    StoredErrors,
    StoredSplit,
    evaluation_of,
    read_errors,
    read_split,
)
from arangovis.services.compatibility.weights import Weights
from arangovis.services.datasets import Datasets
from arangovis.services.plans import Plans
from arangovis.services.retrying import ask_again
from arangovis.services.runs import run_of
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

FILES_KEPT = 16
"""How many files that were read are kept in memory."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model version by its integer id, and what makes its module."""

    model_version: int
    factory: str
    arguments: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataChoice:
    """A data set by its node, the columns to train on, and the column with the right class."""

    dataset: str
    features: tuple[str, ...]
    target: str
    batch_size: int = 64
    image: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SweepWanted:
    """A sweep to ask workers for."""

    reference: ModelChoice
    base: ModelChoice
    train: DataChoice
    test: DataChoice
    options: SweepOptions
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """A training of a sweep as it stands. `run` is None while it is not made; `files` are digests by split."""

    point: Point
    run: Run | None = None
    progress: float = 0.0
    model: NodeId | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> RunState:
        """Where it stands."""
        return RunState.PENDING if self.run is None else self.run.state

    @property
    def metrics(self) -> Mapping[str, Scalar]:
        """Its scores by name, empty until it succeeded."""
        return {} if self.run is None else self.run.metrics


@dataclass(frozen=True)
class Sweep:
    """A sweep as it stands; `references` are the digests of what the old model answers, by split."""

    run: Run
    options: SweepOptions
    points: Sequence[SweepPoint]
    references: Mapping[str, str]

    @property
    def done(self) -> int:
        """How many trainings have succeeded."""
        return sum(point.state is RunState.SUCCESS for point in self.points)

    @property
    def failed(self) -> int:
        """How many trainings have ended otherwise."""
        return sum(not point.state.is_open for point in self.points) - self.done

    @cached_property
    def progress(self) -> float:
        """How far it is, 0 to 1: whole trainings, and parts of those under way."""
        parts = [1.0 if not point.state.is_open else point.progress for point in self.points]
        return sum(parts) / len(parts)

    def point(self, number: int) -> SweepPoint:
        """Return a training.

        Raises:
            NotFound: there is none of this number.

        """
        if not 0 <= number < len(self.points):
            raise NotFound(f"{self.run.id} has no point {number}; they are 0 to {len(self.points) - 1}")
        return self.points[number]

    def h1_performance(self, split: str) -> float | None:
        """Return the old model's performance, or None while no training has ended."""
        found = (point.metrics.get(f"{split}_h1_performance") for point in self.points)
        return next((float(value) for value in found if isinstance(value, int | float)), None)


class Sweeps:
    """Sweeps of any executor."""

    def __init__(
        self,
        store: GraphStore,
        blobs: Blobs,
        *,
        catalogue: Catalogue,
        data: tuple[Datasets, Snapshots],
        plans: Plans,
        factories: str = "",
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._datasets, self._snapshots = data
        self._plans = plans
        self._allowed = allowed_factories(factories)
        self.weights = Weights(store, blobs)
        self._split_of = lru_cache(FILES_KEPT)(self._read_split)
        self._errors_of = lru_cache(FILES_KEPT)(self._read_errors)

    # --- asking -----------------------------------------------------------------------------------------------

    def request(self, wanted: SweepWanted, caller: Caller) -> Run:
        """Return the plan of a sweep: one that succeeded, one under way, or a new one that trains what is missing.

        Raises:
            InvalidInput: a factory may not be used, or an option is out of its range.
            NotFound: a model version or a data set does not exist.
            NoData: a data set has no rows.

        """
        frozen: list[FrozenSample] = []
        base = self._catalogue.version(wanted.base.model_version)
        ask = SweepAsk(
            project=base.project,
            reference=self._model("reference", wanted.reference),
            base=self._model("base", wanted.base),
            train=self._data("train", wanted.train, frozen),
            test=self._data("test", wanted.test, frozen),
            options=wanted.options,
            name=wanted.name or f"compatibility of {base.name} {base.version}",
        )
        if ask.reference.weights is None:
            problem = f"model version {wanted.reference.model_version} has no weights; upload them first"
            raise InvalidInput.of(Fault("reference.model_version", problem))
        return self._start(ask, caller, frozen)

    def _start(self, ask: SweepAsk, caller: Caller, frozen: Sequence[FrozenSample] = ()) -> Run:
        plan, steps = plan_of(ask)

        def action(transaction: Transaction) -> Run:
            for sample in frozen:
                self._snapshots.write(transaction, sample)
            return self._plans.request(transaction, plan, steps)[0]

        return self._store.transact(action, caller)

    def _model(self, role: str, choice: ModelChoice) -> ModelUse:
        check_factory(f"{role}.factory", choice.factory, self._allowed)
        version = self._catalogue.version(choice.model_version)
        return ModelUse(version.id, choice.factory, choice.arguments, self.weights.digest(version.id))

    def _data(self, split: str, choice: DataChoice, frozen: list[FrozenSample]) -> DataUse:
        node = NodeId.parse(choice.dataset)
        found = self._datasets.find(node) if node.kind == "dataset" else None
        if found is None:
            raise NotFound(f"there is no data set {choice.dataset[:160]}, which {split} names")
        if not choice.features:
            raise InvalidInput.of(Fault(f"{split}.features", "is empty; name one column or more"))
        used, digest = found.id, found.digest
        if found.form is DatasetForm.STREAM:
            sample = self._snapshots.freeze_all(found)
            frozen.append(sample)
            used, digest = sample.node, sample.digest
        elif self._rows(found) == 0:
            raise NoData(f"{node} has no rows without errors")
        return DataUse(used, choice.features, choice.target, choice.batch_size, digest, choice.image)

    def _rows(self, dataset: Dataset) -> int:
        return dataset.rows if dataset.form is DatasetForm.SNAPSHOT else self._snapshots.count(dataset)

    def cancel(self, sweep_id: NodeId, caller: Caller) -> Run:
        """Cancel a sweep; its finished points stay.

        Raises:
            NotFound: there is no such sweep.
            Conflict: it has ended already.

        """
        self._run(sweep_id)
        return self._plans.runs.cancel(sweep_id, caller)

    def resume(self, sweep_id: NodeId, caller: Caller) -> Run:
        """Return a sweep that trains what this one did not: itself if it is open or succeeded, else a new one.

        Raises:
            NotFound: there is no such sweep.
            Conflict: it is the user's own process that trains; calling it again there resumes it.

        """
        run = self._run(sweep_id)
        if run.state.is_shareable:
            return run
        if run.executor is not Executor.PLAN:
            raise Conflict(f"{sweep_id} is trained by its user's own process; call the sweep again there")
        return self._store.transact(lambda transaction: ask_again(transaction, self._plans, run), caller)

    # --- reading ----------------------------------------------------------------------------------------------

    def get(self, sweep_id: NodeId) -> Sweep:
        """Return a sweep as it stands.

        Raises:
            NotFound: there is none.

        """
        run = self._run(sweep_id)
        options = read_options(mapping(run.options, "sweep"))
        children = self._children(sweep_id)
        made = self._made([child.id for child in children.values()])
        found = [self._point(point, children.get(point_step(point)), made) for point in sweep_points(options)]
        references = {split: children.get(reference_step(split)) for split in SPLITS}
        files = {
            split: text(made[child.id][H1].attributes, "digest")
            for split, child in references.items()
            if child is not None and H1 in made.get(child.id, {})
        }
        return Sweep(run, options, found, files)

    def latest(self) -> NodeId:
        """Return the sweep that was asked for last.

        Raises:
            NotFound: there is none.

        """
        page = self._store.search(Search("run", Comparison("method", Operator.EQUAL, SWEEP), limit=1))
        if not page.items:
            raise NotFound("there is no sweep yet")
        return page.items[0].id

    def evaluation(self, sweep: Sweep, number: int, split: str) -> Evaluation:
        """Return the comparison of a point's model with the old one on a data set.

        Raises:
            NotFound: there is no such point, or its training has not succeeded.
            IntegrityError: a file is damaged or gone.

        """
        point = sweep.point(number)
        if split not in point.files or split not in sweep.references:
            raise NotFound(f"point {number} of {sweep.run.id} has no comparison: it is {point.state.value}")
        return evaluation_of(self.split(sweep, split).split, self._errors_of(point.files[split]))

    def losses(self, sweep: Sweep, number: int) -> Sequence[float]:
        """Return the mean loss of each epoch; empty until the training has succeeded."""
        files = sweep.point(number).files
        return self._errors_of(files[SPLITS[0]]).losses if SPLITS[0] in files else ()

    def split(self, sweep: Sweep, name: str) -> StoredSplit:
        """Return a data set of a sweep with the old model's predictions.

        Raises:
            NotFound: the old model was not asked yet.
            IntegrityError: the file is damaged or gone.

        """
        if name not in sweep.references:
            raise NotFound(f"the old model was not asked yet about the {name} set of {sweep.run.id}")
        return self._split_of(sweep.references[name])

    def _run(self, sweep_id: NodeId) -> Run:
        run = self._plans.runs.get(sweep_id)
        if run.method != SWEEP:
            raise NotFound(f"{sweep_id} is not a sweep")
        return run

    def _children(self, sweep_id: NodeId) -> Mapping[str, Run]:
        """Return the newest child run by the name of its step."""
        edges = self._store.all_edges_of((sweep_id,), Direction.DOWNSTREAM, "spawned")
        nodes = self._store.get_many([edge.id.target for edge in edges])
        ordered = sorted(edges, key=lambda edge: edge.id.target.key)
        return {e.id.role: run_of(nodes[e.id.target]) for e in ordered if not nodes[e.id.target].version.deleted}

    def _made(self, runs: Sequence[NodeId]) -> Mapping[NodeId, Mapping[str, Node]]:
        edges = self._store.all_edges_of(tuple(runs), Direction.DOWNSTREAM, "generated")
        nodes = self._store.get_many([edge.id.target for edge in edges])
        found: dict[NodeId, dict[str, Node]] = {}
        for edge in edges:
            found.setdefault(edge.id.source, {})[edge.id.role] = nodes[edge.id.target]
        return found

    def _point(self, point: Point, run: Run | None, made: Mapping[NodeId, Mapping[str, Node]]) -> SweepPoint:
        if run is None:
            return SweepPoint(point)
        own = made.get(run.id, {})
        lease = self._plans.runs.lease(run.id) if run.state.is_open else None
        files = {s: text(own[f"evaluation_{s}"].attributes, "digest") for s in SPLITS if f"evaluation_{s}" in own}
        model = own["model"].id if "model" in own else None
        return SweepPoint(point, run, 0.0 if lease is None else lease.progress, model, files)

    def _read_split(self, digest: str) -> StoredSplit:
        return read_split(self._blobs.read(digest))

    def _read_errors(self, digest: str) -> StoredErrors:
        return read_errors(self._blobs.read(digest))


def pareto(sweep: Sweep, split: str, score: str) -> Sequence[int]:
    """Return the points that no other beats both in performance and in a score, by performance."""
    known: list[tuple[int, float, float]] = []
    for item in sweep.points:
        performance, value = (item.metrics.get(f"{split}_{name}") for name in ("performance", score))
        if isinstance(performance, int | float) and isinstance(value, int | float):
            known.append((item.point.index, performance, value))
    front = [item for item in known if not any(_beats(other[1:], item[1:]) for other in known)]
    return [number for number, _, _ in sorted(front, key=lambda item: (item[1], item[0]))]


def _beats(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return first != second and first[0] >= second[0] and first[1] >= second[1]


def datapoints(sweep: Sweep) -> Sequence[tuple[int, Dissonance, str]]:
    """Return (point, dissonance, split) in the order in which BackwardCompatibilityML counts its data points."""
    return [(p.point.index, kind, split) for p in sweep.points for kind in p.point.dissonances for split in SPLITS]
