"""What runs hold that can be plotted: the series that they logged to, and their values of fields."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import NotFound, RunGone
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.series import SeriesField
from arangovis.domain.views import integer, scalars, text
from arangovis.services.series.fields import Fields
from arangovis.services.series.series_data import LoggedSeries, SeriesDatas
from arangovis.stores.base import GraphStore

RUNS_KEPT_MAX = 5000


@dataclass(frozen=True, slots=True)
class Attribute:
    """A run's value of a field."""

    field: SeriesField
    value: Scalar


@dataclass(frozen=True, slots=True)
class RunContents:
    """A run, in its current generation: what it logged, in order of the series' names, and its attributes by name."""

    run: NodeId
    project: str | None
    generation: int
    state: str
    logged: tuple[LoggedSeries, ...] = field(repr=False)
    attributes: Mapping[str, Attribute] = field(repr=False)


class Contents:
    """Looks runs up. What it found is kept until the graph changes: rows that come do not change it."""

    def __init__(self, store: GraphStore, fields: Fields, data: SeriesDatas) -> None:
        self._store = store
        self._fields = fields
        self._data = data
        self._known: dict[NodeId, RunContents] = {}
        self._change = -1
        self._lock = threading.Lock()

    def of(self, run: NodeId) -> RunContents:
        """Return the contents of a run.

        Raises:
            NotFound: there never was such a run.
            RunGone: it was deleted.

        """
        found = self.of_many((run,)).get(run)
        if found is not None:
            return found
        if self._store.find(run) is None:
            raise NotFound(f"there is no {run}")
        raise RunGone(f"{run} was deleted")

    def of_many(self, runs: Sequence[NodeId]) -> Mapping[NodeId, RunContents]:
        """Return the contents of the runs that there are, in the order given."""
        change = self._store.change_number()
        with self._lock:
            if change > self._change or len(self._known) > RUNS_KEPT_MAX:
                self._known, self._change = {}, change
            known = self._known  # a later change puts another mapping in its place
        missing = [run for run in dict.fromkeys(runs) if run not in known]
        if missing:
            known.update(self._read(missing))
        return {run: known[run] for run in runs if run in known}

    def _read(self, runs: Sequence[NodeId]) -> Mapping[NodeId, RunContents]:
        found = self._store.get_many([run for run in runs if run.kind == "run"])
        live = [found[run] for run in runs if run in found and not found[run].version.deleted]
        logged = self._data.of_runs({node.id: generation_of(node) for node in live})
        fields = self._attribute_fields(live)
        return {node.id: _contents(node, logged, fields) for node in live}

    def _attribute_fields(self, nodes: Sequence[Node]) -> Mapping[str, SeriesField]:
        keys = sorted({key for node in nodes for key in scalars(node.attributes, "field_values")})
        return {item.node.key: item for item in self._fields.get_many([NodeId("field", key) for key in keys])}


def generation_of(run: Node) -> int:
    """Return the current generation of a run: raised whenever it is replaced."""
    return integer(run.attributes, "generation", 0)


def _contents(node: Node, logged: Sequence[LoggedSeries], fields: Mapping[str, SeriesField]) -> RunContents:
    values = scalars(node.attributes, "field_values")
    own = sorted((item for item in logged if item.data.run == node.id), key=_by_name)
    return RunContents(
        run=node.id,
        project=node.project,
        generation=generation_of(node),
        state=text(node.attributes, "state"),
        logged=tuple(own),
        attributes={fields[key].name: Attribute(fields[key], value) for key, value in values.items()},
    )


def _by_name(logged: LoggedSeries) -> tuple[str, str]:
    return logged.series.name or "", logged.data.node.key
