"""What a store holds, counted and hashed, to be compared with a copy of it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from arangovis.domain.graph import Action, Record
from arangovis.domain.json import Document, exact
from arangovis.stores.frozen import content


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts, and one SHA-256 over all of it in order of time.

    `nodes`, `edges` and `records` count versions and records by kind.
    """

    actions: int
    nodes: Mapping[str, int]
    edges: Mapping[str, int]
    records: Mapping[str, int]
    bytes: int
    """The bytes of the blobs that are kept."""
    digest: str


class Tallying:
    """Counts what passes by."""

    def __init__(self) -> None:
        self._actions = self._bytes = 0
        self._nodes: Counter[str] = Counter()
        self._edges: Counter[str] = Counter()
        self._records: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def actions(self, actions: Iterable[Action]) -> Iterator[Action]:
        """Yield the actions again."""
        for action in actions:
            self._actions += 1
            self._nodes.update(node.id.kind for node in action.nodes)
            self._edges.update(edge.id.kind for edge in action.edges)
            self._digest.update(content(action))
            yield action

    def records(self, records: Iterable[Record]) -> None:
        """Count all of them."""
        for record in records:
            self._records[record.kind] += 1
            document: Document = {"place": [record.kind, record.group, record.due, record.key], "data": record.data}
            self._digest.update(exact(document))
            if record.kind == "blob":
                self._bytes += int(str(record.data["bytes"]))

    def tally(self) -> Tally:
        """Return what was counted."""
        nodes, edges, records = (dict(sorted(c.items())) for c in (self._nodes, self._edges, self._records))
        return Tally(self._actions, nodes, edges, records, self._bytes, self._digest.hexdigest())


def difference(source: Tally, target: Tally) -> str | None:
    """Return in words what differs first, or None if nothing does."""
    for name in ("actions", "nodes", "edges", "records", "bytes"):
        expected, found = getattr(source, name), getattr(target, name)
        if expected != found:
            return f"{name} are {found} instead of {expected}"
    return None if source.digest == target.digest else "the counts agree, but the content does not"
