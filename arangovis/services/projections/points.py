"""The points of a plot in columns, and the neighbours behind it in pages: read from what the run stored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.views import mapping
from arangovis.projections.base import Neighbours
from arangovis.projections.neighbours import neighbours_from_bundle
from arangovis.services.projections.answers import Answers, Job
from arangovis.services.projections.neighbour_stage import TOP_NEIGHBOURS, TOP_ROLE
from arangovis.services.projections.result import CLASS_OUTPUT
from arangovis.tabular.arrow_stream import Column
from arangovis.tabular.bundle import from_bytes
from arangovis.tabular.column_table import ColumnTable

__all__ = ["NEIGHBOURS_DEFAULT", "PlotPoints", "PointNeighbour", "PointNeighbours", "PointsTable", "PointsWanted"]

NEIGHBOURS_DEFAULT = 15
NOBODY = -1
"""Stands for a neighbour where there is none: a point that is no production row."""
_AXES = ("x", "y", "z")
_LABEL = "label"


@dataclass(frozen=True, slots=True)
class PointsWanted:
    """Which points, with which columns (none: all), and how many neighbours of each."""

    neighbours: int = 0
    columns: tuple[str, ...] = ()
    of_set: str | None = None


@dataclass(frozen=True, slots=True)
class PointsTable:
    """The points in columns, and what the plot says of itself: its method, what each column is, whose points."""

    table: ColumnTable
    facts: Document


@dataclass(frozen=True, slots=True)
class PointNeighbour:
    """A row near another; `distance` is euclidean, among the rows themselves and not in the plot."""

    row: int
    id: str
    distance: float


@dataclass(frozen=True, slots=True)
class PointNeighbours:
    """A production row, by its number in the plot, and the rows nearest to it, nearest first."""

    row: int
    id: str
    neighbours: tuple[PointNeighbour, ...]


class PlotPoints:
    """Reads finished plots of samples."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def finished(self, run: NodeId) -> Job:
        """Return a projection that succeeded.

        Raises:
            NotFound: there is no such projection of a sample, or it has not succeeded.

        """
        job = self._answers.job(run)
        if job.run.state is not RunState.SUCCESS or job.plot is None:
            raise NotFound(f"{run} made no plot: it is {job.run.state.value}")
        return job

    def table(self, job: Job, wanted: PointsWanted) -> PointsTable:
        """Return the points of a plot with the columns that hydro-visualization documents beside our own.

        `<score>_thresh` repeats a score's threshold, `transformed_embedding` is the point as a list, `label` the class.

        Raises:
            InvalidInput: there is no such column or set, or there are too many neighbours asked for.
            NotFound: the neighbours asked for were erased with rows.
            IntegrityError: stored bytes are damaged or gone.

        """
        _check_count("neighbours", wanted.neighbours, 0)
        table = ColumnTable.from_arrow(self._answers.content(job.plot))
        facts = orjson.loads(table.metadata.get("arangovis", "{}"))
        table = _widened(table, mapping(facts, "columns"))
        if wanted.neighbours:
            table = table.with_columns({"neighbours": self._nearest(job, len(table), wanted.neighbours)})
        if wanted.of_set is not None:
            table = _of_set(table, wanted.of_set)
        return PointsTable(table.select(wanted.columns) if wanted.columns else table, facts)

    def neighbours(
        self, job: Job, *, start: int = 0, rows: int = 1, count: int = NEIGHBOURS_DEFAULT
    ) -> Page[PointNeighbours]:
        """Return the neighbours of production rows `start`, `start` + 1, ...; the cursor is the row that comes next.

        Raises:
            InvalidInput: there is no such row, or there are too many neighbours asked for.
            NotFound: they were erased with rows.
            IntegrityError: stored bytes are damaged or gone.

        """
        _check_count("k", count, 1)
        known, ids = self._known(job), self._ids(job)
        if not 0 <= start < len(known.indices):
            raise InvalidInput.of(Fault("row", f"{start} is not between 0 and {len(known.indices) - 1}"))
        stop = min(start + rows, len(known.indices))
        items = tuple(_neighbours_of(row, known, ids, count) for row in range(start, stop))
        return Page(items, None if stop == len(known.indices) else str(stop))

    def _known(self, job: Job) -> Neighbours:
        return neighbours_from_bundle(from_bytes(self._answers.content(self._answers.file(job.run, TOP_ROLE))))

    def _ids(self, job: Job) -> Sequence[str]:
        table = ColumnTable.from_arrow(self._answers.content(job.plot))
        return [str(row) for row in table.values("id")]

    def _nearest(self, job: Job, points: int, count: int) -> Column:
        known = self._known(job).indices
        found = np.full((points, min(count, known.shape[1])), NOBODY, dtype=np.int32)
        found[: len(known)] = known[:, : found.shape[1]]
        return found


def _widened(table: ColumnTable, described: Document) -> ColumnTable:
    axes = [name for name in _AXES if name in table.names]
    points = np.stack([np.asarray(table.values(name), dtype=np.float32) for name in axes], axis=1)
    more: dict[str, Column] = {}
    for name in described:
        threshold = mapping(described, name).get("threshold")
        if isinstance(threshold, int | float):
            more[f"{name}_thresh"] = np.full(len(table), threshold, dtype=np.float32)
    more["transformed_embedding"] = points
    table = table.with_columns({name: column for name, column in more.items() if name not in table.names})
    return table.with_twin(CLASS_OUTPUT, _LABEL) if CLASS_OUTPUT in table.names and _LABEL not in table.names else table


def _of_set(table: ColumnTable, name: str) -> ColumnTable:
    known = list(dict.fromkeys(table.values("set")))
    if name not in known:
        raise InvalidInput.of(Fault("set", f"{name[:80]!r} is none of {', '.join(known)}"))
    return table.where("set", name)


def _neighbours_of(row: int, known: Neighbours, ids: Sequence[str], count: int) -> PointNeighbours:
    pairs = zip(known.indices[row, :count].tolist(), known.distances[row, :count].tolist(), strict=True)
    return PointNeighbours(row, ids[row], tuple(PointNeighbour(near, ids[near], away) for near, away in pairs))


def _check_count(name: str, count: int, least: int) -> None:
    if not least <= count <= TOP_NEIGHBOURS:
        raise InvalidInput.of(Fault(name, f"{count} is not between {least} and {TOP_NEIGHBOURS}"))
