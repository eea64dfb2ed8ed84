"""One collection: the committed versions of its documents, who holds an uncommitted one, and its indexes."""

import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.arango_simulator.documents import EDGE_ENDS
from tests.arango_simulator.errors import ArangoError, error, not_implemented
from tests.arango_simulator.indexes import EdgeIndex, IndexDefinition, PersistentIndex, TtlIndex
from tests.arango_simulator.schemas import SchemaRule
from tests.arango_simulator.world import Document

if TYPE_CHECKING:
    from tests.arango_simulator.transaction import Transaction

DOCUMENTS = 2
EDGES = 3
KEY_GENERATORS = ("traditional", "autoincrement", "uuid", "padded")


class Version:
    """A document as of a commit; None if that commit removed it."""

    __slots__ = ("commit", "document", "previous")

    def __init__(self, commit: int, document: Document | None, previous: "Version | None") -> None:
        self.commit = commit
        self.document = document
        self.previous = previous


class Keys:
    """Generates document keys as the collection's `keyOptions` say."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.kind = options.get("type", "traditional")
        self.user_keys = bool(options.get("allowUserKeys", True))
        if self.kind not in KEY_GENERATORS:
            raise error(10, f"unknown key generator {self.kind!r}")
        self._step = int(options.get("increment") or 1)
        self._numbers = itertools.count(int(options.get("offset") or 0) + self._step, self._step)
        self._ticks = itertools.count(10_001)

    def described(self) -> dict[str, Any]:
        """Return `keyOptions` as they are sent."""
        return {"type": self.kind, "allowUserKeys": self.user_keys}

    def next(self) -> str:
        """Return a new key."""
        if self.kind == "uuid":
            return str(uuid.uuid4())
        if self.kind == "autoincrement":
            return str(next(self._numbers))
        number = next(self._ticks)
        return f"{number:016x}" if self.kind == "padded" else str(number)


class Collection:
    """Documents under their keys, as chains of versions, newest first."""

    def __init__(self, number: int, name: str, properties: Mapping[str, Any]) -> None:
        self.id = str(number)
        self.guid = f"h{number:X}/{number}"
        self.name = name
        self.type = int(properties.get("type") or DOCUMENTS)
        self.system = bool(properties.get("isSystem", False))
        self.wait_for_sync = bool(properties.get("waitForSync", False))
        self.keys = Keys(properties.get("keyOptions") or {})
        self.schema = SchemaRule(properties["schema"]) if properties.get("schema") else None
        self.heads: dict[str, Version] = {}
        self.holders: dict[str, Transaction] = {}
        self.indexes: dict[str, PersistentIndex] = {}
        self.described_only: dict[str, IndexDefinition] = {}
        self.ends = {end: EdgeIndex(end) for end in EDGE_ENDS} if self.type == EDGES else {}
        self.ttl: TtlIndex | None = None
        self.writers: set[Transaction] = set()
        self.exclusive: Transaction | None = None
        self.changes: list[tuple[int, int]] = []
        self.size = 0
        if properties.get("computedValues"):
            raise not_implemented("computed values")

    # --- versions -------------------------------------------------------------------------------------------------

    def as_of(self, key: str, snapshot: int) -> Document | None:
        """Return the document that was committed by the time of a snapshot."""
        version = self.heads.get(key)
        while version is not None and version.commit > snapshot:
            version = version.previous
        return None if version is None else version.document

    def count_as_of(self, snapshot: int) -> int:
        """Return how many documents were committed by the time of a snapshot."""
        return self.size - sum(change for commit, change in self.changes if commit > snapshot)

    def commit(self, commit: int, key: str, document: Document | None) -> None:
        """Make a document the newest version; the holder lets go of it."""
        head = self.heads.get(key)
        self.heads[key] = Version(commit, document, head)
        self.holders.pop(key, None)

    def prune(self, key: str, oldest: int) -> None:
        """Forget the versions that no snapshot from `oldest` on can see."""
        head = self.heads.get(key)
        if head is None:
            return
        kept, version = [head], head
        while version.commit > oldest and version.previous is not None:
            version = version.previous
            kept.append(version)
        dropped, version.previous = version.previous, None
        documents = [version.document for version in kept if version.document is not None]
        held = self.holders.get(key)
        documents += [] if held is None else held.own(self, key)
        while dropped is not None:
            if dropped.document is not None:
                self.unindex(key, dropped.document, documents)
            dropped = dropped.previous
        if head.document is None and head.commit <= oldest:
            del self.heads[key]

    def retained(self, key: str) -> list[Document]:
        """Return the committed versions that are still kept."""
        found, version = [], self.heads.get(key)
        while version is not None:
            if version.document is not None:
                found.append(version.document)
            version = version.previous
        return found

    # --- indexes --------------------------------------------------------------------------------------------------

    def index(self, key: str, document: Document) -> None:
        """Add a version to all indexes."""
        for index in self.indexes.values():
            index.add(key, document)
        for end in self.ends.values():
            end.add(key, document)

    def unindex(self, key: str, document: Document, kept: Sequence[Document]) -> None:
        """Remove a version from all indexes, but for what the kept versions of the document have too."""
        for index in self.indexes.values():
            index.discard(key, document, kept)
        for end in self.ends.values():
            end.discard(key, document, kept)

    def unique_indexes(self) -> Iterator[PersistentIndex]:
        """Yield the indexes that refuse equal values."""
        return (index for index in self.indexes.values() if index.definition.unique)

    def definitions(self) -> list[IndexDefinition]:
        """Return all indexes, the built-in ones first."""
        built_in = [IndexDefinition("0", "primary", "primary", ("_key",), unique=True)]
        if self.type == EDGES:
            built_in.append(IndexDefinition("2", "edge", "edge", EDGE_ENDS))
        own = [index.definition for index in self.indexes.values()]
        return [*built_in, *own, *self.described_only.values()]

    def add_index(self, index: PersistentIndex) -> None:
        """Add an index over all versions; 1210 if the newest are not unique."""
        everything = [(key, document) for key in list(self.heads) for document in self.retained(key)]
        index.fill(everything)
        if index.definition.unique:
            self._check_unique(index)
        for key, holder in self.holders.items():
            for document in holder.own(self, key):
                index.add(key, document)
        self.indexes[index.definition.id] = index
        if isinstance(index, TtlIndex):
            self.ttl = index

    def _check_unique(self, index: PersistentIndex) -> None:
        seen: set[Any] = set()
        for version in self.heads.values():
            values = index.values_of(version.document) if version.document is not None else set()
            if values & seen:
                raise ArangoError(400, 1210, f"unique constraint violated: in index {index.definition.name}")
            seen |= values

    def drop_index(self, index_id: str) -> bool:
        """Remove an index; False if there is none of that id, or it is built in."""
        gone = self.indexes.pop(index_id, None)
        if gone is not None and gone is self.ttl:
            self.ttl = None
        return gone is not None or self.described_only.pop(index_id, None) is not None

    # --- description ----------------------------------------------------------------------------------------------

    def described(self) -> dict[str, Any]:
        """Return what a list of collections says of it."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "status": 3,
            "isSystem": self.system,
            "globallyUniqueId": self.guid,
        }

    def properties(self) -> dict[str, Any]:
        """Return its properties."""
        return {
            **self.described(),
            "waitForSync": self.wait_for_sync,
            "keyOptions": self.keys.described(),
            "schema": None if self.schema is None else self.schema.described(),
            "computedValues": None,
            "cacheEnabled": False,
            "writeConcern": 1,
            "replicationFactor": 1,
            "numberOfShards": 1,
            "shardKeys": ["_key"],
            "statusString": "loaded",
        }
