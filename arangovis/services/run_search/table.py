"""All runs of a project in memory, by column. A column is made when it is first asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arangovis.domain.graph import Node
from arangovis.domain.json import JsonValue
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.domain.views import mapping, optional_integer, optional_text
from arangovis.services.run_search.columns import Column
from arangovis.stores.base import GraphStore
from arangovis_schema.vertices import RUN

FIELD_VALUES = "field_values"
CHANGED_MAX = 2000
"""After more changes than these all runs are read again."""
_PLAIN = {declared.name for declared in RUN.searchable_fields}
_Fields = Mapping[str, frozenset[str]]


class _Row(NamedTuple):
    """A run of the table, and where it was in the table before; -1 if it was not there, or was another version."""

    started: int
    key: str
    run: Node
    before: int = -1


class RunTable:
    """Runs, newest first."""

    def __init__(self, rows: Iterable[_Row], fields: _Fields) -> None:
        self._rows = sorted(rows, reverse=True)
        self._fields = fields
        self.columns: dict[str, Column] = {}
        self.runs = [row.run for row in self._rows]

    @classmethod
    def read(cls, store: GraphStore, project: str | None) -> "RunTable":
        """Read the runs of a project (its key), or of all."""
        fields = _fields_of(store, project)
        return cls((_Row(started_of(run), run.id.key, run) for run in _all(store, "run", project)), fields)

    def renewed(self, store: GraphStore, project: str | None, since: int) -> "RunTable":
        """Return the table as it is now. Columns that were made are brought up to date, not made again.

        Args:
            store: where the table was read from.
            project: as it was read.
            since: the change number before it was read.

        """
        runs, fields = (store.changed_since(kind, since, limit=CHANGED_MAX) for kind in ("run", "field"))
        if runs is None or fields is None:
            return self._read_again(store, project)
        changed = [run for run in runs if project in (None, run.project) or run.id.key in self.places]
        named = _fields_of(store, project) if fields else self._fields
        if not changed and named == self._fields:
            return self
        gone = {run.id.key for run in changed}
        kept = [_Row(*row[:3], place) for place, row in enumerate(self._rows) if row.key not in gone]
        come = [run for run in changed if not run.version.deleted and project in (None, run.project)]
        table = RunTable([*kept, *(_Row(started_of(run), run.id.key, run) for run in come)], named)
        if named == self._fields:
            table._take_columns(self)
        return table

    def _read_again(self, store: GraphStore, project: str | None) -> "RunTable":
        """Read all runs, and answer this table, columns and all, if none changed."""
        table = RunTable.read(store, project)
        ours, theirs = ([(run.id, run.version.valid_from) for run in one.runs] for one in (self, table))
        return self if ours == theirs and self._fields == table._fields else table

    def _take_columns(self, other: "RunTable") -> None:
        """Bring the columns of the table before up to date."""
        places = np.full(len(other), -1, dtype=np.int64)
        before = np.array([row.before for row in self._rows], dtype=np.int64)
        stayed = np.flatnonzero(before >= 0)
        places[before[stayed]] = stayed
        come = np.flatnonzero(before < 0).tolist()
        for name, column in other.columns.items():
            values = self._values(name, [self.runs[place] for place in come])
            self.columns[name] = column.moved(places, len(self), zip(come, values, strict=True))

    def __len__(self) -> int:
        return len(self.runs)

    @cached_property
    def started(self) -> npt.NDArray[np.int64]:
        """When each run started, microseconds since 1970."""
        return np.array([row.started for row in self._rows], dtype=np.int64)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The position of each run by key."""
        return {run.id.key: place for place, run in enumerate(self.runs)}

    @cached_property
    def attribute_names(self) -> tuple[str, ...]:
        """The fields that some run has a value of, in order of name."""
        used = set(chain.from_iterable(mapping(run.attributes, FIELD_VALUES) for run in self.runs))
        return tuple(sorted(name for name, keys in self._fields.items() if keys & used))

    def column(self, name: str) -> Column:
        """Return a column: of a field's values if there is a field of this name, else of a searchable name of runs."""
        if name not in self.columns:
            self.columns[name] = Column.of(self._values(name, self.runs))
        return self.columns[name]

    def _values(self, name: str, runs: Sequence[Node]) -> Sequence[JsonValue]:
        keys = self._fields.get(name)
        if keys is None:
            return _properties(name, runs)
        if len(keys) == 1:
            (key,) = keys
            return [mapping(run.attributes, FIELD_VALUES).get(key) for run in runs]
        return [[mapping(run.attributes, FIELD_VALUES).get(key) for key in keys] for run in runs]


def _properties(name: str, runs: Sequence[Node]) -> Sequence[JsonValue]:
    first, _, rest = name.partition(".")
    if first not in _PLAIN:
        return [None] * len(runs)
    found = [run.attributes.get(first) for run in runs]
    if not rest:
        return found
    return [value.get(rest) if isinstance(value, Mapping) else None for value in found]


def _fields_of(store: GraphStore, project: str | None) -> _Fields:
    """Return the keys of the fields of each name."""
    keys: dict[str, set[str]] = {}
    for field in _all(store, "field", project):
        keys.setdefault(str(optional_text(field.attributes, "name")), set()).add(field.id.key)
    return {name: frozenset(found) for name, found in keys.items()}


def started_of(run: Node) -> int:
    """Return when a run started, or was created if it has not."""
    return optional_integer(run.attributes, "started") or run.created


def _all(store: GraphStore, kind: str, project: str | None) -> Iterator[Node]:
    return store.all_nodes(Search(kind, project=project, limit=PAGE_SIZE_MAX))
