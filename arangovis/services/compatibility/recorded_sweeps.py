"""Sweeps that the user's own process trains, point by point: what it did is recorded here, and read as any sweep.

What was recorded is found again by its content, so a process that was killed calls the same sweep again and trains only
what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from arangovis.compatibility.evaluation import Split, evaluate
from arangovis.compatibility.labels import Labels
from arangovis.compatibility.methods import REFERENCE, SWEEP, TRAIN
from arangovis.compatibility.sweep import SPLITS, Point, SweepOptions, options_document
from arangovis.domain.catalogue import Signature
from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import Document, JsonValue, digest_of
from arangovis.domain.runs import Executor, Reason, Run, RunState
from arangovis.domain.views import mapping, text
from arangovis.domain.work import Input, Made, MadeModel, Outcome
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.catalogue import Catalogue, project_id
from arangovis.services.catalogue.registry import create_version, version_id
from arangovis.services.compatibility.sweep_ask import (
    H1,
    point_label,
    point_params,
    point_step,
    reference_step,
    sweep_params,
    sweep_points,
)
from arangovis.services.compatibility.sweep_files import StoredSplit, evaluation_artifact, metrics_of, split_artifact
from arangovis.services.compatibility.sweeps import Sweep, SweepPoint, Sweeps
from arangovis.services.compatibility.weights import MEDIA_TYPE, ROLE, write_weights
from arangovis.services.runs import Runs, load, write_products
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

FORM_VERSION = 1
FAILED_SHOWN_MAX = 10
DEFAULT_PROJECT = "compatibility"


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model in the user's process: its name, and the digest and size of its staged weights, if it has such."""

    name: str
    digest: str
    weights: BlobReference | None = None


@dataclass(frozen=True, slots=True)
class LocalData:
    """A data set in the user's process: its name, the digest of its content, and the old model's predictions."""

    name: str
    digest: str
    stored: StoredSplit


@dataclass(frozen=True, slots=True)
class SweepToRecord:
    """A sweep that the user's process is about to train."""

    reference: LocalModel
    base: LocalModel
    train: LocalData
    test: LocalData
    options: SweepOptions
    project: str = DEFAULT_PROJECT
    name: str | None = None
    metric: str = "accuracy"
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Mapping[str, LocalData]:
        """The data sets by split."""
        return dict(zip(SPLITS, (self.train, self.test), strict=True))

    @property
    def key(self) -> str:
        """What makes it the same sweep."""
        models = [[m.name, m.digest] for m in (self.reference, self.base)]
        data = [[d.name, d.digest] for d in self.data.values()]
        what: JsonValue = [self.project, *models, *data, options_document(self.options), self.metric]
        return digest_of([SWEEP, FORM_VERSION, "recorded", what])


@dataclass(frozen=True, slots=True)
class RecordedPoint:
    """What a training gave: predictions by split, or why it failed."""

    predictions: Mapping[str, Labels] = field(default_factory=dict)
    performance: Mapping[str, float] = field(default_factory=dict)
    losses: tuple[float, ...] = ()
    weights: BlobReference | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Where models and data sets of a sweep are in the graph."""

    reference: NodeId
    base: NodeId
    data: Mapping[str, NodeId]

    @property
    def inputs(self) -> tuple[Input, ...]:
        models = Input(self.reference, "reference"), Input(self.base, "base")
        return (*models, *(Input(node, split) for split, node in self.data.items()))


class RecordedSweeps:
    """Records sweeps."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, catalogue: Catalogue, runs: Runs, sweeps: Sweeps) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._runs = runs
        self._sweeps = sweeps

    def open(self, wanted: SweepToRecord, caller: Caller, *, started: bool = True) -> Run:
        """Return the run of a sweep: one of the same content that succeeded or is open, or a new one.

        With `started` false a new one is pending: it is known, and its process has yet to begin.

        Raises:
            InvalidInput: an option is out of its range, or the weights were not staged.

        """
        sweep_points(wanted.options)
        files = {split: split_artifact(H1, data.stored) for split, data in wanted.data.items()}
        blobs = self._blobs.save_many([made.data for made in files.values()], caller)
        kept = dict(zip(files, zip(files.values(), blobs, strict=True), strict=True))
        return self._store.transact(lambda tx: self._open(tx, wanted, kept, started), caller)

    def _open(
        self,
        transaction: Transaction,
        wanted: SweepToRecord,
        files: Mapping[str, tuple[Made, BlobReference]],
        started: bool,
    ) -> Run:
        shared = self._runs.shared(transaction, wanted.key)
        if shared is not None:
            return self._started(transaction, shared) if started else shared
        project = self._catalogue.add_project(transaction, wanted.project, {}).node
        nodes = _Nodes(
            self._write_model(transaction, wanted, wanted.reference),
            self._write_model(transaction, wanted, wanted.base),
            {split: _write_data(transaction, project.key, data) for split, data in wanted.data.items()},
        )
        run = _sweep_run(transaction, project.key, wanted, nodes)
        self._runs.write_new(transaction, run, nodes.inputs)
        for split, (made, blob) in files.items():
            self._write_reference(transaction, run, nodes, (split, made, blob))
        self._adopt(transaction, run, wanted.options)
        return self._started(transaction, run) if started else run

    def _adopt(self, transaction: Transaction, sweep: Run, options: SweepOptions) -> None:
        """Take over the points that an earlier run of the same sweep, which was cancelled or failed, has trained."""
        for point in sweep_points(options):
            done = self._runs.shared(transaction, _point_key(sweep, point))
            if done is not None:
                transaction.link(EdgeId("spawned", sweep.id, done.id, point_step(point)))

    def _started(self, transaction: Transaction, run: Run) -> Run:
        if run.state is not RunState.PENDING:
            return run
        begun = replace(run, state=RunState.STARTED, started=transaction.now)
        transaction.update(run.id, begun.document())
        return begun

    def _write_model(self, transaction: Transaction, wanted: SweepToRecord, model: LocalModel) -> NodeId:
        home = project_id(transaction, wanted.project)
        whole = named_id("model", home.key, model.name)
        if transaction.find(whole) is None:
            self._catalogue.add_model(transaction, wanted.project, model.name, {})
        version = model.digest[:12]
        node = version_id(home.key, model.name, version)
        if transaction.find(node) is None:
            create_version(transaction, whole, node, {"version": version, "signature": Signature().document()})
        if model.weights is not None:
            self._blobs.keep(transaction, [model.weights.digest])
            write_weights(transaction, node, model.weights)
        return node

    def _write_reference(
        self, transaction: Transaction, sweep: Run, nodes: _Nodes, file: tuple[str, Made, BlobReference]
    ) -> None:
        split, made, blob = file
        key = digest_of([REFERENCE, "recorded", str(nodes.reference), str(nodes.data[split]), blob.digest])
        run = self._runs.shared(transaction, key)
        if run is None:
            run = _ended(transaction, sweep, REFERENCE, key)
            inputs = Input(nodes.reference, "reference"), Input(nodes.data[split], split)
            self._runs.write_new(transaction, run, inputs)
            self._blobs.keep(transaction, [blob.digest])
            write_products(transaction, run, Outcome((replace(made, stage_key=key),)), (blob,))
        transaction.link(EdgeId("spawned", sweep.id, run.id, reference_step(split)))

    # --- points -----------------------------------------------------------------------------------------------

    def record(self, sweep_id: NodeId, number: int, found: RecordedPoint, caller: Caller) -> SweepPoint:
        """Record a training; one that was recorded with success stays as it is.

        Raises:
            NotFound: there is no such sweep or point.
            Conflict: the sweep was cancelled, has ended, or is trained by workers.
            InvalidInput: predictions are missing, or are not one a row.

        """
        sweep = self._sweeps.get(sweep_id)
        point = sweep.point(number)
        if point.state is RunState.SUCCESS:
            return point
        _check_open(sweep.run)
        outcome = Outcome() if found.failure is not None else self._outcome(sweep, found)
        blobs = self._blobs.save_many([made.data for made in outcome.made], caller)
        staged = (found.weights, *blobs) if found.weights is not None else blobs
        self._store.transact(lambda tx: self._write_point(tx, sweep, number, (found, outcome, staged)), caller)
        return self._sweeps.get(sweep_id).point(number)

    def _outcome(self, sweep: Sweep, found: RecordedPoint) -> Outcome:
        splits = {name: self._sweeps.split(sweep, name).split for name in SPLITS}
        if missing := [name for name in SPLITS if name not in found.predictions]:
            raise InvalidInput.of(*(Fault(f"predictions.{name}", "is missing") for name in missing))
        evaluations = {
            name: evaluate(split, _of_type(split, found.predictions[name]), performance=found.performance.get(name))
            for name, split in splits.items()
        }
        made = tuple(
            evaluation_artifact(
                f"evaluation_{n}", splits[n], _of_type(splits[n], found.predictions[n]), e, found.losses
            )
            for n, e in evaluations.items()
        )
        return Outcome(made, metrics=metrics_of(evaluations, found.losses))

    def _write_point(
        self,
        transaction: Transaction,
        sweep: Sweep,
        number: int,
        what: tuple[RecordedPoint, Outcome, tuple[BlobReference, ...]],
    ) -> None:
        found, outcome, blobs = what
        _check_open(load(transaction, sweep.run.id))
        point = sweep.points[number].point
        key = _point_key(sweep.run, point)
        run = self._runs.shared(transaction, key)
        if run is None:
            params = point_params(sweep.options, point)
            run = replace(_ended(transaction, sweep.run, TRAIN, key), params=params, seed=point.seed)
            run = replace(run, metrics=outcome.metrics or {}, name=point_label(point))
            if found.failure is not None:
                run = run.ended_as(RunState.ERROR, now=transaction.now, reason=Reason.FAILED, message=found.failure)
            self._runs.write_new(transaction, run, self._inputs(transaction, sweep))
            self._blobs.keep(transaction, [blob.digest for blob in blobs])
            base = NodeId.parse(text(mapping(sweep.run.options, "base"), "version"))
            write_products(transaction, run, _with_model(outcome, found, base, point_label(point)), blobs)
        transaction.link(EdgeId("spawned", sweep.run.id, run.id, point_step(point)))

    def _inputs(self, transaction: Transaction, sweep: Sweep) -> tuple[Input, ...]:
        edges = transaction.edges_of(sweep.run.id, Direction.UPSTREAM, ("input_to",))
        inputs = [Input(edge.id.source, edge.id.role) for edge in edges]
        for edge in transaction.edges_of(sweep.run.id, Direction.DOWNSTREAM, ("spawned",)):
            for split in SPLITS:
                if edge.id.role == reference_step(split):
                    made = transaction.edges_of(edge.id.target, Direction.DOWNSTREAM, ("generated",))
                    inputs += [Input(item.id.target, f"{H1}_{split}") for item in made]
        return tuple(inputs)

    # --- the end ----------------------------------------------------------------------------------------------

    def end(self, sweep_id: NodeId, caller: Caller) -> Run:
        """End a sweep whose points are all there: in SUCCESS if each succeeded, else in ERROR.

        Raises:
            NotFound: there is no such sweep.
            Conflict: a point is missing, or the sweep was cancelled.

        """
        sweep = self._sweeps.get(sweep_id)
        if sweep.run.state is RunState.SUCCESS:
            return sweep.run
        _check_open(sweep.run)
        if missing := [point for point in sweep.points if point.state.is_open]:
            raise Conflict(f"{sweep_id} cannot end: {len(missing)} of {len(sweep.points)} points are not recorded")
        failed = [point for point in sweep.points if point.state is not RunState.SUCCESS]

        def action(transaction: Transaction) -> Run:
            run = load(transaction, sweep_id)
            _check_open(run)
            ended = _end(run, failed, transaction.now)
            transaction.update(run.id, ended.document())
            return ended

        return self._store.transact(action, caller)


def _point_key(sweep: Run, point: Point) -> str:
    return digest_of([TRAIN, "recorded", str(sweep.run_key), point.index])


def _check_open(run: Run) -> None:
    if run.executor is not Executor.EXTERNAL:
        raise Conflict(f"{run.id} is trained by workers")
    if not run.state.is_open:
        raise Conflict(f"{run.id} has ended already: {run.state.value}")


def _end(run: Run, failed: list[SweepPoint], now: int) -> Run:
    if not failed:
        return run.ended_as(RunState.SUCCESS, now=now)
    names = ", ".join(point_step(item.point) for item in failed[:FAILED_SHOWN_MAX])
    more = f" and {len(failed) - FAILED_SHOWN_MAX} more" if len(failed) > FAILED_SHOWN_MAX else ""
    why = failed[0].run.message if failed[0].run is not None else None
    message = f"points without success: {names}{more}" + (f": {why}" if why else "")
    return run.ended_as(RunState.ERROR, now=now, reason=Reason.FAILED, message=message)


def _sweep_run(transaction: Transaction, project: str, wanted: SweepToRecord, nodes: _Nodes) -> Run:
    models = {"reference": nodes.reference, "base": nodes.base}
    names: Document = {role: {"version": str(node)} for role, node in models.items()}
    return Run(
        id=time_ordered_id("run", transaction.now),
        project=project,
        method=SWEEP,
        state=RunState.PENDING,
        executor=Executor.EXTERNAL,
        run_key=wanted.key,
        seed=wanted.options.seed,
        params={**sweep_params(wanted.options), "metric": wanted.metric},
        options={"sweep": options_document(wanted.options), "metric": wanted.metric, **names},
        environment=dict(wanted.environment),
        name=wanted.name or f"compatibility of {wanted.base.name}",
    )


def _ended(transaction: Transaction, sweep: Run, method: str, key: str) -> Run:
    return Run(
        id=time_ordered_id("run", transaction.now),
        project=sweep.project,
        method=method,
        state=RunState.SUCCESS,
        executor=Executor.EXTERNAL,
        run_key=key,
        environment=sweep.environment,
        ended=transaction.now,
        plan=sweep.id,
    )


def _write_data(transaction: Transaction, project: str, data: LocalData) -> NodeId:
    node = named_id("dataset", project, data.name, data.digest)
    rows = len(data.stored.split.truth)
    facts: Document = {"name": data.name, "form": "table", "digest": data.digest, "rows": rows, "segments": 0}
    transaction.ensure(node, project, facts)
    return node


def _with_model(outcome: Outcome, found: RecordedPoint, base: NodeId, label: str) -> Outcome:
    if found.weights is None:
        return outcome
    weights = Made(ROLE, b"", MEDIA_TYPE)
    model = MadeModel(base, label, ROLE, f"trained for compatibility: {label}")
    return replace(outcome, made=(weights, *outcome.made), models=(model,))


def _of_type(split: Split, predictions: Labels) -> Labels:
    """Return predictions in the type of the right answers, as JSON may have changed it."""
    dtype = np.asarray(split.truth).dtype
    if len(predictions) != len(split.truth):
        problem = f"{len(predictions)} predictions for {len(split.truth)} rows"
        raise InvalidInput.of(Fault("predictions", problem))
    try:
        return np.asarray(predictions, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InvalidInput.of(Fault("predictions", "are not of the type of the right answers")) from error
