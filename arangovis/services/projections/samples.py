"""The samples that a projection reads: those in force, those of an earlier run, or new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, DatasetForm, ModelVersion, ProjectionParams
from arangovis.domain.errors import Fault, InvalidInput, NoData
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.domain.views import optional_text, text
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.embedders import Embedders
from arangovis.services.projections.support import NO_PRODUCTION_DATA
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.transaction import Transaction

DEFAULT_SEED = 42
SAMPLE_ROLES = ("production", "training")
PERIODS_MAX = 4
"""Other periods that one plot shows beside the traffic of now."""
_PERIOD = "period_"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, as what it is read, and if it is new what is to be written."""

    role: str
    node: NodeId
    digest: str
    frozen: FrozenSample | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which samples are wanted: of `basis` where it read some, and new ones where they are to be fresh."""

    version: ModelVersion
    params: ProjectionParams
    generation: int
    caller: Caller
    basis: Run | None = None
    fresh_production: bool = False
    fresh_training: bool = False
    periods: tuple[NodeId, ...] = ()


class Samples:
    """Finds and freezes samples."""

    def __init__(self, datasets: Datasets, snapshots: Snapshots, embedders: Embedders) -> None:
        self._datasets = datasets
        self._snapshots = snapshots
        self._embedders = embedders

    def embedder(self, version: ModelVersion) -> NodeId | None:
        """Return what makes the vectors of samples; None if the rows have them, or nothing was set."""
        return self._embedders.needed(version, self.production(version))

    def production(self, version: ModelVersion) -> Dataset | None:
        """Return the production stream, or None if nothing was ever sent."""
        return self._datasets.production(version)

    def training(self, version: ModelVersion) -> Dataset | None:
        """Return the training data in force, or None."""
        return self._datasets.training(version)

    def choose(self, wanted: Sampling) -> list[Sample]:
        """Return the production sample, and a training sample if there are training data. Nothing is written yet.

        Raises:
            NoData: there is no row to sample.

        """
        production, training = self.production(wanted.version), self.training(wanted.version)
        if production is None:
            raise NoData(NO_PRODUCTION_DATA)
        size = wanted.params.production_data_sample_size
        chosen = [self._choose(wanted, "production", (production, size, wanted.fresh_production))]
        if training is not None:
            size = wanted.params.training_data_sample_size
            chosen.append(self._choose(wanted, "training", (training, size, wanted.fresh_training)))
        return [*chosen, *self._periods(wanted)]

    def check_periods(self, periods: Sequence[NodeId]) -> None:
        """Refuse what cannot be shown as a period.

        Raises:
            InvalidInput: there are too many, one is there twice, or one is no data set whose rows are kept here.

        """
        many = len(periods)
        faults = [Fault("periods", f"are {many}, more than {PERIODS_MAX}")] if many > PERIODS_MAX else []
        faults += [Fault("periods", "name a data set twice")] if len(set(periods)) < many else []
        faults += [Fault("periods", problem) for node in periods[:PERIODS_MAX] if (problem := self._problem(node))]
        if faults:
            raise InvalidInput.of(*faults)

    def _problem(self, node: NodeId) -> str | None:
        found = self._datasets.find(node) if node.kind == "dataset" else None
        if found is None:
            return f"{node} is not a data set"
        if found.form is DatasetForm.EXTERNAL or not found.segments:
            return f"{node} has no rows that are kept here"
        if found.form is DatasetForm.SNAPSHOT and found.selection is None:
            return f"{node} is a snapshot of all rows; name what it was taken of"
        return None

    def _periods(self, wanted: Sampling) -> list[Sample]:
        """Return a sample of each period; of what is a sample already, all of it."""
        chosen = []
        for number, node in enumerate(wanted.periods):
            found = self._datasets.find(node)
            if found is None:
                raise NoData(f"{node} was deleted")
            role = f"{_PERIOD}{number}"
            if found.form is DatasetForm.SNAPSHOT:
                chosen.append(Sample(role, found.id, found.digest))
            else:
                size = wanted.params.production_data_sample_size
                chosen.append(self._choose(wanted, role, (found, size, False)))
        return chosen

    def _choose(self, wanted: Sampling, role: str, data: tuple[Dataset, int, bool]) -> Sample:
        source, size, fresh = data
        present = None if fresh else self._of_basis(wanted.basis, role) or self._snapshots.current(source, size)
        if present is not None:
            return Sample(role, present.id, present.digest)
        generation = wanted.generation if fresh else 0
        seed = DEFAULT_SEED + generation
        frozen = self._snapshots.freeze(source, size=size, seed=seed, generation=generation, caller=wanted.caller)
        return Sample(role, frozen.node, frozen.digest, frozen)

    def _of_basis(self, basis: Run | None, role: str) -> Dataset | None:
        node = None if basis is None else optional_text(basis.options, role)
        return None if node is None else self._datasets.find(NodeId.parse(node))

    def write(self, transaction: Transaction, sample: Sample, *, fresh: bool) -> Sample:
        """Write a sample just frozen, unless another request put one in force meanwhile; return the one to use."""
        if sample.frozen is None:
            return sample
        holder = None if fresh else transaction.reserved("snapshot", sample.frozen.slot)
        draft = None if holder is None else transaction.find(holder)
        if draft is not None:
            return Sample(sample.role, draft.id, text(draft.attributes, "digest"))
        self._snapshots.write(transaction, sample.frozen)
        return sample


def is_fresh(wanted: Sampling, role: str) -> bool:
    """Say whether the sample of this role is to be a new one."""
    return {"production": wanted.fresh_production, "training": wanted.fresh_training}.get(role, False)


def sample_nodes(samples: Sequence[Sample]) -> dict[str, str]:
    """Return the samples' node ids by role, as a run records them."""
    return {sample.role: str(sample.node) for sample in samples}


def period_nodes(options: Document) -> dict[str, NodeId]:
    """Return the samples of other periods by role, as `sample_nodes` recorded them, in order."""
    roles = (f"{_PERIOD}{number}" for number in range(PERIODS_MAX))
    return {role: NodeId.parse(node) for role in roles if (node := optional_text(options, role)) is not None}
