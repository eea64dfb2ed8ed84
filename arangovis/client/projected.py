"""A projection of all rows as the SDK gives it: its rows are fetched a part at a time."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.services.projections.all_rows_result import PartFile, PlacedRows, part_columns, read_manifest


class ProjectedRows:
    """Every row of the production data that carries no error, and where it lies; `len` says how many.

    Iterating gives `PlacedRows`, part by part: `start`, `ids`, and `coordinates`, float32 (rows, components). No more
    than a part is held at a time, however many rows there are.
    """

    def __init__(self, run: NodeId, manifest: bytes, content: Callable[[NodeId], bytes]) -> None:
        self.run = run
        """The plan that computed it."""
        self._manifest = read_manifest(manifest)
        self._content = content

    def __repr__(self) -> str:
        return f"ProjectedRows({self.run}, {len(self)} x {self._manifest.components} in {len(self._manifest.parts)})"

    def __len__(self) -> int:
        return self._manifest.rows

    @property
    def metrics(self) -> Mapping[str, Scalar]:
        """How faithful the picture is, measured on a sample of the rows; a text says why one was skipped."""
        return MappingProxyType(self._manifest.quality)

    def __iter__(self) -> Iterator[PlacedRows]:
        return self._placed(0, len(self))

    def read(self, start: int = 0, stop: int | None = None) -> PlacedRows:
        """Return the rows `start` to `stop`, the last one not included; to the last row, if it is left out.

        Raises:
            InvalidInput: there are no such rows.

        """
        end = len(self) if stop is None else stop
        if not 0 <= start < end <= len(self):
            raise InvalidInput.of(Fault("start", f"rows {start} to {end} are not among the {len(self)} rows"))
        found = list(self._placed(start, end))
        ids = tuple(row_id for placed in found for row_id in placed.ids)
        return PlacedRows(start, ids, np.concatenate([placed.coordinates for placed in found]))

    def _placed(self, start: int, stop: int) -> Iterator[PlacedRows]:
        return (self._fetched(part).between(start, stop) for part in self._manifest.within(start, stop))

    def _fetched(self, part: PartFile) -> PlacedRows:
        return PlacedRows(part.start, *part_columns(self._content(part.artifact)))
