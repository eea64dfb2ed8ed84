"""What runs logged: which series, in which generation of the run."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.series import Series, SeriesData
from arangovis.services.series.definitions import SeriesDefinitions
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class LoggedSeries:
    """What a run logged to a series, and the series with its fields as they are called now."""

    data: SeriesData
    series: Series


class SeriesDatas:
    """What runs logged to series."""

    def __init__(self, store: GraphStore, definitions: SeriesDefinitions) -> None:
        self._store = store
        self._definitions = definitions

    def of_run(self, run_id: NodeId, generation: int) -> tuple[LoggedSeries, ...]:
        """Return what one generation of a run logged, in order of the ids."""
        return self.of_runs({run_id: generation})

    def of_runs(self, generations: dict[NodeId, int]) -> tuple[LoggedSeries, ...]:
        """Return what several runs logged, each in the generation named, in order of the ids."""
        edges = self._store.all_edges_of(tuple(generations), Direction.DOWNSTREAM, "generated")
        ids = sorted({edge.id.target for edge in edges if edge.id.target.kind == "series_data"})
        nodes = self._store.get_many(ids)
        found = [SeriesData.of(nodes[node_id]) for node_id in ids if not nodes[node_id].version.deleted]
        return self._with_series([data for data in found if generations.get(data.run) == data.generation])

    def _with_series(self, found: Sequence[SeriesData]) -> tuple[LoggedSeries, ...]:
        ids = sorted({data.series for data in found})
        nodes = self._store.get_many(ids)
        series = {item.node: item for item in self._definitions.of_nodes([nodes[node_id] for node_id in ids])}
        return tuple(LoggedSeries(data, series[data.series]) for data in found)
