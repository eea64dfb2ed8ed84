"""The routes of `/api/v1`, health, metrics and the page, in one table."""

from collections.abc import Sequence

from arangovis.wiring import Arangovis
from arangovis_api.resources.artifacts import Artifacts, OneArtifact
from arangovis_api.resources.batch import Batches
from arangovis_api.resources.datasets import ProductionData, TrainingData
from arangovis_api.resources.lineage import Lineage, Origins
from arangovis_api.resources.model_versions import MetricSpecs, ModelVersions, OneModelVersion
from arangovis_api.resources.nodes import Nodes
from arangovis_api.resources.page import Page
from arangovis_api.resources.params import ParamsHistory
from arangovis_api.resources.projects import Models, Projects
from arangovis_api.resources.runs import OneRun, Runs
from arangovis_api.resources.system import Health, Metrics
from arangovis_api.routes import Route
from arangovis_api.telemetry import Telemetry

ROOT = "/api/v1"


def routes(service: Arangovis, telemetry: Telemetry) -> Sequence[Route]:
    """Return the table."""
    version = f"{ROOT}/model-versions/{{number}}"
    nodes, run, artifact, page = Nodes(service), OneRun(service), OneArtifact(service), Page()
    return (
        Route("/", page),
        Route("/assets/{name}", page, "asset"),
        Route("/health", Health()),
        Route("/metrics", Metrics(service.store, telemetry)),
        Route(f"{ROOT}/projects", Projects(service)),
        Route(f"{ROOT}/models", Models(service)),
        Route(f"{ROOT}/model-versions", ModelVersions(service)),
        Route(version, OneModelVersion(service)),
        Route(f"{version}/training-data", TrainingData(service)),
        Route(f"{version}/production-data", ProductionData(service)),
        Route(f"{version}/metric-specs", MetricSpecs(service)),
        Route(f"{version}/params/{{method}}/history", ParamsHistory(service)),
        Route(f"{ROOT}/runs", Runs(service)),
        Route(f"{ROOT}/runs/{{key}}", run),
        Route(f"{ROOT}/runs/{{key}}/cancel", run, "cancel"),
        Route(f"{ROOT}/artifacts", Artifacts(service)),
        Route(f"{ROOT}/artifacts/{{key}}", artifact),
        Route(f"{ROOT}/artifacts/{{key}}/content", artifact, "content"),
        Route(f"{ROOT}/nodes/{{kind}}/{{key}}", nodes),
        Route(f"{ROOT}/history/{{kind}}/{{key}}", nodes, "history"),
        Route(f"{ROOT}/lineage/{{kind}}/{{key}}", Lineage(service)),
        Route(f"{ROOT}/origin/{{kind}}/{{key}}", Origins(service)),
        Route(f"{ROOT}/batch", Batches(service)),
    )
