"""The routes under `/3/`, and the two under `/4/` that clients call when they connect and leave."""

from collections.abc import Sequence

from arangovis.wiring import Arangovis
from arangovis_api.resources.h2o.cloud import About, Cloud, Metadata, Sessions
from arangovis_api.resources.h2o.frames import DownloadDataset, Frames, OneFrame
from arangovis_api.resources.h2o.imports import ImportFiles, Parse, PostFile, Setup
from arangovis_api.resources.h2o.jobs import Jobs
from arangovis_api.resources.h2o.models import ModelMetrics, Models, OneModel
from arangovis_api.resources.h2o.predictions import Predictions
from arangovis_api.routes import Route


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the table."""
    imports, frame, jobs = ImportFiles(service), OneFrame(service), Jobs(service)
    return (
        Route("/3/Cloud", Cloud()),
        Route("/3/About", About()),
        Route("/4/sessions", Sessions()),
        Route("/4/sessions/{name}", Sessions(), "one"),
        Route("/3/Metadata/schemas/{name}", Metadata()),
        Route("/3/ImportFiles", imports),
        Route("/3/ImportFilesMulti", imports, "multi"),
        Route("/3/PostFile", PostFile(service)),
        Route("/3/ParseSetup", Setup(service)),
        Route("/3/Parse", Parse(service)),
        Route("/3/Jobs", jobs),
        Route("/3/Jobs/{name}", jobs, "one"),
        Route("/3/Jobs/{name}/cancel", jobs, "cancel"),
        Route("/3/Frames", Frames(service)),
        Route("/3/Frames/{name}", frame),
        Route("/3/Frames/{name}/summary", frame, "summary"),
        Route("/3/Frames/{name}/light", frame, "light"),
        Route("/3/DownloadDataset", DownloadDataset(service)),
        Route("/3/Models", Models(service)),
        Route("/3/Models/{name}", OneModel(service)),
        Route("/3/ModelMetrics/models/{model}/frames/{frame}", ModelMetrics(service)),
        Route("/3/Predictions/models/{model}/frames/{frame}", Predictions(service)),
    )
