"""Two models compared by what they predicted: no model is run, so any framework will do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import numpy as np

from arangovis.compatibility.evaluation import Evaluation, InstanceId, Split, evaluate
from arangovis.compatibility.labels import Labels
from arangovis.compatibility.methods import COMPARE
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import Document, digest_of
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.views import text
from arangovis.domain.work import Input, Outcome
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.catalogue.names import find_project
from arangovis.services.compatibility.sweep_ask import H1
from arangovis.services.compatibility.sweep_files import (
    StoredSplit,
    evaluation_artifact,
    evaluation_of,
    read_errors,
    read_split,
    scores_of,
    split_artifact,
)
from arangovis.services.datasets import Datasets
from arangovis.services.runs import Runs, write_products
from arangovis.services.snapshots import Snapshots
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular import ROW_ID

EVALUATION, DATA = "evaluation", "data"
FILES_KEPT = 16
FORM_VERSION = 1


@dataclass(frozen=True, slots=True)
class GivenPredictions:
    """Predictions of both models, one a row, and what is right."""

    h1: Labels
    h2: Labels
    truth: Labels
    ids: Sequence[InstanceId] | None = None
    notes: Sequence[str] | None = None
    performance: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class PredictionColumns:
    """Predictions of both models as columns of a data set of ours."""

    dataset: str
    h1: str
    h2: str
    truth: str


@dataclass(frozen=True, slots=True)
class ComparisonWanted:
    """A comparison to make. The model versions, by their integer ids, are for the lineage only."""

    given: GivenPredictions | PredictionColumns
    h1_model: int | None = None
    h2_model: int | None = None
    project: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison that was made; `data` holds the rows, if it read any."""

    run: Run
    stored: StoredSplit
    evaluation: Evaluation
    data: NodeId | None = None


class Comparisons:
    """Makes and reads comparisons."""

    def __init__(
        self, store: GraphStore, blobs: Blobs, *, catalogue: Catalogue, data: tuple[Datasets, Snapshots], runs: Runs
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._datasets, self._snapshots = data
        self._runs = runs
        self._read = lru_cache(FILES_KEPT)(self._read_files)

    def make(self, wanted: ComparisonWanted, caller: Caller) -> tuple[Run, bool]:
        """Compare, and return the run and whether it is new: the same predictions again are the same run.

        Raises:
            InvalidInput: the lengths differ, or a column is not there.
            NotFound: a model version, data set or project does not exist.

        """
        given, data = self._given(wanted.given)
        split = Split(given.truth, given.h1, given.ids, h1_performance=given.performance[0])
        if len(split.truth) == 0:
            raise InvalidInput.of(Fault("truth", "is empty; one row or more is needed"))
        evaluation = evaluate(split, given.h2, performance=given.performance[1])
        made = (
            split_artifact(H1, StoredSplit(split, notes=given.notes)),
            evaluation_artifact(EVALUATION, split, given.h2, evaluation),
        )
        blobs = self._blobs.save_many([item.data for item in made], caller)
        inputs = (*data, *self._models(wanted))
        project = None if wanted.project is None else find_project(self._store, wanted.project).id
        where = [str(project), wanted.name, *(f"{item.node} {item.role}" for item in inputs)]
        key = digest_of([COMPARE, FORM_VERSION, *(blob.digest for blob in blobs), *where])

        def action(transaction: Transaction) -> tuple[Run, bool]:
            shared = self._runs.shared(transaction, key)
            if shared is not None:
                return shared, False
            if project is not None:
                transaction.get(project)
            run = replace(_run(transaction, key, wanted), project=None if project is None else project.key)
            run = replace(run, metrics=scores_of(evaluation))
            self._runs.write_new(transaction, run, inputs)
            self._blobs.keep(transaction, [blob.digest for blob in blobs])
            write_products(transaction, run, Outcome(made), blobs)
            return run, True

        return self._store.transact(action, caller)

    def get(self, run_id: NodeId) -> Comparison:
        """Return a comparison.

        Raises:
            NotFound: there is none.
            IntegrityError: a file is damaged or gone.

        """
        run = self._runs.get(run_id)
        if run.method != COMPARE:
            raise NotFound(f"{run_id} is not a comparison")
        edges = self._store.edges_of((run_id,), Direction.DOWNSTREAM, ("generated",))
        nodes = self._store.get_many([edge.id.target for edge in edges])
        files = {edge.id.role: text(nodes[edge.id.target].attributes, "digest") for edge in edges}
        if not {H1, EVALUATION} <= files.keys():
            raise NotFound(f"{run_id} has no files of a comparison")
        read = self._store.edges_of((run_id,), Direction.UPSTREAM, ("input_to",))
        data = next((edge.id.source for edge in read if edge.id.role == DATA), None)
        return Comparison(run, *self._read(files[H1], files[EVALUATION]), data)

    def _read_files(self, split: str, errors: str) -> tuple[StoredSplit, Evaluation]:
        stored = read_split(self._blobs.read(split))
        return stored, evaluation_of(stored.split, read_errors(self._blobs.read(errors)))

    def _models(self, wanted: ComparisonWanted) -> tuple[Input, ...]:
        given = (("reference", wanted.h1_model), ("candidate", wanted.h2_model))
        return tuple(Input(self._catalogue.version(n).id, role) for role, n in given if n is not None)

    def _given(self, given: GivenPredictions | PredictionColumns) -> tuple[GivenPredictions, tuple[Input, ...]]:
        if isinstance(given, GivenPredictions):
            return given, ()
        node = NodeId.parse(given.dataset)
        dataset = self._datasets.find(node) if node.kind == "dataset" else None
        if dataset is None:
            raise NotFound(f"there is no data set {given.dataset[:160]}")
        count = dataset.rows if dataset.source is not None else self._snapshots.count(dataset)
        names = {"h1": given.h1, "h2": given.h2, "truth": given.truth}
        if dataset.selection is not None:
            rows = self._snapshots.rows(dataset)
        else:
            rows = self._snapshots.some(dataset, np.arange(count), (ROW_ID, *names.values()))
        if missing := [(role, name) for role, name in names.items() if not rows.has(name)]:
            raise InvalidInput.of(*(Fault(role, f"the rows have no column {name!r}") for role, name in missing))
        columns = {role: cast("Labels", rows.values(name)) for role, name in names.items()}
        found = GivenPredictions(columns["h1"], columns["h2"], columns["truth"], ids=rows.ids)
        return found, (Input(node, DATA),)


def _run(transaction: Transaction, key: str, wanted: ComparisonWanted) -> Run:
    given = wanted.given
    columns = {"h1": given.h1, "h2": given.h2, "truth": given.truth} if isinstance(given, PredictionColumns) else {}
    options: Document = {"columns": columns} if columns else {}
    return Run(
        id=time_ordered_id("run", transaction.now),
        project=None,
        method=COMPARE,
        state=RunState.SUCCESS,
        executor=Executor.EXTERNAL,
        run_key=key,
        options=options,
        name=wanted.name,
        started=transaction.now,
        ended=transaction.now,
    )
