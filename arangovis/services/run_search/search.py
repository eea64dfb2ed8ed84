"""The search itself: a page of runs, and counts beside every option."""

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.access import current_scope
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node
from arangovis.domain.json import Scalar
from arangovis.services.catalogue.names import project_key
from arangovis.services.run_search.columns import Column, Mask, Value
from arangovis.services.run_search.conditions import RunFilter
from arangovis.services.run_search.matching import STARTED, TAGS, Matching
from arangovis.services.run_search.table import RunTable
from arangovis.stores.base import GraphStore

PAGE_MAX = 1000
OPTIONS_MAX = 100
"""Options that are counted for one attribute: those with the most runs, and those that were chosen."""
FACETS_MAX = 50
TABLES_MAX = 8
"""Projects whose runs are kept in memory."""

_CURSOR = re.compile(r"([0-9]{1,19})-([0-9A-Za-z_.:@-]{1,254})\Z")


@dataclass(frozen=True, slots=True)
class RunQuestion:
    """What a search page asks.

    Args:
        where: which runs.
        facets: attributes whose values are counted; None for every field that runs have a value of.
        limit: how many runs, 0 to PAGE_MAX.
        cursor: `next_cursor` of the page before.

    """

    where: RunFilter
    facets: tuple[str, ...] | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OptionCount:
    """A value, and how many runs have it that meet everything that is asked about other things."""

    value: Scalar
    runs: int


@dataclass(frozen=True, slots=True)
class AttributeFacet:
    """The values of one attribute, or the tags, counted under everything that is asked about other things.

    The options with the most runs come first, then those that were chosen, however few. `options_left` is how many
    further values are not listed, `missing` how many runs have none; the ends are those of the finite numbers.
    """

    name: str
    options: tuple[OptionCount, ...]
    options_left: int
    missing: int
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class StartedFacet:
    """When the runs started that meet everything else: the first and the last, microseconds since 1970."""

    first: int | None
    last: int | None
    runs: int


@dataclass(frozen=True, slots=True)
class RunsFound:
    """The answer: a page of the runs, newest first, how many they are of how many, and counts."""

    items: tuple[Node, ...]
    next_cursor: str | None
    runs: int
    of_runs: int
    tags: AttributeFacet
    attributes: tuple[AttributeFacet, ...]
    started: StartedFacet


class RunSearch:
    """Searches over any store. The runs of a project are kept in memory until the graph changes."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._tables: dict[tuple[str, str | None], tuple[int, RunTable]] = {}
        self._lock = threading.Lock()

    def find(self, question: RunQuestion) -> RunsFound:
        """Answer a page of runs and the counts beside the options.

        Raises:
            InvalidInput: the cursor or the limit is not valid, or there are too many facets.
            NotFound: there is no such project.

        """
        if not 0 <= question.limit <= PAGE_MAX:
            raise InvalidInput.of(Fault("limit", f"{question.limit} is not between 0 and {PAGE_MAX}"))
        table = self.table(question.where.project)
        matching = Matching.of(table, question.where)
        places = np.flatnonzero(matching.passed)
        page, cursor = _page(table, places, question)
        return RunsFound(
            items=tuple(table.runs[place] for place in page),
            next_cursor=cursor,
            runs=len(places),
            of_runs=len(table),
            tags=_facet(table.column(TAGS), TAGS, matching.passed_others(TAGS), question.where.tags.named),
            attributes=tuple(
                _facet(table.column(name), name, matching.passed_other_attributes(name), question.where.chosen(name))
                for name in _facet_names(table, question)
            ),
            started=_started(table, matching.passed_others(STARTED)),
        )

    def matching(self, where: RunFilter) -> Sequence[Node]:
        """Return every run that a filter finds, newest first.

        Raises:
            NotFound: there is no such project.

        """
        table = self.table(where.project)
        return [table.runs[place] for place in np.flatnonzero(Matching.of(table, where).passed)]

    def table(self, project: str | None) -> RunTable:
        """Return the runs of a project as they are now.

        Raises:
            NotFound: there is no such project.

        """
        key, view = project_key(self._store, project), current_scope().view
        change = self._store.change_number()  # before the runs: a later change makes the next question read again
        with self._lock:  # one thread reads them again; the others wait for it instead of doing the same
            known_at, table = self._tables.pop((view, key), (-1, None))
            if table is None:
                table = RunTable.read(self._store, key)
            elif known_at < change:
                table = table.renewed(self._store, key, known_at)
            self._tables[view, key] = max(change, known_at), table
            while len(self._tables) > TABLES_MAX:
                del self._tables[next(iter(self._tables))]
        return table


def _page(table: RunTable, places: npt.NDArray[np.intp], question: RunQuestion) -> tuple[list[int], str | None]:
    if question.cursor is not None:
        behind = _position(question.cursor)
        places = places[np.fromiter((_sort_key(table, place) < behind for place in places), np.bool_, len(places))]
    page = [int(place) for place in places[: question.limit]]
    if not page or len(places) == len(page):
        return page, None
    started, key = _sort_key(table, page[-1])
    return page, f"{started}-{key}"


def _sort_key(table: RunTable, place: int) -> tuple[int, str]:
    return int(table.started[place]), table.runs[place].id.key


def _position(cursor: str) -> tuple[int, str]:
    found = _CURSOR.match(cursor)
    if found is None:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with"))
    return int(found[1]), found[2]


def _facet_names(table: RunTable, question: RunQuestion) -> tuple[str, ...]:
    asked = question.facets
    chosen = [condition.name for condition in question.where.attributes]
    names = tuple(dict.fromkeys((*chosen, *(table.attribute_names if asked is None else asked))))
    if asked is not None and len(names) > FACETS_MAX:
        raise InvalidInput.of(Fault("facets", f"{len(names)} are more than {FACETS_MAX}"))
    return names[:FACETS_MAX]


def _facet(column: Column, name: str, runs: Mask, chosen: Sequence[Scalar]) -> AttributeFacet:
    counts = column.counts(runs)
    listed = column.ordered[np.argsort(-counts[column.ordered], kind="stable")]
    shown, unknown = _shown(column, listed, chosen)
    options = [OptionCount(column.options[code], int(counts[code])) for code in shown]
    options += [OptionCount(value, 0) for value in unknown]
    least, most = _range([column.options[code] for code in np.flatnonzero(counts)])
    missing = int(np.count_nonzero(column.missing & runs))
    return AttributeFacet(name, tuple(options), len(listed) - len(shown), missing, least, most)


def _shown(
    column: Column, listed: npt.NDArray[np.int64], chosen: Sequence[Scalar]
) -> tuple[Sequence[int], Sequence[Scalar]]:
    """Return the options to show: the most frequent, and the chosen ones though nothing be left of them."""
    codes = [(value, column.code_of(value)) for value in chosen]
    shown = dict.fromkeys([*listed[:OPTIONS_MAX].tolist(), *(code for _, code in codes if code is not None)])
    unknown = {repr(value): value for value, code in codes if code is None}
    return tuple(shown), list(unknown.values())


def _range(values: Sequence[Value]) -> tuple[float | None, float | None]:
    finite = [value for value in values if not isinstance(value, str | bool) and math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (None, None)


def _started(table: RunTable, runs: Mask) -> StartedFacet:
    times = table.started[runs]
    if not len(times):
        return StartedFacet(None, None, 0)
    return StartedFacet(int(times.min()), int(times.max()), len(times))
