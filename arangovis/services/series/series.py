"""All that there is of series, built once."""

from dataclasses import dataclass

from arangovis.services.blobs import Blobs
from arangovis.services.series.appending import Appending
from arangovis.services.series.attributes import Attributes
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.definitions import SeriesDefinitions
from arangovis.services.series.fields import Fields
from arangovis.services.series.merging import Merging
from arangovis.services.series.series_data import SeriesDatas
from arangovis.services.series.upkeep import SeriesUpkeep
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class SeriesServices:
    """Fields, series, and the rows that runs log to them."""

    fields: Fields
    definitions: SeriesDefinitions
    attributes: Attributes
    appending: Appending
    log: ChunkLog
    data: SeriesDatas
    upkeep: SeriesUpkeep


def series_services(store: GraphStore, blobs: Blobs) -> SeriesServices:
    """Put them over a store."""
    log = ChunkLog(store, blobs)
    fields = Fields(store)
    definitions = SeriesDefinitions(store, fields)
    return SeriesServices(
        fields=fields,
        definitions=definitions,
        attributes=Attributes(store, fields),
        appending=Appending(store, blobs, log=log, fields=fields, definitions=definitions),
        log=log,
        data=SeriesDatas(store, definitions),
        upkeep=SeriesUpkeep(store, log, Merging(store, blobs, log)),
    )
