"""The columns of any data set, frames and rows of model versions alike."""

from dataclasses import dataclass

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import NoData, NotFound
from arangovis.domain.ids import NodeId
from arangovis.services.datasets import Datasets
from arangovis.services.frames.frames import Frames
from arangovis.services.snapshots import Snapshots
from arangovis.tabular.frame_columns import PlainColumn, row_columns

TIME = "time"


@dataclass(frozen=True, slots=True)
class DatasetColumns:
    """A data set as columns; `times` are those that hold moments."""

    columns: tuple[PlainColumn, ...]
    times: frozenset[str]


class ColumnReader:
    """Reads data sets."""

    def __init__(self, datasets: Datasets, snapshots: Snapshots, frames: Frames) -> None:
        self._datasets = datasets
        self._snapshots = snapshots
        self._frames = frames

    def read(self, node: NodeId) -> DatasetColumns:
        """Return the rows of a data set that carry no error.

        Raises:
            NoData: it was deleted, or only its description is known here, not its rows.
            IntegrityError: stored bytes are damaged or gone.

        """
        dataset = self._datasets.find(node)
        if dataset is None:
            raise NoData(f"{node} was deleted")
        if not dataset.segments:
            raise NoData(f"the rows of {dataset.name!r} are not kept here, only its description")
        try:
            frame = self._frames.get(node)
        except NotFound:
            return DatasetColumns(self._rows(dataset), frozenset())
        times = frozenset(name for name, kind in frame.types.items() if kind == TIME)
        return DatasetColumns(self._frames.plain(frame), times)

    def _rows(self, dataset: Dataset) -> tuple[PlainColumn, ...]:
        if dataset.selection is not None:
            return row_columns(self._snapshots.rows(dataset))
        count = dataset.rows if dataset.source is not None else self._snapshots.count(dataset)
        return row_columns(self._snapshots.some(dataset, np.arange(count)))
