"""The period that scored rows are of, and the serving performance that it is observed as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arangovis.domain.errors import Fault, InvalidContent, InvalidInput
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.stores.transaction import Transaction
from arangovis.tabular.frame_columns import PlainColumn
from arangovis.tabular.frames.types import ColumnKind

US_PER_MS = 1000


@dataclass(frozen=True, slots=True)
class Period:
    """When rows are from, microseconds since 1970, both ends included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PeriodAsked:
    """The period as a client gives it: both ends, or a column of moments among the rows. Nothing: now."""

    start: int | None = None
    end: int | None = None
    time_column: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything was said."""
        return (self.start, self.end, self.time_column) != (None, None, None)

    def checked(self) -> "PeriodAsked":
        """Return it.

        Raises:
            InvalidInput: one end is missing, the ends are in the wrong order, or a column is named beside them.

        """
        if (self.start is None) != (self.end is None):
            raise InvalidInput.of(Fault("period_end", "give both period_start and period_end, or neither"))
        if self.start is not None and self.end is not None and self.end < self.start:
            raise InvalidInput.of(Fault("period_end", f"{self.end} is before the period's start, {self.start}"))
        if self.start is not None and self.time_column is not None:
            raise InvalidInput.of(Fault("time_column", "give either a column of moments or the ends of the period"))
        return self

    def of(self, columns: Sequence[PlainColumn], types: Mapping[str, object]) -> Period | None:
        """Return the period of rows; None if nothing was said of it.

        Raises:
            InvalidContent: the rows have no such column of moments, or no moment in it.

        """
        if self.start is not None and self.end is not None:
            return Period(self.start, self.end)
        if self.time_column is None:
            return None
        times = moments(columns, types, self.time_column)
        known = times[np.isfinite(times)]
        if not len(known):
            raise InvalidContent.of(Fault(self.time_column, "has no moment in any row"))
        return Period(int(known.min()) * US_PER_MS, int(known.max()) * US_PER_MS)


def moments(
    columns: Sequence[PlainColumn], types: Mapping[str, object], name: str
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return a column of moments, milliseconds since 1970, float64 (rows,).

    Raises:
        InvalidContent: there is none of this name.

    """
    found = next((column.values for column in columns if column.name == name), None)
    if found is None or types.get(name) != ColumnKind.TIME:
        raise InvalidContent.of(Fault("time_column", f"{name!r:.80} is no column of times in these rows"))
    return found


def write_performance(transaction: Transaction, run: Run, version: NodeId, period: Period | None) -> None:
    """Observe the scores of a run at every deployment that serves the detector and is active."""
    when = period or Period(transaction.now, transaction.now)
    for edge in transaction.edges_of(version, Direction.DOWNSTREAM, ("deployed_as",)):
        deployment = transaction.find(edge.id.target)
        if deployment is None or deployment.attributes.get("state") != "active":
            continue
        node = time_ordered_id("serving_performance", transaction.now)
        facts: Document = {
            "period_start": when.start,
            "period_end": when.end,
            "metrics": dict(run.metrics),
            "attributes": {"run": str(run.id)},
        }
        transaction.create_new(node, deployment.project, facts)
        transaction.link(EdgeId("observed_as", deployment.id, node))
