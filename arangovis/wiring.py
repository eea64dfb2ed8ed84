"""Settings -> stores -> services, built once."""

from dataclasses import dataclass

from arangovis.artifacts.base import ArtifactStore
from arangovis.artifacts.registry import open_artifacts
from arangovis.projections.registry import names
from arangovis.services.batch import Batch
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.lineage import LineageService
from arangovis.services.origin import Origins
from arangovis.services.params import ParamsHistory
from arangovis.services.plans import Plans
from arangovis.services.projection_answers import Answers
from arangovis.services.projection_run import ProjectionRun
from arangovis.services.projection_samples import Samples
from arangovis.services.projections import METHOD_PREFIX, Projections
from arangovis.services.run_log import RunLog
from arangovis.services.runs import Runs
from arangovis.services.search import NodeSearch
from arangovis.services.snapshots import Snapshots
from arangovis.settings import Settings, read_settings
from arangovis.stores.base import GraphStore
from arangovis.stores.registry import open_store
from arangovis.workers.context import Handler, WorkerContext


@dataclass(frozen=True, slots=True)
class Arangovis:
    """Everything that a face of the product needs, over one store and one artifact store."""

    settings: Settings
    store: GraphStore
    artifacts: ArtifactStore
    blobs: Blobs
    catalogue: Catalogue
    datasets: Datasets
    snapshots: Snapshots
    params: ParamsHistory
    plans: Plans
    runs: Runs
    projections: Projections
    lineage: LineageService
    origins: Origins
    search: NodeSearch
    run_log: RunLog
    batch: Batch

    def close(self) -> None:
        """Release the store."""
        self.store.close()


def build(settings: Settings) -> Arangovis:
    """Open the stores that the settings name, creating or migrating them, and put the services over them."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    store.migrate()
    return compose(settings, store, open_artifacts(settings.artifacts_url))


def compose(settings: Settings, store: GraphStore, artifacts: ArtifactStore) -> Arangovis:
    """Put the services over given stores."""
    blobs = Blobs(store, artifacts)
    catalogue = Catalogue(store)
    datasets = Datasets(store, blobs)
    snapshots = Snapshots(store, blobs, datasets)
    params = ParamsHistory(store)
    plans = Plans(store, blobs)
    projections = Projections(
        store,
        catalogue=catalogue,
        params=params,
        samples=Samples(datasets, snapshots),
        answers=Answers(store, blobs, datasets=datasets, runs=plans.runs),
        runs=plans.runs,
    )
    run_log = RunLog(store)
    return Arangovis(
        settings=settings,
        store=store,
        artifacts=artifacts,
        blobs=blobs,
        catalogue=catalogue,
        datasets=datasets,
        snapshots=snapshots,
        params=params,
        plans=plans,
        runs=plans.runs,
        projections=projections,
        lineage=LineageService(store),
        origins=Origins(store),
        search=NodeSearch(store),
        run_log=run_log,
        batch=Batch(store, catalogue, run_log),
    )


def worker_context(service: Arangovis) -> WorkerContext:
    """Return what a worker needs of a service. A new method is one line here."""
    projection = ProjectionRun(
        service.store,
        service.blobs,
        catalogue=service.catalogue,
        datasets=service.datasets,
        snapshots=service.snapshots,
    )
    handlers: dict[str, Handler] = {METHOD_PREFIX + name: projection for name in names()}
    return WorkerContext(service.settings, service.store, service.runs, handlers)


def context_from_environment() -> WorkerContext:
    """Return what a compute process needs, by the settings of its environment."""
    return worker_context(build(read_settings()))
