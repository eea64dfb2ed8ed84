"""Indexes on the documents of one collection (pages "HTTP interface for indexes" and below).

An index holds an entry for every version that some transaction may still see, so whoever looks something up must read
the document as of its own snapshot and compare again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

from tests.arango_simulator.ordering import NULL_KEY, sort_key
from tests.arango_simulator.world import AttributePath, Document

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


class PersistentIndex:
    """A sorted list of (values, key)."""

    def __init__(self, definition: IndexDefinition) -> None:
        self.definition = definition
        self.paths = tuple(path_of(name) for name in definition.fields)
        self.expands = any("[*]" in path for path in self.paths)
        self._entries: list[Entry] = []

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
            place = bisect_left(self._entries, entry)
            if place == len(self._entries) or self._entries[place] != entry:
                self._entries.insert(place, entry)

    def fill(self, versions: Iterable[tuple[str, Document]]) -> None:
        """Add many versions to an empty index."""
        self._entries = sorted({(values, key) for key, document in versions for values in self.values_of(document)})

    def discard(self, key: str, document: Document, kept: Sequence[Document]) -> None:
        """Remove the entries of a version that no kept version of the document has."""
        still = {values for other in kept for values in self.values_of(other)}
        for values in self.values_of(document) - still:
            place = bisect_left(self._entries, (values, key))
            if place < len(self._entries) and self._entries[place] == (values, key):
                del self._entries[place]

    def keys_with(self, values: Values) -> list[str]:
        """Return the documents that have these values in some version."""
        start = bisect_left(self._entries, (values, ""))
        end = bisect_left(self._entries, ((*values, _LAST), ""))
        return [key for found, key in self._entries[start:end] if found == values]

    def chunk(self, prefix: Values, after: Entry | None, *, descending: bool) -> list[Entry]:
        """Return the next entries that begin with a prefix, in the order of the index."""
        low = bisect_left(self._entries, (prefix, ""))
        high = bisect_right(self._entries, ((*prefix, _LAST), ""))
        if after is not None and descending:
            high = bisect_left(self._entries, after)
        elif after is not None:
            low = bisect_right(self._entries, after)
        if descending:
            return self._entries[max(low, high - CHUNK_ENTRIES) : high][::-1] if high > low else []
        return self._entries[low : min(high, low + CHUNK_ENTRIES)]

    def covers(self, equal: Mapping[AttributePath, object]) -> Values | None:
        """Return the longest prefix of values that a condition gives, None if it gives none."""
        prefix: list[tuple[Any, ...]] = []
        for path in self.paths:
            if path not in equal:
                break
            prefix.append(sort_key(equal[path]))
        if self.definition.sparse and (len(prefix) < len(self.paths) or NULL_KEY in prefix):
            return None
        return tuple(prefix) or None

    def orders(self, equal: Mapping[AttributePath, object], by: Sequence[AttributePath]) -> Values | None:
        """Return the prefix of values if the index has the equal fields, in any order, and then `by`."""
        count = len(equal)
        if self.expands or self.definition.sparse or set(self.paths[:count]) != set(equal):
            return None
        if tuple(self.paths[count : count + len(by)]) != tuple(by):
            return None
        return tuple(sort_key(equal[path]) for path in self.paths[:count])


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
