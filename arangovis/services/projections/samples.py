"""The samples that a projection reads: those in force, those of an earlier run, or new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, ModelVersion, ProjectionParams
from arangovis.domain.errors import NoData
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.views import optional_text, text
from arangovis.services.datasets import Datasets
from arangovis.services.projections.support import NO_PRODUCTION_DATA
from arangovis.services.snapshots import FrozenSample, Snapshots
from arangovis.stores.transaction import Transaction

DEFAULT_SEED = 42


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


class Samples:
    """Finds and freezes samples."""

    def __init__(self, datasets: Datasets, snapshots: Snapshots) -> None:
        self._datasets = datasets
        self._snapshots = snapshots

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
    return wanted.fresh_production if role == "production" else wanted.fresh_training


def sample_nodes(samples: Sequence[Sample]) -> dict[str, str]:
    """Return the samples' node ids by role, as a run records them."""
    return {sample.role: str(sample.node) for sample in samples}
