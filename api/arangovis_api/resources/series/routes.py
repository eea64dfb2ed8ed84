"""The routes of series."""

from collections.abc import Sequence

from arangovis.wiring import Arangovis
from arangovis_api.resources.series.chunks import Attributes, Chunks
from arangovis_api.resources.series.fields import FieldList, OneField, OneSeries, SeriesList
from arangovis_api.resources.series.reading import RunRowsResource, RunSearches, SeriesInCommon, SeriesQueries
from arangovis_api.routes import Route


def series_routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the table."""
    rows = RunRowsResource(service)
    return (
        Route(f"{root}/fields", FieldList(service)),
        Route(f"{root}/fields/{{key}}", OneField(service)),
        Route(f"{root}/series", SeriesList(service)),
        Route(f"{root}/series/{{key}}", OneSeries(service)),
        Route(f"{root}/runs/{{key}}/chunks", Chunks(service)),
        Route(f"{root}/runs/{{key}}/attributes", Attributes(service)),
        Route(f"{root}/runs/{{key}}/series", rows, "series"),
        Route(f"{root}/runs/{{key}}/series/{{name}}", rows, "one"),
        Route(f"{root}/runs/{{key}}/rows", rows, "rows"),
        Route(f"{root}/series-queries", SeriesQueries(service)),
        Route(f"{root}/series-common", SeriesInCommon(service)),
        Route(f"{root}/run-searches", RunSearches(service)),
    )
