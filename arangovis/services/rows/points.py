"""Which row a point of a plot is, or a row of a result, a sample or a data set."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.anomaly.methods import SCORE
from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import Fault, InvalidInput, NotFound, NotSupported
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.views import integer, mapping, optional_text
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.rows.contents import RowContents, is_numbered
from arangovis.services.snapshots import Snapshots
from arangovis.stores.base import GraphStore
from arangovis.tabular import ROW_ID

PRODUCTION, TRAINING, ROWS, PERIOD = "production", "training", "rows", "period_"
TRAINING_ROWS = "training_rows"
"""Fact of a plot: how many of its points are training rows; without it, all of them are in it."""
BY_PRODUCTION = frozenset({"plot", "result", "coordinates", "neighbours"})
"""Files whose points are the rows of the production sample in its order; those of training and periods may follow."""
PART = "part"


@dataclass(frozen=True, slots=True)
class PointOrigin:
    """Where a point comes from.

    `row` is the id of the row in `dataset`, which is a table or a stream; `position` is where it is there, from 0.
    `sample` is the snapshot that it was taken from and `sample_row` its place there; `as_role` is what the run that
    made the point read it as. What nobody recorded is None.
    """

    node: NodeId
    point: int
    row: str | None
    dataset: NodeId
    position: int | None
    sample: NodeId | None
    sample_row: int | None
    run: NodeId | None
    as_role: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of a data set that a point is, and as what the run read the data set."""

    dataset: NodeId
    row: int
    run: NodeId | None = None
    role: str | None = None


class Points:
    """Answers which row a point is."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, datasets: Datasets, snapshots: Snapshots) -> None:
        self._store = store
        self._snapshots = snapshots
        self._contents = RowContents(store, blobs, datasets)

    def origin(self, node_id: NodeId, point: int, *, at: int | None = None) -> PointOrigin:
        """Return which row a point is.

        Args:
            node_id: a plot, a result or another file of a projection, a data set of scores, a sample, a data set.
            point: its number, from 0.
            at: as of this time (microseconds since 1970), or None for now.

        Raises:
            NotFound: the node never existed or was deleted.
            InvalidInput: there is no such point.
            NotSupported: the points of such a node are no rows, or nobody recorded which.
            IntegrityError: stored bytes are damaged or gone.

        """
        if point < 0:
            raise InvalidInput.of(Fault("point", f"{point} is negative"))
        place = self._place(self._live(node_id, at), point, at)
        dataset = self._live(place.dataset, at)
        found = Dataset.of(dataset.id, dataset.project, dataset.attributes)
        if place.row >= found.rows:
            raise InvalidInput.of(Fault("point", f"{point} is beyond the last one"))
        row, position, source = self._row(found, place.row, dataset)
        is_sample = found.source is not None
        return PointOrigin(
            node=node_id,
            point=point,
            row=row,
            dataset=source,
            position=position,
            sample=found.id if is_sample else None,
            sample_row=place.row if is_sample else None,
            run=place.run,
            as_role=place.role,
        )

    def _live(self, node_id: NodeId, at: int | None) -> Node:
        node = self._store.get(node_id, at=at)
        if node.version.deleted:
            raise NotFound(f"{node_id} was deleted")
        return node

    def _place(self, node: Node, point: int, at: int | None) -> _Place:
        run = self._maker(node, at)
        if node.id.kind == "dataset":
            return self._scored(node, run, point, at) or _Place(node.id, point, None if run is None else run.id)
        if node.id.kind != "artifact" or run is None:
            raise NotSupported(f"the points of {node.id} are no rows of a data set")
        return self._in_projection(node, run, point, at)

    def _maker(self, node: Node, at: int | None) -> Node | None:
        edges = self._store.edges_of((node.id,), Direction.UPSTREAM, ("generated",), at=at)
        return None if not edges else self._store.get(min(edge.id.source for edge in edges), at=at)

    def _inputs(self, run: Node, at: int | None) -> Mapping[str, NodeId]:
        read = edges_at(self._store, (run.id,), Direction.UPSTREAM, ("input_to",), at=at)
        return {edge.id.role: edge.id.source for edge in read if edge.id.source.kind == "dataset"}

    def _scored(self, node: Node, run: Node | None, point: int, at: int | None) -> _Place | None:
        """Scores are in the order of the rows that were scored."""
        if run is None or run.attributes.get("method") != SCORE:
            return None
        if point >= integer(node.attributes, "rows", 0):
            raise InvalidInput.of(Fault("point", f"{point} is beyond the last one"))
        (frame,) = self._inputs(run, at).items()
        return _Place(frame[1], point, run.id, frame[0])

    def _in_projection(self, node: Node, run: Node, point: int, at: int | None) -> _Place:
        inputs, role = self._inputs(run, at), node.attributes.get("role")
        facts = mapping(node.attributes, "facts")
        rows = optional_text(mapping(run.attributes, "options"), ROWS)
        if role == PART and rows is not None:
            if point >= integer(facts, "rows", 0):
                raise InvalidInput.of(Fault("point", f"{point} is beyond the last one of this part"))
            return _Place(NodeId.parse(rows), integer(facts, "start", 0) + point, run.id, ROWS)
        if role not in BY_PRODUCTION or PRODUCTION not in inputs:
            raise NotSupported(f"nobody recorded of which rows the points of {node.id} are")
        if point >= integer(facts, "rows", point + 1):
            raise InvalidInput.of(Fault("point", f"{point} is beyond the last one"))
        return self._of_samples(run.id, inputs, (point, facts.get(TRAINING_ROWS)), at)

    def _of_samples(
        self, run: NodeId, inputs: Mapping[str, NodeId], wanted: tuple[int, JsonValue], at: int | None
    ) -> _Place:
        """Points are the rows of production, then of training if these are in the plot, then of other periods."""
        point, shown = wanted
        before = 0
        for role in (PRODUCTION, TRAINING, *sorted(role for role in inputs if role.startswith(PERIOD))):
            if role not in inputs:
                continue
            rows = integer(self._live(inputs[role], at).attributes, "rows", 0)
            rows = shown if role == TRAINING and isinstance(shown, int) else rows
            if point < before + rows:
                return _Place(inputs[role], point - before, run, role)
            before += rows
        raise InvalidInput.of(Fault("point", f"{point} is beyond the last one"))

    def _row(self, dataset: Dataset, row: int, node: Node) -> tuple[str | None, int | None, NodeId]:
        """Return the id of a row of a data set, where it is in the table or stream, and which that is."""
        if dataset.selection is not None:
            sampled = self._contents.sampled(dataset)
            return sampled.ids[row], sampled.positions[row], dataset.source or dataset.id
        if dataset.source is not None:
            rows = self._snapshots.some(dataset, np.array([row]), (ROW_ID,))
            return (rows.ids[0] if rows.has(ROW_ID) else str(row)), None, dataset.source
        if is_numbered(node):
            return str(row), row, dataset.id
        return self._contents.id_at(dataset, row), row, dataset.id
