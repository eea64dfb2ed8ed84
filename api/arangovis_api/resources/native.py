"""The routes of `/api/v1`, health, metrics and the page, in one table."""

from collections.abc import Sequence

from arangovis.wiring import Arangovis
from arangovis_api.resources.anomaly_models import AnomalyModels, OneAnomalyModel
from arangovis_api.resources.arangopipe_imports import ArangopipeImports
from arangovis_api.resources.artifacts import Artifacts, OneArtifact
from arangovis_api.resources.batch import Batches
from arangovis_api.resources.comparisons import Comparisons, OneComparison
from arangovis_api.resources.compatibility import OneInstance, OnePoint, OneSweep, Sweeps, Weights
from arangovis_api.resources.datasets import ProductionData, TrainingData
from arangovis_api.resources.embedders import VersionEmbedder
from arangovis_api.resources.erasures import routes as erasure_routes
from arangovis_api.resources.exchange import routes as exchange_routes
from arangovis_api.resources.frames import Frames, OneFrame, Setups, Uploads
from arangovis_api.resources.imports import Imports
from arangovis_api.resources.lineage import Lineage, Origins, Surrounding
from arangovis_api.resources.model_versions import MetricSpecs, ModelVersions, OneModelVersion
from arangovis_api.resources.operations import routes as operation_routes
from arangovis_api.resources.page import Page
from arangovis_api.resources.params import MethodParams, ParamsHistory
from arangovis_api.resources.pipeline.entities import OneNode
from arangovis_api.resources.pipeline.routes import pipeline_routes
from arangovis_api.resources.projection_points import PlotSelections, ProjectionPoints
from arangovis_api.resources.projections import OneProjection, ProjectionMethodsResource, Projections
from arangovis_api.resources.projects import Models, Projects
from arangovis_api.resources.questions import routes as question_routes
from arangovis_api.resources.runs import OneRun, Runs
from arangovis_api.resources.saved_views import routes as saved_view_routes
from arangovis_api.resources.searches import routes as search_routes
from arangovis_api.resources.series.routes import series_routes
from arangovis_api.resources.shifts import OneShift, Shifts
from arangovis_api.resources.stewardship import routes as stewardship_routes
from arangovis_api.resources.sweep_aliases import SweepAliases
from arangovis_api.resources.system import Health, Metrics
from arangovis_api.resources.tokens import routes as access_routes
from arangovis_api.routes import Route
from arangovis_api.telemetry import Telemetry

ROOT = "/api/v1"


def routes(service: Arangovis, telemetry: Telemetry) -> Sequence[Route]:
    """Return the table."""
    version = f"{ROOT}/model-versions/{{number}}"
    nodes, run, artifact, page = OneNode(service), OneRun(service), OneArtifact(service), Page()
    projection, points = OneProjection(service), ProjectionPoints(service)
    return (
        Route("/", page),
        Route("/ui/{name}", page, "view"),
        Route("/assets/{name}", page, "asset"),
        Route("/health", Health()),
        Route("/metrics", Metrics(service.store, telemetry)),
        Route(f"{ROOT}/projects", Projects(service)),
        *pipeline_routes(service, ROOT),
        Route(f"{ROOT}/models", Models(service)),
        Route(f"{ROOT}/model-versions", ModelVersions(service)),
        Route(version, OneModelVersion(service)),
        Route(f"{version}/training-data", TrainingData(service)),
        Route(f"{version}/production-data", ProductionData(service)),
        Route(f"{version}/metric-specs", MetricSpecs(service)),
        Route(f"{version}/embedder", VersionEmbedder(service)),
        Route(f"{version}/embedder/file", VersionEmbedder(service), "file"),
        Route(f"{version}/params/{{method}}", MethodParams(service)),
        Route(f"{version}/params/{{method}}/history", ParamsHistory(service)),
        Route(f"{ROOT}/projection-methods", ProjectionMethodsResource()),
        Route(f"{ROOT}/projections", Projections(service)),
        Route(f"{ROOT}/projections/{{key}}", projection),
        Route(f"{ROOT}/projections/{{key}}/rows", projection, "rows"),
        Route(f"{ROOT}/projections/{{key}}/table", projection, "table"),
        Route(f"{ROOT}/projections/{{key}}/points", points, "points"),
        Route(f"{ROOT}/projections/{{key}}/neighbours", points, "neighbours"),
        Route(f"{ROOT}/projections/{{key}}/selections", PlotSelections(service)),
        *frame_routes(service),
        Route(f"{ROOT}/shift-detections", Shifts(service)),
        Route(f"{ROOT}/shift-detections/{{key}}", OneShift(service)),
        Route(f"{ROOT}/runs", Runs(service)),
        Route(f"{ROOT}/runs/{{key}}", run),
        Route(f"{ROOT}/runs/{{key}}/cancel", run, "cancel"),
        Route(f"{ROOT}/runs/{{key}}/retry", run, "retry"),
        Route(f"{ROOT}/runs/{{key}}/heartbeat", run, "heartbeat"),
        Route(f"{ROOT}/runs/{{key}}/end", run, "end"),
        Route(f"{ROOT}/runs/{{key}}/tags", run, "tags"),
        Route(f"{ROOT}/runs/{{key}}/links", run, "links"),
        Route(f"{ROOT}/runs/{{key}}/artifacts", run, "artifacts"),
        *series_routes(service, ROOT),
        *access_routes(service, ROOT),
        Route(f"{ROOT}/artifacts", Artifacts(service)),
        Route(f"{ROOT}/artifacts/{{key}}", artifact),
        Route(f"{ROOT}/artifacts/{{key}}/content", artifact, "content"),
        Route(f"{ROOT}/nodes/{{kind}}/{{key}}", nodes),
        Route(f"{ROOT}/nodes/{{kind}}/{{key}}/edges", nodes, "edges"),
        Route(f"{ROOT}/history/{{kind}}/{{key}}", nodes, "history"),
        Route(f"{ROOT}/lineage/{{kind}}/{{key}}", Lineage(service)),
        Route(f"{ROOT}/lineage/around", Surrounding(service)),
        Route(f"{ROOT}/origin/{{kind}}/{{key}}", Origins(service)),
        *exchange_routes(service),
        *question_routes(service),
        *search_routes(service),
        *saved_view_routes(service),
        *stewardship_routes(service),
        *operation_routes(service, ROOT),
        *erasure_routes(service, ROOT),
        Route(f"{ROOT}/batch", Batches(service)),
        Route(f"{ROOT}/imports/arangopipe", ArangopipeImports(service)),
        Route(f"{ROOT}/imports", Imports(service)),
        *_compatibility_routes(service),
    )


def _compatibility_routes(service: Arangovis) -> Sequence[Route]:
    root = f"{ROOT}/compatibility"
    sweeps, comparisons = f"{root}/sweeps", f"{root}/comparisons"
    sweep, point, row, weights = OneSweep(service), OnePoint(service), OneInstance(service), Weights(service)
    comparison, aliases = OneComparison(service), SweepAliases(service)
    return (
        Route(f"{ROOT}/model-versions/{{number}}/weights", weights),
        Route(f"{root}/weights", weights, "staged"),
        Route(sweeps, Sweeps(service)),
        Route(f"{root}/recorded-sweeps", Sweeps(service), "recorded"),
        Route(f"{sweeps}/{{key}}", sweep),
        Route(f"{sweeps}/{{key}}/cancel", sweep, "cancel"),
        Route(f"{sweeps}/{{key}}/resume", sweep, "resume"),
        Route(f"{sweeps}/{{key}}/end", sweep, "end"),
        Route(f"{sweeps}/{{key}}/points", sweep, "points"),
        Route(f"{sweeps}/{{key}}/points/{{point}}", point),
        Route(f"{sweeps}/{{key}}/points/{{point}}/instances", point, "instances"),
        Route(f"{sweeps}/{{key}}/instances/{{instance}}", row),
        Route(f"{sweeps}/{{key}}/instances/{{instance}}/image", row, "image"),
        Route(comparisons, Comparisons(service)),
        Route(f"{comparisons}/{{key}}", comparison),
        Route(f"{comparisons}/{{key}}/instances", comparison, "instances"),
        Route(f"{comparisons}/{{key}}/instances/{{instance}}", comparison, "instance"),
        Route(f"{comparisons}/{{key}}/instances/{{instance}}/image", comparison, "image"),
        Route(f"{ROOT}/start_sweep", aliases, "start"),
        Route(f"{ROOT}/sweep_status", aliases, "status"),
        Route(f"{ROOT}/sweep_summary", aliases, "summary"),
        Route(f"{ROOT}/evaluation_data/{{point}}", aliases, "evaluation"),
        Route(f"{ROOT}/instance_data/{{instance}}", aliases, "instance"),
    )


def frame_routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of frames and of the detectors that learn from them."""
    frame, detector = OneFrame(service), OneAnomalyModel(service)
    one = f"{ROOT}/anomaly-models/{{number}}"
    return (
        Route(f"{ROOT}/uploads", Uploads(service)),
        Route(f"{ROOT}/parse-setups", Setups(service)),
        Route(f"{ROOT}/frames", Frames(service)),
        Route(f"{ROOT}/frames/{{key}}", frame),
        Route(f"{ROOT}/frames/{{key}}/rows", frame, "rows"),
        Route(f"{ROOT}/frames/{{key}}/content", frame, "content"),
        Route(f"{ROOT}/anomaly-models", AnomalyModels(service)),
        Route(one, detector),
        Route(f"{one}/score", detector, "score"),
        Route(f"{one}/attach", detector, "attach"),
        Route(f"{one}/export", detector, "export"),
    )
