"""arangopipe's detector of data-set shift, over the one that knows unequal sizes, missing values and texts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from arangovis.client.tables import Table, table_bytes
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.drift.detection import detect
from arangovis.drift.values import DriftOptions, DriftReport
from arangovis.tabular.arrow_stream import MEDIA_TYPE
from arangovis.tabular.frame_columns import PlainColumn, arrow_columns


class DatasetShiftDetector(ABC):
    """What tells whether two tables come from one place."""

    @abstractmethod
    def detect_dataset_shift(self, dataframe1: Table, dataframe2: Table) -> float:
        """Return 0.5 if nothing tells the tables apart, 1.0 if everything does."""

    @abstractmethod
    def detect_covariate_shift(self, dataframe1: Table, dataframe2: Table) -> DriftReport:
        """Return which columns moved."""


class RF_DatasetShiftDetector(DatasetShiftDetector):  # noqa: N801 - its name everywhere
    """Returns the area under the ROC curve of a classifier that tells the tables apart, whatever their sizes.

    The tables are left as they are. To keep the result in the graph, linked to both data sets, use
    `Client.detect_shift`.
    """

    def __init__(self, options: DriftOptions | None = None) -> None:
        self.options = options or DriftOptions()
        self.report: DriftReport | None = None

    def detect_dataset_shift(self, dataframe1: Table, dataframe2: Table) -> float:
        """Return the area; `report` then has the p-value and the columns.

        Raises:
            NoData: a table has too few rows.
            NotSupported: the tables have no column in common.

        """
        return self.detect_covariate_shift(dataframe1, dataframe2).auc

    def detect_covariate_shift(self, dataframe1: Table, dataframe2: Table) -> DriftReport:
        """Return the whole report: the area, and column by column what moved."""
        self.report = detect(_columns(dataframe1), _columns(dataframe2), self.options)
        return self.report


def _columns(table: Any) -> tuple[PlainColumn, ...]:
    body, media_type = table_bytes(_by_column(table))
    if media_type != MEDIA_TYPE:
        raise InvalidInput.of(Fault("dataframe", "is not a frame, nor a mapping of columns"))
    return arrow_columns(body)


def _by_column(table: Any) -> Any:
    """Turn a list of rows into columns; what a row lacks is None."""
    if not isinstance(table, list) or not all(isinstance(row, Mapping) for row in table):
        return table
    names = dict.fromkeys(name for row in table for name in row)
    return {name: [row.get(name) for row in table] for name in names}
