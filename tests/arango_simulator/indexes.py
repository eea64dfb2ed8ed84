"""Indexes on the documents of one collection (pages "HTTP interface for indexes" and below).

An index holds an entry for every version that some transaction may still see, so whoever looks something up must read
the document as of its own snapshot and compare again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any, NamedTuple

from sortedcontainers import SortedList

from tests.arango_simulator.ordering import NULL_KEY, sort_key
from tests.arango_simulator.world import NO_RANGES, AttributePath, Document, Ranges

Values = tuple[tuple[Any, ...], ...]
Entry = tuple[Values, str]

CHUNK_ENTRIES = 256
_LAST = (9,)


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """What an index is, as its interface describes it."""

    id: str
    name: str
    type: str
    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def described(self, collection: str) -> dict[str, Any]:
        """Return the index as it is sent."""
        fields = self.more.get("fields") or list(self.fields)
        flags = {"unique": self.unique, "sparse": self.sparse}
        return {
            "id": f"{collection}/{self.id}",
            "name": self.name,
            "type": self.type,
            **flags,
            **self.more,
            "fields": fields,
        }

    def same_as(self, other: "IndexDefinition") -> bool:
        """Whether creating one where the other is creates nothing."""
        return (self.type, self.fields, self.unique, self.sparse) == (
            other.type,
            other.fields,
            other.unique,
            other.sparse,
        )


def path_of(name: str) -> AttributePath:
    """Return the attribute path of an indexed field; `a[*].b` expands the array `a`."""
    return tuple(part for step in name.split(".") for part in _step(step))


def _step(step: str) -> tuple[str, ...]:
    return (step.removesuffix("[*]"), "[*]") if step.endswith("[*]") else (step,)


def value_at(value: Any, path: AttributePath) -> Any:
    """Return the value at a path, null where there is none."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def values_at(document: Any, path: AttributePath) -> list[Any]:
    """Return the values that an indexed field gives: one, or with `[*]` one for each element."""
    if "[*]" not in path:
        return [value_at(document, path)]
    cut = path.index("[*]")
    array = value_at(document, path[:cut])
    if not isinstance(array, list):
        return []
    return [value for item in array for value in values_at(item, path[cut + 1 :])]


class Span(NamedTuple):
    """A part of an index: the entries that begin with a prefix and go on between two bounds, both included."""

    prefix: Values
    low: tuple[Any, ...] | None = None
    high: tuple[Any, ...] | None = None

    @property
    def begin(self) -> Entry:
        """What no entry of it is before."""
        return (self.prefix if self.low is None else (*self.prefix, self.low)), ""

    @property
    def end(self) -> Entry:
        """What every entry of it is before."""
        return ((*self.prefix, _LAST) if self.high is None else (*self.prefix, self.high, _LAST)), ""


class PersistentIndex:
    """A sorted list of (values, key)."""

    def __init__(self, definition: IndexDefinition) -> None:
        self.definition = definition
        self.paths = tuple(path_of(name) for name in definition.fields)
        self.expands = any("[*]" in path for path in self.paths)
        self._entries: SortedList = SortedList()

    def values_of(self, document: Document) -> set[Values]:
        """Return the entries of a document; with a sparse index none if a value is null."""
        if self.expands:
            columns = [{sort_key(value) for value in values_at(document, path)} for path in self.paths]
            found = set(product(*columns))
        else:
            found = {tuple(sort_key(value_at(document, path)) for path in self.paths)}
        return {values for values in found if NULL_KEY not in values} if self.definition.sparse else found

    def add(self, key: str, document: Document) -> None:
        """Add the entries of a version."""
        for values in self.values_of(document):
            entry = (values, key)
            if entry not in self._entries:
                self._entries.add(entry)

    def fill(self, versions: Iterable[tuple[str, Document]]) -> None:
        """Add many versions to an empty index."""
        self._entries = SortedList({(values, key) for key, document in versions for values in self.values_of(document)})

    def discard(self, key: str, document: Document, kept: Sequence[Document]) -> None:
        """Remove the entries of a version that no kept version of the document has."""
        still = {values for other in kept for values in self.values_of(other)}
        for values in self.values_of(document) - still:
            self._entries.discard((values, key))

    def keys_with(self, values: Values) -> list[str]:
        """Return the documents that have these values in some version."""
        within = self._entries.irange((values, ""), ((*values, _LAST), ""))
        return [key for found, key in within if found == values]

    def chunk(self, span: Span, after: Entry | None, *, descending: bool) -> list[Entry]:
        """Return the next entries of a part, in the order of the index."""
        low, high = (span.begin, after or span.end) if descending else (after or span.begin, span.end)
        if low > high:
            return []
        inclusive = (True, after is None) if descending else (after is None, True)
        return list(islice(self._entries.irange(low, high, inclusive, reverse=descending), CHUNK_ENTRIES))

    def covers(self, equal: Mapping[AttributePath, object], ranges: Ranges = NO_RANGES) -> Span | None:
        """Return the smallest part that a condition gives, None if it gives none."""
        prefix: list[tuple[Any, ...]] = []
        for path in self.paths:
            if path not in equal:
                break
            prefix.append(sort_key(equal[path]))
        if self.definition.sparse and (len(prefix) < len(self.paths) or NULL_KEY in prefix):
            return None
        span = self._span(tuple(prefix), ranges)
        return None if span == ((), None, None) else span

    def _span(self, prefix: Values, ranges: Ranges) -> Span:
        """Return the part behind a prefix in which the field after it is within its range."""
        if self.expands or len(prefix) == len(self.paths):
            return Span(prefix)
        bounds = ranges.get(self.paths[len(prefix)], ())
        lows = [sort_key(value) for is_low, value in bounds if is_low]
        highs = [sort_key(value) for is_low, value in bounds if not is_low]
        return Span(prefix, max(lows, default=None), min(highs, default=None))

    def orders(
        self, equal: Mapping[AttributePath, object], by: Sequence[AttributePath], ranges: Ranges = NO_RANGES
    ) -> Span | None:
        """Return the part to walk if the index has the equal fields, in any order, and then `by`."""
        count = len(equal)
        if self.expands or self.definition.sparse or set(self.paths[:count]) != set(equal):
            return None
        if tuple(self.paths[count : count + len(by)]) != tuple(by):
            return None
        return self._span(tuple(sort_key(equal[path]) for path in self.paths[:count]), ranges)


class TtlIndex(PersistentIndex):
    """A persistent index on one field that says when a document is over."""

    def expired(self, document: Document, now_s: float) -> bool:
        """Whether a document is over: its field is a time, and `expireAfter` seconds have passed since."""
        since = _seconds(value_at(document, self.paths[0]))
        return since is not None and since + self.definition.more["expireAfter"] < now_s


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class EdgeIndex:
    """The edges of each vertex, by one end."""

    def __init__(self, end: str) -> None:
        self._end = end
        self._keys: dict[str, dict[str, None]] = {}

    def add(self, key: str, document: Document) -> None:
        """Add a version."""
        self._keys.setdefault(document[self._end], {})[key] = None

    def discard(self, key: str, document: Document, kept: Sequence[Document]) -> None:
        """Remove a version, unless a kept one has the same end."""
        vertex = document[self._end]
        keys = self._keys.get(vertex)
        if keys is None or any(other[self._end] == vertex for other in kept):
            return
        keys.pop(key, None)
        if not keys:
            del self._keys[vertex]

    def keys_of(self, vertex: str) -> list[str]:
        """Return the edges that have a vertex at this end in some version."""
        return list(self._keys.get(vertex, ()))
