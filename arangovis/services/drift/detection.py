"""Shift detection as a run: asked for, computed, read back."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import orjson

from arangovis.domain.catalogue import Dataset, DatasetForm
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import mapping, text
from arangovis.domain.wire import from_wire, to_wire
from arangovis.domain.work import Input, Made, Outcome, RunRequest
from arangovis.drift.methods import ALGORITHM_VERSION, DETECT
from arangovis.drift.values import DriftOptions, DriftReport
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import project_id
from arangovis.services.datasets import Datasets
from arangovis.services.drift.columns import ColumnReader
from arangovis.services.runs import Runs
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

REFERENCE, CURRENT = "reference", "current"
REPORT = "drift-report"
MEDIA_TYPE = "application/json"
ROWS_LIMIT = 200_000
"""Rows of each side that may be looked at."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class ShiftWanted:
    """Two data sets to compare; a stream is frozen first."""

    reference: NodeId
    current: NodeId
    options: DriftOptions = field(default_factory=DriftOptions)
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A detection: its run, the report's node, and the report, both None until it has succeeded."""

    run: NodeId
    state: str
    node: NodeId | None
    report: DriftReport | None


class Shifts:
    """Detections of a service."""

    def __init__(
        self, store: GraphStore, blobs: Blobs, *, datasets: Datasets, snapshots: Snapshots, runs: Runs
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._snapshots = snapshots
        self._runs = runs

    def request(self, wanted: ShiftWanted, caller: Caller) -> Run:
        """Return the run that compares two data sets: one that did already, one under way, or a new one.

        Raises:
            NotFound: a data set or the project does not exist.
            NoData: a stream has no rows.
            InvalidInput: an option is outside its limits.

        """
        _check(wanted.options)
        sides = {REFERENCE: self._dataset(wanted.reference), CURRENT: self._dataset(wanted.current)}
        samples = {role: self._frozen(side, wanted.options, caller) for role, side in sides.items()}
        nodes = {role: sides[role].id if sample is None else sample.node for role, sample in samples.items()}
        digests = [sides[r].digest if sample is None else sample.digest for r, sample in samples.items()]

        def action(transaction: Transaction) -> Run:
            home = sides[CURRENT].project if wanted.project is None else project_id(transaction, wanted.project).key
            for sample in samples.values():
                if sample is not None:
                    self._snapshots.write(transaction, sample)
            request = _request(wanted.options, nodes, [*digests, home])
            return self._runs.request(transaction, replace(request, project=home))[0]

        return self._store.transact(action, caller)

    def get(self, run_id: NodeId) -> Shift:
        """Return a detection.

        Raises:
            NotFound: there is none.
            IntegrityError: the report is damaged or gone.

        """
        run = self._runs.get(run_id)
        if run.method != DETECT:
            raise NotFound(f"{run_id} is no shift detection")
        edges = self._store.edges_of((run_id,), Direction.DOWNSTREAM, ("generated",))
        made = next((edge.id.target for edge in edges if edge.id.role == REPORT), None)
        if made is None:
            return Shift(run_id, run.state.value, None, None)
        content = self._blobs.read(text(self._store.get(made).attributes, "digest"))
        return Shift(run_id, run.state.value, made, from_wire(orjson.loads(content), DriftReport))

    def _dataset(self, node: NodeId) -> Dataset:
        found = self._datasets.find(node) if node.kind == "dataset" else None
        if found is None:
            raise NotFound(f"there is no data set {node}")
        return found

    def _frozen(self, dataset: Dataset, options: DriftOptions, caller: Caller) -> FrozenSample | None:
        if dataset.form is not DatasetForm.STREAM:
            return None
        return self._snapshots.freeze(dataset, size=options.rows_max, seed=options.seed, generation=0, caller=caller)


class ShiftRun:
    """The handler of `drift.detect` runs."""

    def __init__(self, reader: ColumnReader) -> None:
        self._reader = reader

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compare the data sets that a run names.

        Raises:
            NoData, NotSupported, InvalidInput: with a text for the person who asked.

        """
        from arangovis.drift.detection import detect, report_facts

        reference, current = (self._reader.read(NodeId.parse(text(run.options, r))) for r in (REFERENCE, CURRENT))
        options = from_wire(mapping(run.options, "options"), DriftOptions)
        options = replace(options, times=reference.times | current.times)
        report = detect(reference.columns, current.columns, options, progress)
        facts = dict(report_facts(report))
        data = orjson.dumps(to_wire(report))
        metrics = {name: value for name, value in facts.items() if not isinstance(value, str)}
        return Outcome((Made(REPORT, data, MEDIA_TYPE, facts=facts),), metrics=metrics)


def _check(options: DriftOptions) -> None:
    faults = []
    if not 10 <= options.rows_max <= ROWS_LIMIT:
        faults.append(Fault("rows_max", f"{options.rows_max} is not between 10 and {ROWS_LIMIT}"))
    if not 0.5 <= options.threshold <= 1:
        faults.append(Fault("threshold", f"{options.threshold} is not between 0.5, which is no shift, and 1"))
    if not 0 < options.alpha < 1:
        faults.append(Fault("alpha", f"{options.alpha} is not between 0 and 1"))
    if not 0 <= options.seed < 2**32:
        faults.append(Fault("seed", f"{options.seed} is not between 0 and {2**32 - 1}"))
    if faults:
        raise InvalidInput.of(*faults)


def _request(options: DriftOptions, nodes: dict[str, NodeId], content: list[str | None]) -> RunRequest:
    document: Document = to_wire(options)
    named = {role: str(node) for role, node in nodes.items()}
    scalars = {name: value for name, value in asdict(options).items() if isinstance(value, int | float)}
    return RunRequest(
        method=DETECT,
        project=None,
        inputs=tuple(Input(node, role) for role, node in nodes.items()),
        params={name: value for name, value in scalars.items() if name != "seed"},
        options={**named, "options": document},
        seed=options.seed,
        run_key=digest_of([DETECT, ALGORITHM_VERSION, document, *named.values(), *content]),
        name="shift detection",
    )
