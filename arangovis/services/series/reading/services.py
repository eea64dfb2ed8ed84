"""All that reads series, built once."""

from dataclasses import dataclass

from arangovis.services.blobs import Blobs
from arangovis.services.run_search.search import RunSearch
from arangovis.services.series.reading.contents import Contents
from arangovis.services.series.reading.listing import Listing
from arangovis.services.series.reading.many import ManyReading
from arangovis.services.series.reading.readers import Readers
from arangovis.services.series.reading.reading import Reading
from arangovis.services.series.reading.rows import ChunkRows
from arangovis.services.series.reading.sources import Sources
from arangovis.services.series.series import SeriesServices
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class SeriesReading:
    """Rows of one run, rows of many, what there is to read, and finding runs."""

    rows: Reading
    many: ManyReading
    listing: Listing
    runs: RunSearch


def series_reading(store: GraphStore, blobs: Blobs, series: SeriesServices) -> SeriesReading:
    """Put them over a store and what writes series."""
    contents = Contents(store, series.fields, series.data)
    sources = Sources(series.fields, series.definitions)
    rows = Reading(contents, sources, series.log, ChunkRows(series.log, blobs))
    runs = RunSearch(store)
    many = ManyReading(contents, rows, runs, Readers(store))
    return SeriesReading(rows, many, Listing(contents, series.log), runs)
