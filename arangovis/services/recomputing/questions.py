"""Everything that is asked of the graph as a whole, over one store: built once."""

from dataclasses import dataclass

from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.common import Common
from arangovis.services.lineage.differences import Differences
from arangovis.services.lineage.fields import FieldHistories
from arangovis.services.lineage.impact import Impacts
from arangovis.services.lineage.jobs import Jobs
from arangovis.services.lineage.leakage import Leakage
from arangovis.services.lineage.paths import Paths
from arangovis.services.lineage.running import Running
from arangovis.services.lineage.staleness import StaleAnswers
from arangovis.services.lineage.timeline import Timelines
from arangovis.services.plans import Plans
from arangovis.services.projections.all_rows import AllRows
from arangovis.services.recomputing.again import Again
from arangovis.services.recomputing.recompute import Recomputing
from arangovis.services.recomputing.reproduce import Reproducing
from arangovis.services.snapshots import Snapshots
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class GraphQuestions:
    """The answers to questions of lineage; `docs/reference/questions.md` lists them."""

    impacts: Impacts
    recomputing: Recomputing
    fields: FieldHistories
    differences: Differences
    stale: StaleAnswers
    paths: Paths
    common: Common
    leakage: Leakage
    timelines: Timelines
    reproducing: Reproducing
    running: Running
    jobs: Jobs

    @classmethod
    def over(
        cls,
        store: GraphStore,
        blobs: Blobs,
        *,
        catalogue: Catalogue,
        data: tuple[Datasets, Snapshots, AllRows],
        plans: Plans,
    ) -> "GraphQuestions":
        """Put them over a store."""
        datasets, snapshots, all_rows = data
        return cls(
            impacts=Impacts(store),
            recomputing=Recomputing(store, plans, Again(store, catalogue, datasets, snapshots, all_rows)),
            fields=FieldHistories(store),
            differences=Differences(store),
            stale=StaleAnswers(store),
            paths=Paths(store),
            common=Common(store, blobs),
            leakage=Leakage(store),
            timelines=Timelines(store),
            reproducing=Reproducing(store, blobs, datasets, plans.runs),
            running=Running(store),
            jobs=Jobs(store),
        )
