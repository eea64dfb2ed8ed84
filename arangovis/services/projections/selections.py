"""Points that somebody chose on a plot, kept as data sets with their lineage."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import orjson

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.views import integer, items, text
from arangovis.domain.work import Input
from arangovis.services.datasets import Datasets
from arangovis.services.projections.answers import Answers, Job
from arangovis.services.run_log import LoggedRun, Output, RunLog
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular.column_table import ColumnTable

METHOD = "plot.selection"
ROLE = "selection"
ROWS_MAX = 1_000_000
"""More points than this are not named one by one."""


@dataclass(frozen=True, slots=True)
class SavedSet:
    """The chosen rows of one set of a plot, such as `production`, as a data set."""

    set: str
    dataset: NodeId
    rows: int


@dataclass(frozen=True, slots=True)
class SavedSelection:
    """A selection that is kept: the run that records who chose what, and a data set for each set of rows in it."""

    run: NodeId
    datasets: tuple[SavedSet, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    sample: NodeId
    rows: tuple[int, ...]


class Selections:
    """Keeps selections."""

    def __init__(
        self, store: GraphStore, *, answers: Answers, datasets: Datasets, snapshots: Snapshots, run_log: RunLog
    ) -> None:
        self._store = store
        self._answers = answers
        self._datasets = datasets
        self._snapshots = snapshots
        self._run_log = run_log

    def save(self, job: Job, name: str, rows: Sequence[int], caller: Caller) -> SavedSelection:
        """Keep points of a plot, given by their numbers in it, under a name.

        Each set of rows becomes a data set that is `derived_into` from its sample, and that a run generated whose
        inputs are the plot and the samples.

        Raises:
            InvalidInput: there are no such points, or none at all.
            IntegrityError: stored bytes are damaged or gone.

        """
        parts = self._parts(job, rows)
        frozen = [self._frozen(part, name, caller) for part in parts]

        def action(transaction: Transaction) -> SavedSelection:
            for sample in frozen:
                self._snapshots.write_selection(transaction, sample)
            logged = _logged(job, name, parts, frozen)
            run = self._run_log.write(transaction, replace(logged, project=self._project(job)))
            pairs = zip(parts, frozen, strict=True)
            return SavedSelection(run.node, tuple(SavedSet(part.name, s.node, len(part.rows)) for part, s in pairs))

        return self._store.transact(action, caller)

    def _project(self, job: Job) -> str | None:
        """Return the name of the project that the plot is of."""
        key = job.run.project
        return None if key is None else text(self._store.get(NodeId.of("project", key)).attributes, "name")

    def _parts(self, job: Job, rows: Sequence[int]) -> list[_Part]:
        """Return the chosen rows of each set, counted from the set's first."""
        table = ColumnTable.from_arrow(self._answers.content(job.plot))
        chosen = np.unique(np.asarray(rows, dtype=np.int64))
        if chosen.size == 0 or chosen[0] < 0 or chosen[-1] >= len(table):
            told = "is empty" if chosen.size == 0 else f"the plot has points 0 to {len(table) - 1}"
            raise InvalidInput.of(Fault("rows", told))
        parts, start = [], 0
        for item in cast("tuple[Document, ...]", items(orjson.loads(table.metadata["arangovis"]), "sets")):
            count = integer(item, "rows")
            mine = chosen[(chosen >= start) & (chosen < start + count)] - start
            if mine.size:
                parts.append(_Part(text(item, "name"), NodeId.parse(text(item, "dataset")), tuple(mine.tolist())))
            start += count
        return parts

    def _frozen(self, part: _Part, name: str, caller: Caller) -> FrozenSample:
        sample = self._datasets.find(part.sample)
        if sample is None:
            raise InvalidInput.of(Fault("rows", f"{part.sample}, which the {part.name} points are of, was deleted"))
        return self._snapshots.freeze_rows(sample, part.rows, name=name, caller=caller)


def _logged(job: Job, name: str, parts: Sequence[_Part], frozen: Sequence[FrozenSample]) -> LoggedRun:
    read = [] if job.plot is None else [Input(job.plot.node, "plot")]
    made = zip(parts, frozen, strict=True)
    return LoggedRun(
        method=METHOD,
        name=name,
        metrics={"rows": sum(len(part.rows) for part in parts)},
        inputs=(*read, *(Input(part.sample, part.name) for part in parts)),
        outputs=tuple(Output(f"{ROLE} of {part.name}", sample.node) for part, sample in made),
    )
