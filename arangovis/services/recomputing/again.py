"""How a run is asked for again with other inputs: for each family of methods, the steps that do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arangovis.compatibility.methods import SWEEP
from arangovis.domain.catalogue import Dataset, DatasetForm, ModelVersion, ProjectionParams
from arangovis.domain.errors import NoData, NotSupported
from arangovis.domain.graph import Caller, Direction, Edge
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.plans import Step, made_by
from arangovis.domain.runs import Executor, Run
from arangovis.domain.views import integer, optional_text, text
from arangovis.domain.work import RunRequest
from arangovis.projections.registry import METHOD_PREFIX, names, projector
from arangovis.services.catalogue import Catalogue
from arangovis.services.compatibility.sweep_ask import DataUse, ModelUse, SweepAsk, plan_of
from arangovis.services.datasets import Datasets
from arangovis.services.methods import FRAME_METHODS
from arangovis.services.projections.aligning import REFERENCE
from arangovis.services.projections.all_rows import AllRows
from arangovis.services.projections.all_rows_plan import METHOD as ALL_ROWS
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.projections.requests import Ask, question_of, run_request
from arangovis.services.projections.samples import Sample
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.base import GraphStore

FIT_ROWS_MIN = 20
WHOLES = (SWEEP, ALL_ROWS)
"""Plans that are done again as a whole, not step by step."""
PROJECTIONS = tuple(METHOD_PREFIX + name for name in names())


@dataclass(frozen=True, slots=True)
class Product:
    """What an earlier step will make, in a role."""

    step: str
    role: str


Replaced = Mapping[NodeId, "NodeId | Product"]
"""What takes the place of which node."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What does a run again: a step, a plan of its own, or a projection of all rows; and the samples to write."""

    step: Step | None = None
    plan: tuple[RunRequest, Sequence[Step]] | None = None
    samples: tuple[FrozenSample, ...] = ()
    all_rows: tuple[ModelVersion, str, AllRowsOptions] | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Makes the steps. Nothing is written; samples of new data are frozen, which stores their bytes."""

    store: GraphStore
    catalogue: Catalogue
    datasets: Datasets
    snapshots: Snapshots
    all_rows: AllRows

    def refusal(self, run: Run) -> str | None:
        """Return why a run cannot be done again here, whatever its inputs; None if it can."""
        if run.executor is Executor.EXTERNAL:
            return "it was logged by a process of its user's: run that again"
        if run.method in (*PROJECTIONS, *FRAME_METHODS, *WHOLES):
            return None
        return f"no worker here does {run.method}"

    def doing(self, name: str, run: Run, inputs: Sequence[Edge], replaced: Replaced, caller: Caller) -> Doing:
        """Return what does a run again with other inputs.

        Raises:
            NotSupported: it cannot be done with these; the text says why.

        """
        if run.method == SWEEP:
            return self._sweep(run, replaced)
        if run.method == ALL_ROWS:
            return self._all_rows(run, replaced)
        if run.method in PROJECTIONS:
            return self._projection(name, run, inputs, replaced, caller)
        return Doing(_same(name, run, inputs, replaced))

    # --- projections ------------------------------------------------------------------------------------------

    def _projection(self, name: str, run: Run, inputs: Sequence[Edge], replaced: Replaced, caller: Caller) -> Doing:
        version_id = NodeId.parse(text(run.options, "model_version"))
        if version_id in replaced:
            raise NotSupported(f"{version_id} is replaced: ask for a projection of the new version")
        version = ModelVersion.of(self.store.get(version_id))
        samples = [
            self._sample(role, run, replaced, caller) for role in ("production", "training") if role in run.options
        ]
        params_id = _known(next(edge.id.source for edge in inputs if edge.id.role == "params"), replaced)
        params = ProjectionParams.of(self.store.get(params_id).attributes)
        engine = projector(run.method.removeprefix(METHOD_PREFIX))
        question = question_of(version, engine, params, self._training(version, replaced))
        specs = self.catalogue.metric_specs(version)
        earlier = optional_text(run.options, REFERENCE)
        reference = None if earlier is None or NodeId.parse(earlier) in replaced else NodeId.parse(earlier)
        ask = Ask(version, engine, params, caller, question, params_node=params_id, specs=specs, reference=reference)
        wanted = run_request(self._with_transformer(ask, run, replaced), params_id, samples)
        frozen = tuple(sample.frozen for sample in samples if sample.frozen is not None)
        return Doing(_step_of(name, wanted), samples=frozen)

    def _with_transformer(self, ask: Ask, run: Run, replaced: Replaced) -> Ask:
        """Place new rows with the transformer of before, unless that itself rests on what is wrong."""
        given = optional_text(run.options, "transformer")
        if given is None or NodeId.parse(given) in replaced:
            return ask
        return replace(ask, transformer=NodeId.parse(given), basis=run)

    def _training(self, version: ModelVersion, replaced: Replaced) -> Dataset | None:
        before = self.datasets.training(version)
        if before is None:
            return None
        return self._dataset(_known(before.id, replaced))

    def _sample(self, role: str, run: Run, replaced: Replaced, caller: Caller) -> Sample:
        """Return what is read instead of a sample: the one named, a new one of the new source, or itself."""
        before = self._dataset(NodeId.parse(text(run.options, role)))
        taken = self._dataset(_known(before.id, replaced))
        if taken.id != before.id and taken.form is DatasetForm.SNAPSHOT:
            return Sample(role, taken.id, taken.digest)
        if taken.id != before.id:
            return self._new_sample(role, before, taken, caller)
        if before.source is None or before.source not in replaced:
            return Sample(role, before.id, before.digest)
        return self._new_sample(role, before, self._dataset(_known(before.source, replaced)), caller)

    def _new_sample(self, role: str, before: Dataset, source: Dataset, caller: Caller) -> Sample:
        facts = self.store.get(before.id).attributes
        size, seed = integer(facts, "sample_size"), integer(facts, "seed")
        present = self.snapshots.current(source, size)
        if present is not None and present.id != before.id and present.segments == source.segments:
            return Sample(role, present.id, present.digest)
        try:
            frozen = self.snapshots.freeze(source, size=size, seed=seed, generation=0, caller=caller)
        except NoData as error:
            raise NotSupported(error.detail) from error
        return Sample(role, frozen.node, frozen.digest, frozen)

    def _dataset(self, node: NodeId) -> Dataset:
        found = self.datasets.find(node) if node.kind == "dataset" else None
        if found is None:
            raise NotSupported(f"{node} is no data set, or was deleted")
        return found

    def _all_rows(self, run: Run, replaced: Replaced) -> Doing:
        """Place all rows there are now, by the parameters and the training data in force."""
        edges = self.store.all_edges(run.id, Direction.UPSTREAM, "input_to")
        version_id = next(edge.id.source for edge in edges if edge.id.role == "model")
        if version_id in replaced:
            raise NotSupported(f"{version_id} is replaced: ask for a projection of the new version")
        version = ModelVersion.of(self.store.get(version_id))
        training = self.datasets.training(version)
        if training is not None and _known(training.id, replaced) != training.id:
            raise NotSupported(f"it learns from the training data in force: put {replaced[training.id]} in force first")
        fitted, rows = (integer(run.options, name) for name in ("sample_rows", "rows"))
        options = AllRowsOptions(fit_rows=fitted) if fitted < rows and fitted >= FIT_ROWS_MIN else AllRowsOptions()
        return Doing(all_rows=(version, text(run.options, "method"), options))

    # --- sweeps -----------------------------------------------------------------------------------------------

    def _sweep(self, run: Run, replaced: Replaced) -> Doing:
        if run.executor is not Executor.PLAN:
            raise NotSupported("it was trained by a process of its user's: run that again")
        ask = SweepAsk.of(run.project, run.name, run.options)
        again = replace(
            ask,
            reference=self._model(ask.reference, replaced),
            base=self._model(ask.base, replaced),
            train=self._data(ask.train, replaced),
            test=self._data(ask.test, replaced),
        )
        return Doing(plan=plan_of(again))

    def _model(self, use: ModelUse, replaced: Replaced) -> ModelUse:
        if use.version in replaced:
            raise NotSupported(f"{use.version} is replaced: ask for a sweep of the new version")
        return use

    def _data(self, use: DataUse, replaced: Replaced) -> DataUse:
        source = self._dataset(use.dataset).source
        if use.dataset not in replaced and (source is None or source not in replaced):
            return use
        found = self._dataset(_known(use.dataset, replaced))
        if found.form is not DatasetForm.TABLE:
            raise NotSupported("it reads traffic: ask for a sweep of the traffic there is now")
        return replace(use, dataset=found.id, digest=found.digest)


def _same(name: str, run: Run, inputs: Sequence[Edge], replaced: Replaced) -> Step:
    """Return the same run on other inputs, which its options name too."""
    given, takes = [], []
    for edge in inputs:
        taken = replaced.get(edge.id.source, edge.id.source)
        if isinstance(taken, Product):
            takes.append((taken.step, taken.role, edge.id.role))
        else:
            given.append((taken, edge.id.role))
    options = _with_nodes(run.options, {str(node): taken for node, taken in replaced.items()})
    return Step(
        name=name,
        method=run.method,
        params=run.params,
        options=options if isinstance(options, Mapping) else {},
        seed=run.seed,
        inputs=tuple(given),
        takes=tuple(takes),
        project=run.project,
    )


def _with_nodes(value: JsonValue, replaced: Mapping[str, "NodeId | Product"]) -> JsonValue:
    if isinstance(value, str):
        taken = replaced.get(value)
        if taken is None:
            return value
        return made_by(taken.step, taken.role) if isinstance(taken, Product) else str(taken)
    if isinstance(value, Mapping):
        return {name: _with_nodes(member, replaced) for name, member in value.items()}
    return [_with_nodes(member, replaced) for member in value] if isinstance(value, list | tuple) else value


def _step_of(name: str, wanted: RunRequest) -> Step:
    return Step(
        name=name,
        method=wanted.method,
        params=wanted.params,
        options=wanted.options,
        seed=wanted.seed,
        inputs=tuple((item.node, item.role) for item in wanted.inputs),
        run_key=wanted.run_key,
        question=wanted.question,
        project=wanted.project,
    )


def _known(node: NodeId, replaced: Replaced) -> NodeId:
    """Return what takes the place of a node that must be there already.

    Raises:
        NotSupported: it is yet to be made.

    """
    taken = replaced.get(node, node)
    if isinstance(taken, Product):
        raise NotSupported(f"what takes the place of {node} is yet to be made: ask again when it is there")
    return taken
