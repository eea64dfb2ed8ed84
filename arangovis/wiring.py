"""Settings -> stores -> services, built once."""

from dataclasses import dataclass

from arangovis.artifacts.base import ArtifactStore
from arangovis.artifacts.registry import open_artifacts
from arangovis.compatibility.methods import WORKER_METHODS
from arangovis.drift.methods import DETECT
from arangovis.projections.registry import UMAP, projector
from arangovis.services.access.gate import AccessServices
from arangovis.services.anomaly.detectors import Detectors
from arangovis.services.anomaly.exporting import Exports
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.anomaly.score_drift import ScoreDrifts
from arangovis.services.anomaly.scoring import ScoreRun, Scoring
from arangovis.services.anomaly.training import TrainRun
from arangovis.services.batch import Batch
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.catalogue.pipeline import Pipeline
from arangovis.services.compatibility.comparisons import Comparisons
from arangovis.services.compatibility.instances import Instances
from arangovis.services.compatibility.recorded_sweeps import RecordedSweeps
from arangovis.services.compatibility.sweep_steps import SweepSteps
from arangovis.services.compatibility.sweeps import Sweeps
from arangovis.services.copying.opening import usable_store
from arangovis.services.datasets import Datasets
from arangovis.services.drift.columns import ColumnReader
from arangovis.services.drift.detection import ShiftRun, Shifts
from arangovis.services.embedding.embedders import Embedders
from arangovis.services.exchange.events import LineageEvents
from arangovis.services.exchange.exporting import LineageExports
from arangovis.services.external.runs import ExternalRuns
from arangovis.services.frames.frames import Frames, ParseRun
from arangovis.services.frames.h2o_names import H2ONames
from arangovis.services.frames.import_roots import ImportRoots
from arangovis.services.importing.importing import Importing
from arangovis.services.lineage.lineage import LineageService
from arangovis.services.lineage.origin import Origins
from arangovis.services.methods import PARSE, SCHEDULED, SCORE, TRAIN, VERIFY
from arangovis.services.operations import Operations
from arangovis.services.params import ParamsHistory
from arangovis.services.plans import Plans
from arangovis.services.projections.all_rows import AllRows
from arangovis.services.projections.all_rows_colours import RowColours
from arangovis.services.projections.answers import Answers
from arangovis.services.projections.handlers import projection_handlers
from arangovis.services.projections.points import PlotPoints
from arangovis.services.projections.projections import Projections
from arangovis.services.projections.samples import Samples
from arangovis.services.projections.selections import Selections
from arangovis.services.recomputing.questions import GraphQuestions
from arangovis.services.retrying import Retries
from arangovis.services.rows.previews import Previews
from arangovis.services.run_log import RunLog
from arangovis.services.runs import Runs
from arangovis.services.schedules.performing import Hands, ScheduledRuns
from arangovis.services.search import NodeSearch
from arangovis.services.searching.services import SearchServices, search_services
from arangovis.services.series.reading.services import SeriesReading, series_reading
from arangovis.services.series.series import SeriesServices, series_services
from arangovis.services.snapshots import Snapshots
from arangovis.services.stewardship.desk import Stewardship
from arangovis.services.stewardship.verifying import VerifyRun
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.guarded import guarded
from arangovis.workers.context import Handler, WorkerContext


@dataclass(frozen=True, slots=True)
class Arangovis:
    """Everything that a face of the product needs, over one store and one artifact store."""

    settings: Settings
    access: AccessServices
    store: GraphStore
    artifacts: ArtifactStore
    blobs: Blobs
    catalogue: Catalogue
    pipeline: Pipeline
    datasets: Datasets
    snapshots: Snapshots
    params: ParamsHistory
    plans: Plans
    runs: Runs
    retries: Retries
    embedders: Embedders
    projections: Projections
    plot_points: PlotPoints
    selections: Selections
    all_rows: AllRows
    row_colours: RowColours
    sweeps: Sweeps
    recorded_sweeps: RecordedSweeps
    comparisons: Comparisons
    instances: Instances
    frames: Frames
    detectors: Detectors
    scoring: Scoring
    exports: Exports
    monitoring: Monitoring
    score_drifts: ScoreDrifts
    shifts: Shifts
    h2o_names: H2ONames
    import_roots: ImportRoots
    lineage: LineageService
    origins: Origins
    questions: GraphQuestions
    stewardship: Stewardship
    operations: Operations
    search: NodeSearch
    searching: SearchServices
    series: SeriesServices
    series_reading: SeriesReading
    run_log: RunLog
    external_runs: ExternalRuns
    lineage_events: LineageEvents
    lineage_exports: LineageExports
    batch: Batch
    importing: Importing

    def close(self) -> None:
        """Release the store."""
        self.access.close()
        self.store.close()


def build(settings: Settings) -> Arangovis:
    """Open the stores that the settings name, creating or migrating them, and put the services over them.

    Raises:
        Conflict: the store is newer than this code, or a copy that was not finished.
        StoreUnavailable: the store does not answer.

    """
    return compose(settings, usable_store(settings), open_artifacts(settings.artifacts_url))


def compose(settings: Settings, store: GraphStore, artifacts: ArtifactStore) -> Arangovis:
    """Put the services over given stores; what they see is what the scope sees that they are asked in."""
    access = AccessServices.over(settings, store)
    store = guarded(store)
    blobs = Blobs(store, artifacts)
    catalogue, datasets = Catalogue(store), Datasets(store, blobs)
    snapshots = Snapshots(store, blobs, datasets)
    params, plans = ParamsHistory(store), Plans(store, blobs)
    answers = Answers(store, blobs, datasets=datasets, runs=plans.runs)
    embedders = Embedders(store, blobs, params=params, settings=settings)
    samples, data = Samples(datasets, snapshots, embedders), (datasets, snapshots)
    previews = Previews(store, blobs, datasets=datasets, snapshots=snapshots)
    projections = Projections(
        store, catalogue=catalogue, params=params, samples=samples, answers=answers, runs=plans.runs
    )
    run_log, series = RunLog(store), series_services(store, blobs)
    frames = Frames(store, blobs, datasets=datasets, runs=plans.runs)
    detectors = Detectors(store, blobs, catalogue=catalogue, frames=frames, runs=plans.runs)
    monitoring = Monitoring(catalogue, detectors)
    all_rows = AllRows(store, blobs, data=data, params=params, plans=plans, embedders=embedders)
    sweeps = Sweeps(store, blobs, catalogue=catalogue, data=data, plans=plans, factories=settings.model_factories)
    return Arangovis(
        settings=settings,
        access=access,
        store=store,
        artifacts=artifacts,
        blobs=blobs,
        catalogue=catalogue,
        pipeline=Pipeline.over(store),
        datasets=datasets,
        snapshots=snapshots,
        params=params,
        plans=plans,
        retries=Retries(store, plans),
        runs=plans.runs,
        embedders=embedders,
        projections=projections,
        plot_points=PlotPoints(answers),
        selections=Selections(store, answers=answers, datasets=datasets, snapshots=snapshots, run_log=run_log),
        all_rows=all_rows,
        row_colours=RowColours(store, catalogue=catalogue, datasets=datasets, snapshots=snapshots),
        sweeps=sweeps,
        recorded_sweeps=RecordedSweeps(store, blobs, catalogue=catalogue, runs=plans.runs, sweeps=sweeps),
        comparisons=Comparisons(store, blobs, catalogue=catalogue, data=data, runs=plans.runs),
        instances=Instances(sweeps, datasets, snapshots, previews),
        frames=frames,
        detectors=detectors,
        scoring=Scoring(store, blobs, frames=frames, detectors=detectors, runs=plans.runs),
        exports=Exports(store, blobs, plans.runs),
        monitoring=monitoring,
        score_drifts=ScoreDrifts(store, blobs, catalogue=catalogue, data=(datasets, frames), monitoring=monitoring),
        shifts=Shifts(store, blobs, datasets=datasets, snapshots=snapshots, runs=plans.runs),
        h2o_names=H2ONames(store, frames, plans.runs),
        import_roots=ImportRoots.of(settings.import_roots, s3_query=settings.s3_query),
        lineage=LineageService(store),
        origins=Origins(store),
        stewardship=Stewardship.over(store, blobs, data=(data, previews), detectors=detectors, runs=plans.runs),
        operations=Operations.over(store, blobs, plans.runs, webhook_hosts=settings.webhook_hosts, home=settings.home),
        questions=GraphQuestions.over(store, blobs, catalogue=catalogue, data=(*data, all_rows), plans=plans),
        search=NodeSearch(store),
        searching=search_services(store),
        series=series,
        series_reading=series_reading(store, blobs, series),
        run_log=run_log,
        external_runs=ExternalRuns(store, blobs, catalogue),
        lineage_events=LineageEvents(store),
        lineage_exports=LineageExports(store),
        batch=Batch(store, catalogue, run_log),
        importing=Importing(store),
    )


def worker_context(service: Arangovis) -> WorkerContext:
    """Return what a worker needs of a service. A new method is one line here."""
    projections = projection_handlers(service.store, service.blobs, runs=service.runs, settings=service.settings)
    handlers: dict[str, Handler] = dict(projections)
    data, factories = (service.datasets, service.snapshots), service.settings.model_factories
    handlers |= dict.fromkeys(WORKER_METHODS, SweepSteps(service.store, service.blobs, *data, factories=factories))
    handlers[PARSE] = ParseRun(service.frames)
    handlers[VERIFY] = VerifyRun(service.stewardship.checks)
    handlers[TRAIN] = TrainRun(service.frames)
    handlers[DETECT] = ShiftRun(ColumnReader(service.datasets, service.snapshots, service.frames))
    handlers |= dict.fromkeys(SCHEDULED, ScheduledRuns(_hands(service)))
    handlers[SCORE] = ScoreRun(service.scoring, service.frames, service.detectors)
    return WorkerContext(service.settings, service.store, service.runs, handlers, lambda: projector(UMAP).warm_up())


def _hands(service: Arangovis) -> Hands:
    return Hands(
        store=service.store,
        blobs=service.blobs,
        artifacts=service.artifacts,
        catalogue=service.catalogue,
        projections=service.projections,
        scoring=service.scoring,
        detectors=service.detectors,
        h2o_names=service.h2o_names,
        questions=service.questions,
        series=service.series_reading,
        score_drifts=service.score_drifts,
        backup_root=service.settings.backup_root,
    )
