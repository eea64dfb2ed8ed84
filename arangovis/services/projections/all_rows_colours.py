"""What the rows of a projection of all rows are coloured by: outputs of the model and monitoring metrics.

They are no part of the projection. They are read from the data that it placed, part by part, when somebody looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from arangovis.domain.catalogue import Dataset, ModelVersion
from arangovis.domain.errors import Fault, IntegrityError, InvalidInput
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, digest_of, encode
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.projections.all_rows_result import Manifest, PlacedRows
from arangovis.services.projections.result import column_name, metric_facts, output_facts
from arangovis.services.snapshots import RowReading, Snapshots
from arangovis.stores.base import GraphStore
from arangovis.tabular import ROW_ID, Rows
from arangovis.tabular.arrow_stream import Column

__all__ = ["NO_COLOURS", "Colours", "RowColours"]

ALL = "*"
_NUMBERS, _TEXT = ("number", "boolean"), "text"


@dataclass(frozen=True, slots=True)
class Colours:
    """Columns by their names in the data, with what each is; `kinds` are the words for their types.

    Without `reading` there are none.
    """

    dataset: NodeId | None = None
    described: Document = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    reading: RowReading | None = None

    @property
    def digest(self) -> str:
        """Digest of all that decides what a table of given rows holds."""
        return digest_of([None if self.dataset is None else str(self.dataset), dict(self.described)])

    def of(self, placed: PlacedRows) -> Mapping[str, Column]:
        """Return the columns of some rows, as tables call them: numbers and truths as float64 with NaN where there
        is none, and texts.

        Raises:
            IntegrityError: stored bytes are damaged or gone, or the rows are others by now.

        """
        if self.reading is None:
            return {}
        numbers = np.arange(placed.start, placed.start + len(placed.ids), dtype=np.int64)
        rows = self.reading.some(numbers, (ROW_ID, *self.described))
        if rows.ids != list(placed.ids):
            raise IntegrityError(f"the rows of {self.dataset} are not those that were placed")
        return {column_name(name): _column(rows, name, self.kinds[name]) for name in self.described}

    def metadata(self, manifest: Manifest, start: int, stop: int) -> Mapping[str, str]:
        """Return what a table of the rows `start` to `stop` says of itself, as plots do."""
        rows: dict[str, JsonValue] = {"name": "production", "rows": stop - start, "start": start}
        sets: list[JsonValue] = [] if self.dataset is None else [{**rows, "dataset": str(self.dataset)}]
        columns: dict[str, JsonValue] = {column_name(name): facts for name, facts in self.described.items()}
        facts: dict[str, JsonValue] = {"method": manifest.method, "columns": columns, "sets": sets}
        return {"arangovis": encode(facts).decode()}


NO_COLOURS = Colours()


class RowColours:
    """Finds what rows can be coloured by."""

    def __init__(self, store: GraphStore, *, catalogue: Catalogue, datasets: Datasets, snapshots: Snapshots) -> None:
        self._store = store
        self._catalogue = catalogue
        self._datasets = datasets
        self._snapshots = snapshots

    def of(self, plan: NodeId, columns: str) -> Colours:
        """Return columns of the rows that a projection of all rows placed.

        Args:
            plan: the projection.
            columns: names separated by commas, or `*` for all that there are.

        Raises:
            InvalidInput: there is no such column.

        """
        names = tuple(name for name in columns.split(",") if name)
        known, rows = self._known(plan)
        wanted = tuple(known.described) if names == (ALL,) else names
        if missing := [name for name in wanted if name not in known.described]:
            there = ", ".join(known.described) or "none"
            raise InvalidInput.of(Fault("columns", f"{missing[0][:80]!r} is none of those there are: {there}"))
        chosen = replace(known, described={name: known.described[name] for name in wanted})
        return chosen if rows is None or not wanted else replace(chosen, reading=self._snapshots.reading(rows))

    def _known(self, plan: NodeId) -> tuple[Colours, Dataset | None]:
        """Return all columns, and the rows; none if the data, or what they were a part of, were deleted."""
        read = self._store.edges_of((plan,), Direction.UPSTREAM, ("input_to",))
        inputs = {edge.id.role: edge.id.source for edge in read}
        version, rows = self._version(inputs.get("model")), self._rows(inputs.get("production"))
        if version is None or rows is None:
            return NO_COLOURS, None
        kinds = {name: str(kind) for name, kind in self._snapshots.columns(rows).items()}
        described = {name: facts for name, facts in self._facts(version) if _is_shown(kinds.get(name))}
        return Colours(rows.id, described, kinds), rows

    def _version(self, node_id: NodeId | None) -> ModelVersion | None:
        node = None if node_id is None else self._store.find(node_id)
        return None if node is None or node.version.deleted else ModelVersion.of(node)

    def _rows(self, node_id: NodeId | None) -> Dataset | None:
        rows = None if node_id is None else self._datasets.find(node_id)
        is_there = rows is not None and rows.source is not None and self._datasets.find(rows.source) is not None
        return rows if is_there else None

    def _facts(self, version: ModelVersion) -> Sequence[tuple[str, Document]]:
        outputs = [(output.name, output_facts(output)) for output in version.signature.scalar_outputs]
        return [*outputs, *((spec.name, metric_facts(spec)) for spec in self._catalogue.metric_specs(version))]


def _is_shown(kind: str | None) -> bool:
    return kind == _TEXT or kind in _NUMBERS


def _column(rows: Rows, name: str, kind: str) -> Column:
    if kind in _NUMBERS:
        return rows.numbers(name) if rows.has(name) else np.full(len(rows), np.nan)
    values = rows.values(name) if rows.has(name) else [None] * len(rows)
    return [None if value is None else str(value) for value in values]
