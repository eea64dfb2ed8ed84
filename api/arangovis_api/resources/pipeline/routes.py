"""The routes of the catalogue beside projects, models and versions."""

from collections.abc import Sequence

from arangovis.wiring import Arangovis
from arangovis_api.resources.pipeline.data import Datasets, Featuresets
from arangovis_api.resources.pipeline.deployments import Deployments, OneDeployment, ServingPerformance
from arangovis_api.resources.pipeline.entities import Kinds, Links, NodesOfKind, OneKind
from arangovis_api.resources.pipeline.governance import Aliases, Gates, OneProject, ProjectOverviews
from arangovis_api.routes import Route


def pipeline_routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the table."""
    deployment, aliases, project = OneDeployment(service), Aliases(service), OneProject(service)
    one = f"{root}/deployments/{{key}}"
    return (
        Route(f"{root}/datasets", Datasets(service)),
        Route(f"{root}/featuresets", Featuresets(service)),
        Route(f"{root}/nodes/{{kind}}", NodesOfKind(service)),
        Route(f"{root}/links", Links(service)),
        Route(f"{root}/kinds", Kinds(service)),
        Route(f"{root}/kinds/{{kind}}", OneKind(service)),
        Route(f"{root}/deployments", Deployments(service)),
        Route(one, deployment),
        Route(f"{one}/rollback", deployment, "rollback"),
        Route(f"{one}/history", deployment, "history"),
        Route(f"{one}/performance", deployment, "performance"),
        Route(f"{one}/score-drift", deployment, "score_drift"),
        Route(f"{root}/serving-performance", ServingPerformance(service)),
        Route(f"{root}/aliases", aliases),
        Route(f"{root}/aliases/history", aliases, "history"),
        Route(f"{root}/gates", Gates(service)),
        Route(f"{root}/project-overviews", ProjectOverviews(service)),
        Route(f"{root}/projects/{{key}}", project),
        Route(f"{root}/projects/{{key}}/bytes", project, "bytes"),
    )
