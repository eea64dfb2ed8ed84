"""All runs of a project in memory, by column. A column is made when it is first asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

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
_PLAIN = {declared.name for declared in RUN.searchable_fields}


class RunTable:
    """Runs, newest first."""

    def __init__(self, runs: Sequence[Node], fields: Mapping[str, frozenset[str]]) -> None:
        self.runs = sorted(runs, key=lambda run: (started_of(run), run.id.key), reverse=True)
        self._fields = fields
        self._columns: dict[str, Column] = {}

    @classmethod
    def read(cls, store: GraphStore, project: str | None, before: "RunTable | None" = None) -> "RunTable":
        """Read the runs of a project (its key), or of all; answer those of before, columns and all, if none changed."""
        keys: dict[str, set[str]] = {}
        for field in _all(store, "field", project):
            keys.setdefault(str(optional_text(field.attributes, "name")), set()).add(field.id.key)
        named = {name: frozenset(found) for name, found in keys.items()}
        table = cls(list(_all(store, "run", project)), named)
        return before if before is not None and before.is_like(table) else table

    def __len__(self) -> int:
        return len(self.runs)

    def is_like(self, other: "RunTable") -> bool:
        """Say whether another table has the same runs in the same versions, and the same fields."""
        ours, theirs = ([(run.id, run.version.valid_from) for run in table.runs] for table in (self, other))
        return ours == theirs and self._fields == other._fields

    @cached_property
    def started(self) -> npt.NDArray[np.int64]:
        """When each run started, microseconds since 1970."""
        return np.array([started_of(run) for run in self.runs], dtype=np.int64)

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
        if name not in self._columns:
            keys = self._fields.get(name)
            self._columns[name] = Column.of(self._properties(name) if keys is None else self._values(keys))
        return self._columns[name]

    def _values(self, keys: frozenset[str]) -> Sequence[JsonValue]:
        if len(keys) == 1:
            (key,) = keys
            return [mapping(run.attributes, FIELD_VALUES).get(key) for run in self.runs]
        return [[mapping(run.attributes, FIELD_VALUES).get(key) for key in keys] for run in self.runs]

    def _properties(self, name: str) -> Sequence[JsonValue]:
        first, _, rest = name.partition(".")
        if first not in _PLAIN:
            return [None] * len(self.runs)
        found = [run.attributes.get(first) for run in self.runs]
        if not rest:
            return found
        return [value.get(rest) if isinstance(value, Mapping) else None for value in found]


def started_of(run: Node) -> int:
    """Return when a run started, or was created if it has not."""
    return optional_integer(run.attributes, "started") or run.created


def _all(store: GraphStore, kind: str, project: str | None) -> Iterator[Node]:
    cursor: str | None = None
    while True:
        page = store.search(Search(kind, project=project, limit=PAGE_SIZE_MAX, cursor=cursor))
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
