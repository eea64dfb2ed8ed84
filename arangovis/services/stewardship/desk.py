"""The questions of stewards and of those who train models, put together once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.columns import ColumnLineages
from arangovis.services.rows.points import Points
from arangovis.services.rows.previews import Previews
from arangovis.services.rows.questions import RowQuestions
from arangovis.services.runs import Runs
from arangovis.services.snapshots import Snapshots
from arangovis.services.stewardship.audit import Audit
from arangovis.services.stewardship.deletion import Deletions
from arangovis.services.stewardship.environments import EnvironmentSweeps
from arangovis.services.stewardship.retention import Retention
from arangovis.services.stewardship.verifying import ByteChecks
from arangovis.services.trials.choosing import Choosing
from arangovis.services.trials.data import DataUses
from arangovis.services.trials.techniques import Techniques
from arangovis.services.trials.training import Trainings
from arangovis.services.trials.trials import Trials
from arangovis.stores.base import GraphStore

if TYPE_CHECKING:
    from arangovis.services.anomaly.detectors import Detectors


@dataclass(frozen=True, slots=True)
class Stewardship:
    """Rows, columns, who did what, what may go, whether bytes are sound, what ran; and trials of models."""

    rows: RowQuestions
    points: Points
    previews: Previews
    columns: ColumnLineages
    audit: Audit
    deletions: Deletions
    retention: Retention
    checks: ByteChecks
    environments: EnvironmentSweeps
    techniques: Techniques
    data: DataUses
    trainings: Trainings
    choosing: Choosing

    @classmethod
    def over(
        cls,
        store: GraphStore,
        blobs: Blobs,
        *,
        data: tuple[tuple[Datasets, Snapshots], Previews],
        detectors: "Detectors",
        runs: Runs,
    ) -> "Stewardship":
        """Put them over a store."""
        (datasets, snapshots), previews = data
        trials = Trials(store)
        return cls(
            rows=RowQuestions(store, blobs, datasets),
            points=Points(store, blobs, datasets=datasets, snapshots=snapshots),
            previews=previews,
            columns=ColumnLineages(store, blobs, detectors),
            audit=Audit(store),
            deletions=Deletions(store),
            retention=Retention(store),
            checks=ByteChecks(store, blobs, runs),
            environments=EnvironmentSweeps(store),
            techniques=Techniques(trials),
            data=DataUses(store, trials),
            trainings=Trainings(store, blobs, trials),
            choosing=Choosing(store, trials),
        )
